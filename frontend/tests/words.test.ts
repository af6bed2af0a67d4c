import { expect, test } from "vitest";
import { isBlank, lengthOf, wellFormed } from "../src/chat/words";

test("half characters and NULs are replaced, whole ones stay", () => {
  expect(wellFormed("a\uD83Cb\uDF3Fc\0 \u{1F33F}")).toBe("a\uFFFDb\uFFFDc\uFFFD \u{1F33F}");
});

test("characters are counted as the server counts them", () => {
  expect(lengthOf("\u{1F33F}a\uD83C")).toBe(3);
});

test.each(["", " \n\u3000", "\u200B\u200C\u200D\u2060\uFEFF", " \u00AD\u202E\uFE0F\u3164"])("%j is blank", (text) => {
  expect(isBlank(text)).toBe(true);
});

test.each(["\u200Ba", "\u{1F469}\u200D\u{1F467}", "?"])("%j is not blank", (text) => {
  expect(isBlank(text)).toBe(false);
});
