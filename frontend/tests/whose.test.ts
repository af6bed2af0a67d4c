import { expect, test } from "vitest";
import { naming } from "../src/shell/whose";

test("where there is one companion, nobody is named", () => {
  expect(naming([{ id: 1, name: "Rosemary" }])(1)).toBe("");
});

test("where there are several, each is named, and who is not known here is not", () => {
  const whose = naming([{ id: 1, name: "Rosemary" }, { id: 2, name: "Basil" }]);
  expect([whose(2), whose(3), whose(undefined)]).toEqual(["Basil", "", ""]);
});
