/** What goes with a conversation, in words. */
import type { Deleted, Extent, Forgotten } from "../protocol";
import { gettext, locale, ngettext } from "../shell/translation";

const COUNTED: Record<keyof Extent, (count: number) => string> = {
  said: (count) => ngettext("%(count)s message of yours", "%(count)s messages of yours", count),
  replies: (count) => ngettext("%(count)s reply", "%(count)s replies", count),
  facts: (count) => ngettext("%(count)s fact learned from it", "%(count)s facts learned from it", count),
  summaries: (count) => ngettext("%(count)s summary", "%(count)s summaries", count),
};
const KINDS = Object.keys(COUNTED) as (keyof Extent)[];

/** 2 things you said are forgotten, with the replies and all that was made of them. */
export function isForgotten({ said }: Pick<Forgotten, "said">): string {
  return ngettext(
    "%(count)s thing you said is forgotten, with the replies and all that was made of it.",
    "%(count)s things you said are forgotten, with the replies and all that was made of them.",
    said,
  );
}

/** “Tea” is deleted, with 2 messages of yours, 2 replies and 1 fact learned from it. */
export function goesWith({ title, goes }: Pick<Deleted, "title" | "goes">): string {
  const counted = KINDS.filter((kind) => goes[kind]).map((kind) => COUNTED[kind](goes[kind]));
  if (!counted.length) return gettext("“%(title)s” is deleted.", { title });
  return gettext("“%(title)s” is deleted, with %(all)s.", { title, all: new Intl.ListFormat(locale).format(counted) });
}
