/** What every page beside the conversation is given for its sidebar: as companion/chat/sidebar.py has it. */
import type { Addresses, Engine, Headings } from "../protocol";
import type { Named } from "./whose";
import type { Reading } from "./reading";

export interface Beside {
  person: { name: string; email: string; time_zone: string };
  engine: Engine;
  listed: Headings;
  companions: Named[];
  reading: Reading | null; // none: everything is read
  now: string;
  urls: Addresses;
}

/** What was just done, in words, and how it is taken back. */
export interface Done {
  words: string;
  undo: (() => Promise<void>) | null;
}

/** The page's boot, as the server wrote it into the page. */
export function boot<T extends Beside>(): T {
  return JSON.parse(document.getElementById("boot")!.textContent!) as T;
}
