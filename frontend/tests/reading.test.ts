import { expect, test } from "vitest";
import { stage, type Reading } from "../src/shell/reading";

const read: Reading = {
  files_left: 0,
  lines_left: 0,
  lines: 0,
  sessions_left: 0,
  sessions: 112,
  days_left: 0,
  days: 80,
  acquaintance_left: false,
  portrait_left: true,
  held_up: false,
};

test("what is read is told of all that there is", () => {
  const { words, read: done, total } = stage({ ...read, sessions_left: 48 });
  expect(words).toBe("Rosemary is still reading: 64 of 112 conversations are read.");
  expect([done, total]).toEqual([64, 112]);
});

test("a file comes before the conversations in it, these before their days, then all of it, and the portrait last", () => {
  const words = [
    { ...read, files_left: 1, sessions_left: 2 },
    { ...read, files_left: 1, lines_left: 30, lines: 1200, sessions_left: 2 },
    { ...read, sessions_left: 1, sessions: 1, days_left: 5 },
    { ...read, days_left: 5 },
    { ...read, acquaintance_left: true },
    { ...read, acquaintance_left: true, portrait_left: false },
    read,
  ].map((reading) => stage(reading).words);
  expect(words).toEqual([
    "Your file is being taken in.",
    "Your file is being taken in: 1,170 of 1,200 lines.",
    "Rosemary is still reading: 0 of 1 conversation is read.",
    "Rosemary is summing up your days: 75 of 80 are done.",
    "Rosemary is summing up all that you talked about.",
    "Rosemary is summing up all that you talked about.",
    "Rosemary is drawing your portrait anew, from all that is read.",
  ]);
});
