import { beforeEach, expect, test } from "vitest";
import { Outbox, type Unsent } from "../src/chat/outbox";

const free = () => false;
const ids = (entries: Unsent[]) => entries.map((one) => one.clientId);
let minute = 0;
const message = (clientId: string, place = "new", conversation: string | null = null): Unsent => ({
  clientId,
  place,
  conversation,
  text: `words of ${clientId}`,
  at: new Date(Date.UTC(2026, 10, 5, 9, minute++)).toISOString(),
  refused: "",
});
const open = (person = "clara@example.org") => new Outbox(localStorage, person);

beforeEach(() => localStorage.clear());

test("what was not acknowledged survives a reload, in its order", () => {
  const outbox = open();
  outbox.add(message("a"));
  outbox.add(message("b"));
  expect(ids(open().at(null))).toEqual(["a", "b"]);
});

test("what the server has kept is forgotten here", () => {
  const outbox = open();
  outbox.add(message("a"));
  expect(outbox.settle("a", "c1")?.text).toBe("words of a");
  expect(open().entries).toEqual([]);
});

test("a conversation is begun once: later words wait for its name", () => {
  const outbox = open();
  outbox.add(message("a"));
  outbox.add(message("b"));
  expect(ids(outbox.due(0, free))).toEqual(["a"]);
  outbox.settle("a", "c1");
  expect(outbox.due(0, free)).toMatchObject([{ clientId: "b", conversation: "c1", place: "c1" }]);
  expect(ids(open().at("c1"))).toEqual(["b"]);
});

test("a message without an answer is said again under the same id, after a while", () => {
  const outbox = open();
  outbox.add(message("a"));
  outbox.sent("a", 0);
  expect(outbox.due(5_000, free)).toEqual([]);
  expect(ids(outbox.due(10_000, free))).toEqual(["a"]);
});

test("a server that cannot just now is asked less and less often, until the line is new", () => {
  const outbox = open();
  outbox.add(message("a"));
  outbox.delay("a", 0);
  outbox.delay("a", 0);
  expect(outbox.due(1_999, free)).toEqual([]);
  expect(ids(outbox.due(2_000, free))).toEqual(["a"]);
  outbox.delay("a", 0);
  outbox.hurry();
  expect(ids(outbox.due(0, free))).toEqual(["a"]);
});

test("a refused message keeps its words and does not hold up the next", () => {
  const outbox = open();
  outbox.add(message("a", "c1", "c1"));
  outbox.add(message("b", "c1", "c1"));
  outbox.refuse("a", "Too long.");
  expect(ids(outbox.due(0, free))).toEqual(["b"]);
  expect(open().at("c1")[0]).toMatchObject({ text: "words of a", refused: "Too long." });
  outbox.tryAgain("a");
  expect(ids(outbox.due(0, free))).toEqual(["a"]);
});

test("a place that is held waits, others go", () => {
  const outbox = open();
  outbox.add(message("a", "c1", "c1"));
  outbox.add(message("b", "c2", "c2"));
  expect(ids(outbox.due(0, (place) => place === "c1"))).toEqual(["b"]);
});

test("each conversation has its draft, and it survives a reload", () => {
  open().setDraft("c1", "Dear Ana");
  open().setDraft(null, "Something new");
  expect([open().draft("c1"), open().draft(null), open().draft("c2")]).toEqual(["Dear Ana", "Something new", ""]);
  open().setDraft("c1", "");
  expect(open().draft("c1")).toBe("");
});

test("signing out leaves nothing behind", () => {
  const outbox = open();
  outbox.add(message("a"));
  outbox.setDraft("c1", "Dear Ana");
  outbox.wipe();
  expect(localStorage.length).toBe(0);
});

test("whoever comes next in the same browser finds nothing of the person before", () => {
  open().add(message("a"));
  expect(open("rui@example.org").entries).toEqual([]);
  expect(open().entries).toEqual([]);
});

test("a browser that stores nothing is noticed, and the words still go", () => {
  const full = { ...localStorage, getItem: () => null, removeItem: () => {} } as unknown as Storage;
  full.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const outbox = new Outbox(full, "clara@example.org");
  outbox.add(message("a"));
  expect([outbox.durable, ids(outbox.due(0, free))]).toEqual([false, ["a"]]);
});
