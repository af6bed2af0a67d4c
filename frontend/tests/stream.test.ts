import { expect, test } from "vitest";
import type { Done, StreamFrame } from "../src/protocol";
import { advance, anew, begin, isOpen, wholeWords, type Stream } from "../src/chat/stream";

const reply = "r";
const words = (seq: number, text: string): StreamFrame => ({ type: "words", reply, seq, text });
const done = (seq: number, more: Partial<Done> = {}): Done => ({
  type: "done",
  reply,
  seq,
  conversation: "c",
  state: "whole",
  turn: 7,
  text: "A jar of starter.",
  said_at: "2026-11-05T09:12:00Z",
  explanation: "",
  can_retry: false,
  receipt: null,
  notice: null,
  versions: [],
  ...more,
});
const after = (...frames: StreamFrame[]): Stream => frames.reduce(advance, begin("2026-11-05T09:11:00Z"));

test("words are put together in their order", () => {
  expect(after(words(1, "A jar "), words(2, "of "), words(3, "starter.")).text).toBe("A jar of starter.");
});

test("a frame that comes twice changes nothing", () => {
  const once = after(words(1, "A "), words(2, "jar"));
  expect(advance(once, words(2, "jar"))).toBe(once);
});

test("a frame that comes late changes nothing", () => {
  const stream = after(words(1, "A "), words(3, "jar"));
  expect(advance(stream, words(2, "late"))).toBe(stream);
});

test("a replay from the start changes nothing", () => {
  const frames = [words(1, "A "), words(2, "jar"), done(3)];
  expect(after(...frames, ...frames)).toEqual(after(...frames));
});

test("a worker that begins anew drops what was there, but not the place in the stream", () => {
  const stream = after(words(1, "A jar"), { type: "again", reply, seq: 2 }, words(3, "Two jars"));
  expect(stream.text).toBe("Two jars");
  expect(stream.seq).toBe(3);
});

test("phases are told before the first word", () => {
  const stream = after({ type: "phase", reply, seq: 1, phase: "remembered", recalled: 3 });
  expect([stream.phase, stream.recalled, isOpen(stream)]).toEqual(["remembered", 3, true]);
});

test("the end sets the final text, whatever was missed", () => {
  const stream = after(words(1, "A j"), done(9));
  expect([stream.text, stream.state, stream.turn, isOpen(stream)]).toEqual(["A jar of starter.", "whole", 7, false]);
});

test("a broken reply keeps its words, says why and may be tried again", () => {
  const broken = after(words(1, "A"), done(2, { state: "broken", text: "A", explanation: "Gone.", can_retry: true }));
  expect([broken.text, broken.explanation, broken.canRetry]).toEqual(["A", "Gone.", true]);
  const again = anew(broken);
  expect([again.text, again.seq, isOpen(again)]).toEqual(["", 2, true]);
  expect(advance(again, done(2, { state: "broken" }))).toBe(again);
});

test("words appear whole, in scripts that have spaces", () => {
  expect(wholeWords("the envelope wi")).toBe("the envelope ");
  expect(wholeWords("記憶は香り")).toBe("記憶は香り");
});
