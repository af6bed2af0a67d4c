import { expect, test } from "vitest";
import { lengthOf, wellFormed } from "../src/chat/words";

test("half characters and NULs are replaced, whole ones stay", () => {
  expect(wellFormed("a\uD83Cb\uDF3Fc\0 \u{1F33F}")).toBe("a\uFFFDb\uFFFDc\uFFFD \u{1F33F}");
});

test("characters are counted as the server counts them", () => {
  expect(lengthOf("\u{1F33F}a\uD83C")).toBe(3);
});
