/** What browser and server say to each other: the same frames as companion/chat/protocol.py. */

export type Ending = "whole" | "stopped" | "broken";
export type ReplyState = "waiting" | "writing" | Ending;
export type Phase = "remembering" | "remembered" | "thinking";
export type Speaker = "person" | "companion";
export type ErrorCode =
  | "malformed"
  | "unknown_type"
  | "too_long"
  | "empty"
  | "not_found"
  | "conflict"
  | "unavailable"
  | "too_fast";

export interface Recalled {
  memory: number;
  turn: number | null;
  conversation: string | null;
  speaker: Speaker;
  quote: string;
  said_at: string;
  when: string;
  why: string[];
  scores: Record<string, number>;
  retention: number; // 0 (gone) to 1 (just recalled)
  in_prompt: boolean;
  used: boolean;
}

export interface Receipt {
  needed: boolean;
  recalled: Recalled[];
  sufficient: boolean;
  /** The time that the question names, as it was understood; "" where it names none. */
  dates: string;
}

export interface Engine {
  connected: boolean;
  name: string;
  words: string;
}

/** Browser to server. */
export type Asked =
  | { type: "say"; client_id: string; conversation: string | null; text: string }
  | { type: "follow"; reply: string; last_seq: number }
  | { type: "stop"; reply: string }
  | { type: "try_again"; reply: string }
  | { type: "ping" };

export interface Welcome {
  type: "welcome";
  person: { name: string };
  companion: { name: string };
  engine: Engine;
  open: { reply: string; conversation: string; turn: number }[];
}

export interface Kept {
  type: "kept";
  client_id: string;
  conversation: string;
  title: string;
  turn: number;
  said_at: string;
  reply: string;
}

export interface SaidElsewhere extends Omit<Kept, "type"> {
  type: "said";
  text: string;
}

export interface Done {
  type: "done";
  reply: string;
  seq: number;
  conversation: string;
  state: Ending;
  turn: number | null;
  text: string;
  said_at: string | null;
  explanation: string;
  can_retry: boolean;
  receipt: Receipt | null;
}

/** The frames of one reply's stream; `seq` only grows. */
export type StreamFrame =
  | { type: "phase"; reply: string; seq: number; phase: Phase; recalled: number | null }
  | { type: "words"; reply: string; seq: number; text: string }
  | { type: "again"; reply: string; seq: number }
  | Done;

export interface Refusal {
  type: "error";
  code: ErrorCode;
  message: string;
  client_id: string | null;
  reply: string | null;
  retry: boolean;
}

/** Server to browser. */
export type Told = Welcome | Kept | SaidElsewhere | StreamFrame | Refusal | { type: "pong" };

export interface Turn {
  id: number;
  speaker: Speaker;
  text: string;
  said_at: string;
  client_id: string | null;
  reply: { id: string; state: ReplyState; explanation: string; can_retry: boolean; answered: boolean } | null;
  receipt: Receipt | null;
  state: ReplyState | null;
}

export interface Heading {
  id: string;
  title: string;
  active_at: string;
}

export interface Page {
  id: string;
  title: string;
  turns: Turn[];
  more: boolean;
}

/** What the page is given to show its first content without waiting for the socket. */
export interface Boot {
  person: { name: string; email: string; time_zone: string; administrator: boolean };
  companion: { name: string };
  engine: Engine;
  conversations: Heading[];
  conversation: Page | null;
  limit: number; // characters in one message
  now?: string; // the server's clock; without it the browser's is believed
  urls: { sign_out: string; password: string; preferences?: string };
}
