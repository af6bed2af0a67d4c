/** What the page of memories and its doors say to each other: as companion/memories/views.py has it. */
import type { Beside } from "../shell/beside";

export type Freshness = "vivid" | "fading" | "faded";
export type Kind = "" | "fact" | "event" | "summary" | "said";
export type State = Freshness | "pinned" | "superseded";

export interface Quote {
  text: string;
  turn: number;
  conversation: string;
  when: string;
}

export interface Item {
  id: number;
  kind: "round" | "fact" | "session" | "day" | "whole";
  label: string;
  text: string;
  said_at: string;
  validity: string;
  retention: number; // 0 (gone) to 1 (just recalled, or pinned)
  state: Freshness;
  pinned: boolean;
  listed: boolean; // it counts as a memory; words that are not pinned are found by searching alone
  by_hand: boolean;
  superseded: boolean;
  quote: Quote | null;
  talk: { conversation: string; title: string; count: number } | null;
}

export interface SourceTurn {
  turn: number;
  conversation: string;
  speaker: "person" | "companion";
  when: string;
  hour: string;
  before: string;
  quote: string;
  after: string;
  answer: string | null;
}

export interface Version {
  id: number;
  text: string;
  current: boolean;
  validity: string;
  said: string;
  by_hand: boolean;
}

export interface Stretch {
  at: string;
  strength: number; // days
}

export interface Curve {
  now: string;
  stretches: Stretch[];
  fading_at: string;
  faded_at: string;
}

export interface Detail extends Item {
  companion: string;
  sources: SourceTurn[];
  source_count: number;
  history: Version[];
  contradicts: { id: number; text: string; said: string }[];
  curve: Curve;
  strength: number; // days
  can_correct: boolean;
  can_take_back: boolean;
  can_forget: boolean;
}

export type Counts = Record<"all" | Exclude<Kind, ""> | State, number> & { since: string | null };

export interface Listing {
  items: Item[];
  after: string | null;
  counts: Counts | null; // with the first page alone
}

export interface Found {
  items: Item[];
  by: "meaning" | "words";
  notice: string;
}

export interface Foretold {
  said: number;
  answers: number;
  facts: number;
  summaries: number;
  repeats: number;
}

export interface Forgetting {
  id: number;
  asked_at: string;
  until: string;
}

export interface Wanted {
  kind: Kind;
  states: State[];
  companion: number | null;
  since: string | null; // "2026-11-05"
  until: string | null;
}

export interface Boot extends Beside {
  companions: { id: number; name: string }[];
  list: Listing;
  forgetting: Forgetting[];
  memory: Detail | null;
  longest: number; // characters of one fact
}
