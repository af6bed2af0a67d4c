import { expect, test } from "vitest";
import type { Turn } from "../src/protocol";
import { Answer, openAnswers, renew, weave } from "../src/chat/entries.svelte";

type Asked = NonNullable<Turn["reply"]>;
const plain = { said_at: "2026-11-05T09:12:00Z", client_id: null, reply: null, receipt: null, state: null, versions: [] };
const reply = (id: string, state: Asked["state"] = "whole", answered = true): Asked => ({
  id,
  state,
  answered,
  explanation: state === "broken" ? "The model went away." : "",
  can_retry: state === "broken",
  notice: null,
  versions: [],
});
const asks = (id: number, asked: Asked | null = null): Turn => ({
  ...plain,
  id,
  speaker: "person",
  text: `question ${id}`,
  client_id: `q${id}`,
  reply: asked,
});
const says = (id: number, state: Turn["state"] = "whole"): Turn => ({
  ...plain,
  id,
  speaker: "companion",
  text: `answer ${id}`,
  state,
});
const keys = (turns: Turn[]) => weave(turns).map((one) => one.key);
const page = (turns: Turn[]) => ({ id: "c", title: "", companion: 1, off_record: false, turns, more: true });

test("a reply knows its question, also when two were asked at once", () => {
  expect(keys([asks(1, reply("r1")), asks(2, reply("r2")), says(3), says(4)])).toEqual(["q1", "q2", "r1", "r2"]);
});

test("a reply whose question is on an earlier page stands by itself", () => {
  expect(keys([says(3), asks(4, reply("r4")), says(5)])).toEqual(["t3", "q4", "r4"]);
});

test("a reply that is being written stands under its question", () => {
  const entries = weave([asks(1, reply("r1", "writing", false))]);
  expect(openAnswers(entries).map((one) => one.reply)).toEqual(["r1"]);
});

test("a reply that broke before its first word says why, and one with words as well", () => {
  const wordless = weave([asks(1, reply("r1", "broken", false))]);
  const worded = weave([asks(1, reply("r1", "broken")), says(2, "broken")]);
  for (const entries of [wordless, worded]) {
    const answer = entries[1] as Answer;
    expect([answer.shown.state, answer.shown.explanation, answer.shown.canRetry]).toEqual([
      "broken",
      "The model went away.",
      true,
    ]);
  }
});

test("what was said elsewhere meanwhile joins what is shown", () => {
  const shown = weave([asks(1, reply("r1")), says(2), asks(3, reply("r3", "writing", false))]);
  const { entries, joined } = renew(shown, page([asks(3, reply("r3")), says(4), asks(5), says(6)]));
  expect(entries.map((one) => one.key)).toEqual(["q1", "r1", "q3", "r3", "q5", "t6"]);
  expect(joined).toBe(true);
  expect(entries[3]).toBe(shown[3]);
  expect((entries[3] as Answer).shown.text).toBe("answer 4");
});

test("what was said while the page was on its way is not lost", () => {
  const shown = weave([asks(1, reply("r1")), says(2), asks(3, reply("r3", "waiting", false))]);
  const { entries } = renew(shown, page([asks(1, reply("r1")), says(2)]));
  expect(entries.map((one) => one.key)).toEqual(["q1", "r1", "q3", "r3"]);
});

test("pages that no longer join are not glued together", () => {
  const { entries, joined } = renew(weave([asks(1), says(2)]), page([asks(60), says(61)]));
  expect([entries.map((one) => one.key), joined]).toEqual([["q60", "t61"], false]);
});
