import { expect, test } from "vitest";
import { toShow } from "../src/chat/anchor";

const window = { top: 100, bottom: 700 };

test("what can be seen is not moved", () => {
  expect(toShow({ top: 300, bottom: 600 }, { top: 260, bottom: 290 }, window)).toBe(0);
});

test("what unfolds below the window is brought up no further than it takes", () => {
  expect(toShow({ top: 690, bottom: 900 }, { top: 650, bottom: 680 }, window)).toBe(208);
});

test("of what is taller than the window its beginning is seen, and what was pressed", () => {
  expect(toShow({ top: 690, bottom: 2000 }, { top: 650, bottom: 680 }, window)).toBe(542);
});

test("what begins above the window is brought down to its beginning", () => {
  expect(toShow({ top: 40, bottom: 200 }, { top: 400, bottom: 430 }, window)).toBe(-68);
  expect(toShow({ top: -500, bottom: 690 }, { top: 660, bottom: 690 }, window)).toBe(-608);
});
