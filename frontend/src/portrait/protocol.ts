/** What the page of the portrait and its doors say to each other: as companion/portrait/views.py has it. */
import type { Beside } from "../shell/beside";

export type Aspect = "trait" | "mood" | "preference" | "person" | "place" | "manner";

export interface Quote {
  text: string;
  turn: number;
  conversation: string;
  when: string;
}

export interface Line {
  id: number;
  aspect: Aspect;
  text: string;
  leaves: number; // of four: how sure
  sure: string; // the same in words
  confirmed: boolean; // by the person
  told: boolean; // sure enough to be used in replies
  days: number; // on which it was said
  quotes: Quote[]; // newest first
  against: Quote[];
}

export interface Refused {
  id: number;
  aspect: Aspect;
  text: string;
  when: string;
}

/** A line that became new, or was dropped as nothing bears it out any more. */
export interface Change {
  id: number;
  text: string;
  dropped: boolean;
  when: string;
}

/** Whether companions keep a portrait at all, and whether this one does; it keeps one where both are so. */
export interface Switches {
  for_all: boolean;
  for_this: boolean;
}

export interface Drawn extends Switches {
  lines: Line[];
  refused: Refused[];
  likeness: { id: number; text: string; own_words: boolean } | null; // own words: no engine has summed them up
  talks: number;
  drawn: string; // when, in words; empty: not yet
  waits: boolean; // to be drawn anew, and not just now
  changed: Change[]; // in the last thirty days, the latest first
  kept: boolean; // whether a portrait is kept at all
  ruled: boolean; // the house keeps none
}

export interface DayMood {
  day: string; // "2026-11-05"
  valence: number; // -1 to 1
  sentences: number;
}

export interface Moods {
  weeks: number;
  since: string;
  until: string;
  days: DayMood[];
}

export interface Boot extends Beside {
  companions: { id: number; name: string }[];
  companion: { id: number; name: string } | null;
  portrait: Drawn;
  longest: number; // characters of a line
}
