import { describe, expect, it } from "vitest";
import { across, area, days, drawn, path, retention } from "../src/memories/curve";

const DAY = 86_400_000;
const at = (day: number) => new Date(Date.UTC(2026, 0, 1) + day * DAY).toISOString();
const curve = {
  now: at(40),
  stretches: [
    { at: at(0), strength: 10 },
    { at: at(20), strength: 30 },
  ],
  fading_at: at(35),
  faded_at: at(68),
};

describe("the forgetting curve", () => {
  it("falls to 1/e in as many days as the strength", () => {
    expect(retention(0, 10)).toBe(1);
    expect(retention(10, 10)).toBeCloseTo(1 / Math.E);
    expect(retention(-5, 10)).toBe(1); // a clock that jumped back
  });

  it("begins anew with each recall and goes on unbroken past today", () => {
    const { past, ahead, recalls, from, to, now } = drawn(curve);
    expect(past.map((line) => line[0]!.left)).toEqual([1, 1]);
    expect(recalls).toEqual([past[0]!.at(-1)]);
    expect(recalls[0]!.left).toBeCloseTo(retention(20, 10));
    expect(past[1]!.at(-1)!.left).toBeCloseTo(ahead[0]!.left);
    expect(from).toBe(Date.parse(at(0)));
    expect(now).toBe(Date.parse(at(40)));
    expect(to).toBeGreaterThan(Date.parse(curve.faded_at));
  });

  it("shows some time to come even of what has faded long ago, or was told this minute", () => {
    expect(drawn({ ...curve, faded_at: at(25) }).to).toBeGreaterThan(Date.parse(at(40)));
    const fresh = drawn({ now: at(0), stretches: [{ at: at(0), strength: 10 }], fading_at: at(5), faded_at: at(16) });
    expect(fresh.to).toBeGreaterThan(fresh.from);
    expect(across(fresh, fresh.now)).toBe(0);
  });

  it("is drawn from the left to the right, full at the top", () => {
    const drawing = drawn(curve);
    expect(path(drawing, drawing.past[0]!)).toMatch(/^M0 0\.0L/);
    expect(area(drawing, drawing.past[0]!)).toMatch(/^M0 100L0 0\.0.*100Z$/);
    expect(area(drawing, [])).toBe("");
    expect(across(drawing, drawing.to)).toBe(1000);
  });

  it("tells its strength in days, of a short one to a tenth", () => {
    expect([0.42, 1, 9.96, 46.7, 1200].map(days)).toEqual(["0.4 days", "1 day", "10 days", "47 days", "1,200 days"]);
  });
});
