import { expect, test } from "vitest";
import { byMonth, byYear, endOf, monthInWords, shortMonth } from "../src/timeline/months";
import type { Day } from "../src/timeline/protocol";

const day = (name: string) => ({ day: name }) as Day;

test("days stand under their months, in the order they come", () => {
  const months = byMonth([day("2026-11-05"), day("2026-11-01"), day("2025-11-30")]);
  expect(months.map(({ month, days }) => [month, days.length])).toEqual([
    ["2026-11", 2],
    ["2025-11", 1],
  ]);
});

test("months stand under their years", () => {
  const years = byYear([
    { month: "2026-02", days: 3 },
    { month: "2026-01", days: 1 },
    { month: "2025-12", days: 2 },
  ]);
  expect(years.map(({ year, months }) => [year, months.length])).toEqual([
    ["2026", 2],
    ["2025", 1],
  ]);
});

test.each([
  ["2026-02", "2026-02-28"],
  ["2028-02", "2028-02-29"],
  ["2026-12", "2026-12-31"],
])("%s ends on %s", (month, last) => {
  expect(endOf(month)).toBe(last);
});

test("a month is named in full and in short", () => {
  expect([monthInWords("2026-11"), shortMonth("2026-11")]).toEqual(["November 2026", "Nov"]);
});
