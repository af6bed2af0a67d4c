/* Made of companion/chat/protocol.py and pages.py by `make frames`: change those. */

export type Asked =
  | Say
  | Follow
  | Stop
  | TryAgain
  | WriteAnew
  | Stand
  | StandSaid
  | Rename
  | Delete
  | Restore
  | End
  | Pause
  | Undo
  | Forget
  | Ping;
export type StreamFrame = PhaseBegun | Words | Again | Done;
export type Told =
  | Welcome
  | Kept
  | SaidElsewhere
  | PhaseBegun
  | Words
  | Again
  | Done
  | Deleted
  | Restored
  | Renamed
  | Ended
  | Paused
  | Forgotten
  | Unforgotten
  | Noticed
  | Changed
  | BegunAnew
  | Stood
  | Error
  | Pong;

/**
 * Pages that every page leads to.
 */
export interface Addresses {
  sign_out: string;
  password: string;
  preferences: string;
  companions: string;
  invitations: string;
  inspection: string;
}
/**
 * A reply is written from its beginning: what came of it so far is void.
 */
export interface Again {
  type: "again";
  reply: string;
  seq: number;
}
/**
 * A reply is being written once more.
 */
export interface BegunAnew {
  type: "begun_anew";
  reply: string;
}
/**
 * What the page is given to show its first content without waiting for the socket.
 */
export interface Boot {
  person: Chatter;
  companion: Partner;
  companions: Partner[];
  engine: EngineState;
  listed: Headings;
  conversation: Page | null;
  limit: number;
  off_record_minutes: number;
  paused: string | null;
  now: string;
  urls: Addresses;
}
/**
 * Who sits before the screen.
 */
export interface Chatter {
  id: number;
  name: string;
  email: string;
  time_zone: string;
  administrator: boolean;
}
/**
 * A companion.
 */
export interface Partner {
  id: number;
  name: string;
}
/**
 * The language model, in words for the person.
 */
export interface EngineState {
  connected: boolean;
  name: string;
  words: string;
}
/**
 * A page of the sidebar's list, newest first.
 */
export interface Headings {
  conversations: Heading[];
  more: boolean;
}
/**
 * A conversation in a list.
 */
export interface Heading {
  id: string;
  title: string;
  active_at: string;
  companion: number;
}
/**
 * A conversation, and the turns before a place in it.
 */
export interface Page {
  id: string;
  title: string;
  companion: number;
  off_record: boolean;
  turns: Turn[];
  more: boolean;
}
/**
 * Something that one of the two said.
 */
export interface Turn {
  id: number;
  speaker: "person" | "companion";
  text: string;
  said_at: string;
  client_id: string | null;
  reply: TurnReply | null;
  receipt: Receipt | null;
  state: ("waiting" | "writing" | "whole" | "stopped" | "broken") | null;
  versions: number[];
}
/**
 * How the reply to a turn stands.
 */
export interface TurnReply {
  id: string;
  state: "waiting" | "writing" | "whole" | "stopped" | "broken";
  explanation: string;
  can_retry: boolean;
  answered: boolean;
  notice: Notice | null;
  versions: number[];
}
/**
 * What became of a request in plain words: to remember, to forget, to tell what is known.
 */
export interface Notice {
  request: number;
  kind: "remember" | "forget" | "known";
  state: "waiting" | "done" | "withdrawn" | "refused";
  words: string;
  found: OnTopic[];
}
/**
 * Something the person said on a topic.
 */
export interface OnTopic {
  turn: number;
  conversation: string;
  quote: string;
  said_at: string;
  when: string;
}
/**
 * What was recalled for a reply, what reached the prompt and what the reply used.
 */
export interface Receipt {
  needed: boolean;
  recalled: Recalled[];
  sufficient: boolean;
  dates: string;
}
/**
 * One memory of a receipt.
 */
export interface Recalled {
  memory: number;
  turn: number | null;
  conversation: string | null;
  speaker: "person" | "companion";
  told_to: string;
  quote: string;
  said_at: string;
  when: string;
  why: string[];
  scores: {
    [k: string]: number;
  };
  retention: number;
  pinned: boolean;
  in_prompt: boolean;
  used: boolean;
}
/**
 * What was said last in a conversation stands in another version: it is to be read again.
 */
export interface Changed {
  type: "changed";
  conversation: string;
}
/**
 * Delete a conversation with all that was made of it.
 */
export interface Delete {
  type: "delete";
  conversation: string;
}
/**
 * A conversation is gone from sight; until a moment it can be brought back by its erasure's id.
 */
export interface Deleted {
  type: "deleted";
  conversation: string;
  title: string;
  erasure: number;
  until: string;
  goes: Extent;
}
/**
 * How much goes with a conversation: of the person's words, replies, facts, summaries of sessions.
 */
export interface Extent {
  said: number;
  replies: number;
  facts: number;
  summaries: number;
}
/**
 * A reply is finished: whole, stopped by the person, or broken off.
 */
export interface Done {
  type: "done";
  reply: string;
  seq: number;
  conversation: string;
  state: "whole" | "stopped" | "broken";
  turn: number | null;
  text: string;
  said_at: string | null;
  explanation: string;
  can_retry: boolean;
  receipt: Receipt | null;
  notice: Notice | null;
  versions: number[];
}
/**
 * A conversation off the record is over: nothing of it stays.
 */
export interface End {
  type: "end";
  conversation: string;
}
/**
 * A conversation off the record is gone.
 */
export interface Ended {
  type: "ended";
  conversation: string;
}
/**
 * Something was not done; `retry` says whether the same again may succeed.
 */
export interface Error {
  type: "error";
  code:
    | "malformed"
    | "unknown_type"
    | "too_long"
    | "empty"
    | "not_found"
    | "conflict"
    | "quota"
    | "unavailable"
    | "too_many";
  message: string;
  client_id: string | null;
  reply: string | null;
  retry: boolean;
}
/**
 * Send me a reply's stream after `last_seq`; 0 is its beginning.
 */
export interface Follow {
  type: "follow";
  reply: string;
  last_seq: number;
}
/**
 * Of what was found on a topic, forget these turns.
 */
export interface Forget {
  type: "forget";
  request: number;
  /**
   * @maxItems 100
   */
  turns: number[];
}
/**
 * These turns are gone from sight; until a moment they can be brought back by their erasure's id.
 */
export interface Forgotten {
  type: "forgotten";
  erasure: number;
  until: string;
  turns: number[];
  said: number;
}
/**
 * A conversation that holds the words that were looked for, and where.
 */
export interface Found {
  id: string;
  title: string;
  active_at: string;
  companion: number;
  turn: number | null;
  excerpt: string;
}
/**
 * It is in the database.
 */
export interface Kept {
  type: "kept";
  client_id: string;
  conversation: string;
  companion: number;
  title: string;
  off_record: boolean;
  instead_of: number | null;
  turn: number;
  said_at: string;
  reply: string;
}
/**
 * Somebody with a name.
 */
export interface Named {
  name: string;
}
/**
 * A request stands otherwise than before.
 */
export interface Noticed {
  type: "noticed";
  reply: string;
  notice: Notice;
}
/**
 * A reply that is being waited for.
 */
export interface OpenReply {
  reply: string;
  conversation: string;
  turn: number;
}
/**
 * Remember nothing new from now on, or remember again.
 */
export interface Pause {
  type: "pause";
  paused: boolean;
}
/**
 * Since when nothing new is remembered; null while all is.
 */
export interface Paused {
  type: "paused";
  since: string | null;
}
/**
 * What is being done for a reply; `recalled` counts what came to mind, once it has.
 */
export interface PhaseBegun {
  type: "phase";
  reply: string;
  seq: number;
  phase: "remembering" | "remembered" | "thinking";
  recalled: number | null;
}
/**
 * Is the line alive?
 */
export interface Ping {
  type: "ping";
}
/**
 * The line is alive.
 */
export interface Pong {
  type: "pong";
}
/**
 * Call a conversation so.
 */
export interface Rename {
  type: "rename";
  conversation: string;
  title: string;
}
/**
 * A conversation has another name.
 */
export interface Renamed {
  type: "renamed";
  conversation: string;
  title: string;
}
/**
 * Bring back what this erasure is about to take.
 */
export interface Restore {
  type: "restore";
  erasure: number;
}
/**
 * A deleted conversation is there again.
 */
export interface Restored {
  type: "restored";
  conversation: string;
  companion: number;
  title: string;
  active_at: string;
  erasure: number;
}
/**
 * The person said something in another tab.
 */
export interface SaidElsewhere {
  type: "said";
  client_id: string;
  conversation: string;
  companion: number;
  title: string;
  off_record: boolean;
  instead_of: number | null;
  turn: number;
  text: string;
  said_at: string;
  reply: string;
}
/**
 * Something said; `conversation` null begins one, with this companion or the first, off the record if so wished.
 *
 * The same client_id again is the same message. `instead_of` names the last turn, which is said otherwise.
 */
export interface Say {
  type: "say";
  client_id: string;
  conversation: string | null;
  text: string;
  off_record?: boolean;
  companion?: number | null;
  instead_of?: number | null;
}
/**
 * Let this version of a reply stand.
 */
export interface Stand {
  type: "stand";
  reply: string;
  turn: number;
}
/**
 * Let this version of what was said last stand.
 */
export interface StandSaid {
  type: "stand_said";
  turn: number;
}
/**
 * Another version of a reply stands.
 */
export interface Stood {
  type: "stood";
  done: Done;
}
/**
 * Stop writing; what is written stays.
 */
export interface Stop {
  type: "stop";
  reply: string;
}
/**
 * Answer again what was broken off or stopped.
 */
export interface TryAgain {
  type: "try_again";
  reply: string;
}
/**
 * Take back a wish to remember.
 */
export interface Undo {
  type: "undo";
  request: number;
}
/**
 * They are there again.
 */
export interface Unforgotten {
  type: "unforgotten";
  erasure: number;
}
/**
 * The line stands.
 */
export interface Welcome {
  type: "welcome";
  person: Named;
  companion: Named;
  engine: EngineState;
  open: OpenReply[];
  deleted: Deleted[];
  forgotten: Forgotten[];
  paused: string | null;
  active_at: string | null;
}
/**
 * The next words of a reply.
 */
export interface Words {
  type: "words";
  reply: string;
  seq: number;
  text: string;
}
/**
 * Write a whole reply once more; its versions are kept.
 */
export interface WriteAnew {
  type: "write_anew";
  reply: string;
}
