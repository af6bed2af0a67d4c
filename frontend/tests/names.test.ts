import { expect, test } from "vitest";
import { begun, initial } from "../src/portrait/names";

test.each([
  ["sister: Lena", "L"],
  ["friend: émile", "É"],
  ["I live in Porto", "P"],
  ["My sister Ana lives in Porto", "A"],
  ["Grandma", "G"],
  ["likes tea", "L"],
  ["I", "I"],
  ["…", "·"],
])("%s is known by %s", (text, letter) => {
  expect(initial(text)).toBe(letter);
});

test.each([
  ["likes tea", "Likes tea"],
  ["émile", "Émile"],
  ["", ""],
])("a line begins as a sentence does: %s", (text, sentence) => {
  expect(begun(text)).toBe(sentence);
});
