/** A reply as it grows: frames in, what is to be shown out. Pure, so it can be checked by eye. */
import type { Done, Notice, Phase, Receipt, ReplyState, StreamFrame, Turn } from "../protocol";

export interface Stream {
  seq: number; // of the last frame taken in
  state: ReplyState;
  phase: Phase | null;
  recalled: number | null;
  text: string;
  saidAt: string;
  turn: number | null;
  explanation: string;
  canRetry: boolean;
  receipt: Receipt | null;
  notice: Notice | null;
  versions: number[]; // turns that are versions of it
}

/** A reply nothing is known of yet. */
export function begin(saidAt: string): Stream {
  return {
    seq: 0,
    state: "waiting",
    phase: null,
    recalled: null,
    text: "",
    saidAt,
    turn: null,
    explanation: "",
    canRetry: false,
    receipt: null,
    notice: null,
    versions: [],
  };
}

export function isOpen({ state }: { state: ReplyState }): boolean {
  return state === "waiting" || state === "writing";
}

/** The reply after one more frame. What came before, or comes twice, changes nothing. */
export function advance(stream: Stream, frame: StreamFrame): Stream {
  if (frame.seq <= stream.seq) return stream;
  const next = { ...stream, seq: frame.seq };
  switch (frame.type) {
    case "phase":
      return { ...next, state: "writing", phase: frame.phase, recalled: frame.recalled };
    case "words":
      return { ...next, state: "writing", text: stream.text + frame.text };
    case "again":
      return { ...begin(stream.saidAt), seq: frame.seq };
    case "done":
      return ended(next, frame);
  }
}

/** The reply as it ended, or as another version of it did. */
export function ended(stream: Stream, frame: Done): Stream {
  return {
    ...stream,
    state: frame.state,
    text: frame.text,
    saidAt: frame.said_at ?? stream.saidAt,
    turn: frame.turn,
    explanation: frame.explanation,
    canRetry: frame.can_retry,
    receipt: frame.receipt,
    notice: frame.notice,
    versions: frame.versions,
  };
}

/** Asked to be written once more: what was there goes, the place in the stream stays. */
export function anew(stream: Stream): Stream {
  return { ...begin(stream.saidAt), seq: stream.seq };
}

/** A reply that the page read from the server, with what its question says of it, if that is on the page too. */
export function fromTurn(turn: Turn, asked: Turn["reply"], seq: number): Stream {
  const stream = { ...begin(turn.said_at), seq, state: turn.state ?? "whole", turn: turn.id };
  if (isOpen(stream)) return stream; // written once more: the stream brings the new words
  return {
    ...stream,
    text: turn.text,
    explanation: asked?.explanation ?? "",
    canRetry: asked?.can_retry ?? false,
    receipt: turn.receipt,
    notice: asked?.notice ?? null,
    versions: asked?.versions ?? [],
  };
}

/** Latin, Greek and Cyrillic words appear whole; other scripts as they come. */
const HALF_WORD = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}'’-]{1,30}$/u;

/** What may be shown while it is being written. */
export function wholeWords(text: string): string {
  return text.replace(HALF_WORD, "");
}
