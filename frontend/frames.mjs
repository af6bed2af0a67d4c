// Prints src/frames.ts, the browser's types of what both sides say, from the server's schema on standard input.
import { readFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const types = await compile(JSON.parse(readFileSync(0, "utf8")), "Frames", {
  additionalProperties: false,
  bannerComment: "/* Made of companion/chat/protocol.py and pages.py by `make frames`: change those. */",
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: true,
});
const noise = [
  / \*\n(?= \* This interface was referenced)/g,
  / \* This interface was referenced by `Frames`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
  /\/\*\*\n \*\/\n/g,
  /export interface Frames \{\n.*\n\}\n/g,
];
process.stdout.write(noise.reduce((left, one) => left.replace(one, ""), types));
