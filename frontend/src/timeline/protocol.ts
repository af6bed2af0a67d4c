/** What the timeline and its door say to each other: as companion/timeline/views.py has it. */
import type { Beside } from "../shell/beside";

/** How far a summary is; done also where there was nothing to sum up. */
export type Made = "open" | "waiting" | "done" | "failed";

export interface Summary {
  id: number;
  text: string;
}

export interface Sitting {
  id: number;
  conversation: string;
  title: string;
  turn: number; // its first
  hours: string;
  state: Made;
  summary: Summary | null;
}

export interface Day {
  day: string; // "2026-11-05"
  when: string;
  state: Made;
  summary: Summary | null;
  alone: boolean; // the summary says what its only session's says
  valence: number | null; // -1 to 1; none: no feeling was told
  sessions: Sitting[];
}

export interface Days {
  days: Day[];
  after: string | null; // the day where the next page begins
}

export interface MonthCount {
  month: string; // "2026-11"
  days: number;
}

export interface Boot extends Beside {
  companions: { id: number; name: string }[];
  companion: { id: number; name: string } | null;
  months: MonthCount[];
  page: Days;
}
