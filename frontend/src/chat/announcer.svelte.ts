/** The one voice for those who listen: phases now and then, a finished reply whole. */

const PHASES_EVERY = 2_000; // ms

export class Announcer {
  words = $state("");
  #quiet = 0;
  #later: ReturnType<typeof setTimeout> | undefined;

  /** Said at once; a phase that waits is dropped. */
  say(words: string): void {
    clearTimeout(this.#later);
    this.#quiet = Date.now() + PHASES_EVERY;
    this.words = words;
  }

  /** Said no sooner than two seconds after the last; of several only the latest. */
  phase(words: string): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.say(words), Math.max(this.#quiet - Date.now(), 0));
  }
}
