import { expect, test } from "vitest";
import { spokenBy } from "../src/shell/engine";

test("beneath a name it says in a few words that no model is connected, and leaves the rest to the conversation", () => {
  const words = "No language model is connected: I can remember and recall, not converse.";
  expect(spokenBy({ connected: false, name: "", words })).toBe("no model connected");
  expect(spokenBy({ connected: true, name: "llama", words: "llama at localhost" })).toBe("llama at localhost");
});
