/** Words looked for in all that was said. */
import type { Found } from "../protocol";
import { readOf } from "./read";
import { gettext, ngettext } from "../shell/translation";

const PAUSE = 200; // ms without a key before it is looked for

export class Search {
  words = $state("");
  found: Found[] | null = $state.raw(null); // null while nothing is looked for
  failed = $state(false);
  #asked: AbortController | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(private say: (words: string) => void) {}

  /** Look for what stands in the field now; of several calls the last counts. */
  look(): void {
    this.#asked?.abort();
    clearTimeout(this.#later);
    this.failed = false;
    if (this.words.trim()) this.#later = setTimeout(() => void this.#look(this.words.trim()), PAUSE);
    else this.found = null;
  }

  async #look(words: string): Promise<void> {
    const asked = (this.#asked = new AbortController());
    try {
      const found = await readOf<Found[]>("/api/search", { words }, asked.signal);
      if (asked.signal.aborted) return;
      this.found = found;
      this.say(
        found.length
          ? ngettext("%(count)s conversation found", "%(count)s conversations found", found.length)
          : gettext("No conversations found"),
      );
    } catch {
      this.failed = !asked.signal.aborted; // the list says so; the next key tries again
    }
  }
}

/** A text cut where the words stand in it: every second part is one of them. */
export function marked(text: string, words: string): string[] {
  const wanted = words.trim().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [text];
  const any = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.split(new RegExp(`(${any})`, "giu"));
}
