import { expect, test } from "vitest";
import { blocks, closed, spoken } from "../src/chat/markdown";

/** The page that a text becomes. */
function page(text: string): HTMLElement {
  const element = document.createElement("div");
  element.innerHTML = blocks(text)
    .map((block) => ("html" in block ? block.html : ""))
    .join("");
  return element;
}

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><a href='javascript:alert(1)'>x</a></svg>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<p style='position:fixed' onclick='alert(1)'>x</p>",
  "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
  "**<b onmouseover=alert(1)>x</b>**",
  "> <form action=//evil.example><input name=q></form>",
])("the companion's own HTML is shown, never obeyed: %s", (text) => {
  const shown = page(text);
  expect(shown.querySelector("script, img, svg, iframe, math, style, form, input, b")).toBeNull();
  for (const element of shown.querySelectorAll("*")) expect(element.getAttributeNames()).toEqual([]);
  expect(shown.textContent).toContain("<");
});

test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "/account/logout/"])(
  "a link leads to the web or nowhere: %s",
  (href) => {
    const shown = page(`[here](${href}) and <${href}>`);
    expect(shown.querySelector("a")).toBeNull();
    expect(shown.textContent).toContain("here");
  },
);

test("a link to the web opens beside the conversation and tells nobody where from", () => {
  const link = page('[Ana\'s](https://example.org/?a=1&b="2")').querySelector("a")!;
  expect(link.getAttribute("target")).toBe("_blank");
  expect(link.getAttribute("rel")).toContain("noopener");
  expect(link.textContent).toBe("Ana's");
});

test("pictures are their words", () => {
  const shown = page("![a jar](https://evil.example/pixel.png)");
  expect(shown.querySelector("img")).toBeNull();
  expect(shown.textContent?.trim()).toBe("a jar");
});

test("code is given as text, with its language", () => {
  expect(blocks("```html\n<script>alert(1)</script>\n```")).toEqual([
    { code: "<script>alert(1)</script>", language: "html" },
  ]);
});

test("headings stand below those of the page", () => {
  expect(page("# Bread").innerHTML).toBe("<h3>Bread</h3>");
});

test("lists, quotes, tables and emphasis are kept", () => {
  const shown = page("- **one**\n- `two`\n\n> three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x");
  expect(["ul", "strong", "code", "blockquote", "table", "ol"].every((tag) => shown.querySelector(tag))).toBe(true);
});

test("a block that did not change is the same while the text grows", () => {
  const [first] = blocks("One.\n\nTwo");
  expect(blocks("One.\n\nTwo and more")[0]).toBe(first);
});

test.each([
  ["Take **a jar", "Take **a jar**"],
  ["Take **a jar*", "Take **a jar**"],
  ["Take **", "Take "],
  ["Take `rye", "Take `rye`"],
  ["Take **a jar** now", "Take **a jar** now"],
  ["```\n**x", "```\n**x"],
  ["**One**\n\nTwo **th ", "**One**\n\nTwo **th**"],
])("half-written emphasis is closed as it grows: %j", (text, whole) => {
  expect(closed(text)).toBe(whole);
});

test("what is read out has no signs", () => {
  expect(spoken("# Bread\n\n**Feed** it:\n\n- one\n- two")).toBe("Bread Feed it: one two");
});
