/** What the page says in words that depend on numbers. */
import type { Foretold } from "./protocol";
import { gettext, ngettext } from "../shell/translation";

/** What goes with a memory, a line each, and what stays. */
export function goes(foretold: Foretold): string[] {
  const { said, answers, facts, summaries } = foretold;
  const lines = [gettext("It will not be recalled again, from now."), goesOut(said, answers)];
  if (facts > 1) {
    lines.push(
      ngettext(
        "%(count)s memory came from these words alone, this one among them: all go.",
        "%(count)s memories came from these words alone, this one among them: all go.",
        facts,
      ),
    );
  }
  if (summaries) {
    lines.push(
      ngettext(
        "%(count)s summary that leans on it is written anew without it.",
        "%(count)s summaries that lean on it are written anew without it.",
        summaries,
      ),
    );
  }
  return lines;
}

function goesOut(said: number, answers: number): string {
  if (!answers) {
    return ngettext(
      "%(count)s message of yours that it came from goes out of the conversation.",
      "%(count)s messages of yours that it came from go out of the conversation.",
      said,
    );
  }
  return ngettext(
    "%(count)s message of yours that it came from goes out of the conversation, and %(replies)s to it.",
    "%(count)s messages of yours that it came from go out of the conversation, and %(replies)s to them.",
    said,
    { replies: ngettext("%(count)s reply", "%(count)s replies", answers) },
  );
}

/** The title of a row's button, short enough to be read out. */
export function short(text: string, longest = 60): string {
  return text.length <= longest ? text : text.slice(0, longest).replace(/\s+\S*$/, "") + " …";
}
