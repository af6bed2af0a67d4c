import { describe, expect, it } from "vitest";
import { byMonth, dateOf } from "../src/memories/months";
import type { Item } from "../src/memories/protocol";
import { goes, short } from "../src/memories/words";

const told = (id: number, said_at: string) => ({ id, said_at }) as Item;

describe("months", () => {
  it("stand over what was told in them, on the person's own clock", () => {
    const items = [told(3, "2026-11-02T08:00:00Z"), told(2, "2026-10-31T23:30:00Z"), told(1, "2025-10-05T00:00:00Z")];
    const months = byMonth(items, "Europe/Rome");
    expect(months.map((month) => [month.name, month.items.map((item) => item.id)])).toEqual([
      ["November 2026", [3, 2]],
      ["October 2025", [1]],
    ]);
    expect(byMonth(items, "Europe/Lisbon").map((month) => month.key)).toEqual(["2026-11", "2026-10", "2025-10"]);
  });

  it("stand once each, wherever their memories are", () => {
    const items = [told(3, "2026-11-02T08:00:00Z"), told(1, "2026-08-05T00:00:00Z"), told(4, "2026-11-03T08:00:00Z")];
    expect(byMonth(items, "Europe/Rome").map((month) => month.items.map((item) => item.id))).toEqual([[3, 4], [1]]);
  });

  it("a date is the day that the person's own calendar shows", () => {
    expect(dateOf("2027-07-20T23:30:00Z", "Europe/Rome")).toBe("21 July 2027");
  });
});

describe("words", () => {
  it("say what goes, one and many", () => {
    const one = goes({ said: 1, answers: 1, facts: 1, summaries: 1, repeats: 0 });
    expect(one[1]).toBe("1 message of yours that it came from goes out of the conversation, and 1 reply to it.");
    expect(one.at(-1)).toBe("1 summary that leans on it is written anew without it.");
    const many = goes({ said: 2, answers: 0, facts: 3, summaries: 0, repeats: 0 });
    expect(many[1]).toBe("2 messages of yours that it came from go out of the conversation.");
    expect(many.at(-1)).toContain("3 memories came from these words alone");
  });

  it("are cut at a word's end", () => {
    expect(short("We painted the kitchen yellow", 14)).toBe("We painted …");
    expect(short("short")).toBe("short");
  });
});
