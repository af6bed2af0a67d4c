import { expect, test } from "vitest";
import { byShelf, dateInWords, dayOf, hourOf, knownZone, partOfDay, shelfOf } from "../src/chat/calendar";

test("a day begins at the person's own midnight", () => {
  const moment = new Date("2026-11-05T23:30:00Z");
  expect(dayOf(moment, "UTC")).toBe("2026-11-05");
  expect(dayOf(moment, "Europe/Lisbon")).toBe("2026-11-05");
  expect(dayOf(moment, "Asia/Tokyo")).toBe("2026-11-06");
});

test("the hour is told on 24 hours, without a leading zero", () => {
  expect(hourOf(new Date("2026-11-05T09:05:00Z"), "UTC")).toBe("9:05");
  expect(hourOf(new Date("2026-11-05T00:05:00Z"), "UTC")).toBe("0:05");
});

test("a date has its year only where it is another year", () => {
  expect(dateInWords("2026-11-05", "2026-11-23")).toBe("Thursday 5 November");
  expect(dateInWords("2025-12-21", "2026-11-23")).toBe("Sunday 21 December 2025");
});

test.each([
  ["2026-11-05", "Today"],
  ["2026-11-06", "Today"], // a clock that is ahead
  ["2026-11-04", "Yesterday"],
  ["2026-11-03", "Tuesday 3 November"],
  ["2026-10-30", "Friday 30 October"],
  ["2026-10-29", "October"],
  ["2025-11-20", "November 2025"],
])("what was said on %s stands under %s", (day, shelf) => {
  expect(shelfOf(day, "2026-11-05")).toBe(shelf);
});

test("yesterday is yesterday across a change of clocks", () => {
  const talks = [
    { id: "a", active_at: "2026-10-24T22:30:00Z" }, // 00:30 on the day that has 25 hours
    { id: "b", active_at: "2026-10-24T21:30:00Z" },
    { id: "c", active_at: "2026-10-25T23:30:00Z" },
  ];
  const shelves = byShelf(talks, new Date("2026-10-26T08:00:00Z"), "Europe/Berlin");
  expect(shelves.map((shelf) => [shelf.name, ...shelf.items.map((talk) => talk.id)])).toEqual([
    ["Today", "c"],
    ["Yesterday", "a"],
    ["Saturday 24 October", "b"],
  ]);
});

test("a zone that this browser does not know falls back to its own", () => {
  expect(knownZone("Europe/Lisbon")).toBe("Europe/Lisbon");
  expect(knownZone("Middle/Earth")).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test("the part of the day is the person's", () => {
  expect(partOfDay(new Date("2026-11-05T20:00:00Z"), "UTC")).toBe("evening");
  expect(partOfDay(new Date("2026-11-05T20:00:00Z"), "Asia/Tokyo")).toBe("morning");
});
