import { expect, test } from "vitest";
import { activeIn } from "../src/memories/filters";

test("each filter that narrows the list is counted, each ticked state for itself", () => {
  expect(activeIn({ kind: "", states: [], companion: null, since: null, until: null })).toBe(0);
  expect(activeIn({ kind: "fact", states: ["vivid", "faded"], companion: 2, since: "2026-11-05", until: null })).toBe(5);
});
