import { expect, test } from "vitest";
import { calmed, caption, path, points, ticks } from "../src/portrait/chart";
import { moodOf } from "../src/shell/moods";

const moods = (...days: [string, number][]) => ({
  weeks: 8,
  since: "2026-09-11",
  until: "2026-11-05",
  days: days.map(([day, valence]) => ({ day, valence, sentences: 1 })),
});

test("the first day stands left, the last one right; bright above, low below", () => {
  expect(points(moods(["2026-09-11", 1], ["2026-11-05", -1]))).toEqual([
    { x: 0, y: 0 },
    { x: 1000, y: 100 },
  ]);
});

test("a calm line stays between what it calms, and there is none through three days", () => {
  const dots = points(moods(["2026-10-01", 1], ["2026-10-02", -1], ["2026-10-03", 1], ["2026-10-04", -1]));
  for (const { y } of calmed(dots)) {
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(100);
  }
  expect(calmed(dots.slice(1))).toEqual([]);
  expect(path(calmed(dots))).toMatch(/^M\d+ [\d.]+(L\d+ [\d.]+){3}$/);
});

test("days are written below with their year where the chart spans more than one", () => {
  expect(ticks(moods()).map(({ name }) => name)).toEqual(["11 Sept", "25 Sept", "9 Oct", "22 Oct"]);
  expect(ticks({ weeks: 260, since: "2021-11-12", until: "2026-11-05", days: [] })[0]!.name).toBe("Nov 2021");
});

test.each([
  [1, "bright"],
  [0.3, "bright"],
  [0.29, "even"],
  [-0.29, "even"],
  [-0.3, "low"],
])("%d is %s", (valence, word) => {
  expect(moodOf(valence)).toBe(word);
});

test("all that the chart shows is said in words", () => {
  expect(caption(moods(["2026-10-01", 0.9], ["2026-10-31", -0.7], ["2026-11-02", 0.9]))).toBe(
    "You told how you felt on 3 days: bright on the whole, brightest on Monday 2 November, lowest on Saturday 31 October.",
  );
  expect(caption(moods(["2026-10-01", 0.9]))).toBe("You told how you felt on 1 day: bright on the whole.");
  expect(caption(moods())).toBe("");
});
