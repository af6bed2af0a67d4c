import { describe, expect, it } from "vitest";
import { goesWith } from "../src/chat/deletion";
import { marked } from "../src/chat/search.svelte";

describe("what goes with a conversation", () => {
  it("is counted in words", () => {
    const goes = { said: 2, replies: 1, facts: 1, summaries: 0 };
    expect(goesWith({ title: "Tea", goes })).toBe(
      "“Tea” is deleted, with 2 messages of yours, 1 reply and 1 fact learned from it.",
    );
  });

  it("is not told where there is nothing", () => {
    const goes = { said: 0, replies: 0, facts: 0, summaries: 0 };
    expect(goesWith({ title: "Tea", goes })).toBe("“Tea” is deleted.");
  });
});

describe("words that were found", () => {
  it("are marked wherever they stand, in any case", () => {
    expect(marked("Tea and the teapot", "tea")).toEqual(["", "Tea", " and the ", "tea", "pot"]);
  });

  it("may be signs that mean something to a pattern", () => {
    expect(marked("a (b) c", "(b) [")).toEqual(["a ", "(b)", " c"]);
  });

  it("of a blank search mark nothing", () => {
    expect(marked("a b", "  ")).toEqual(["a b"]);
  });
});
