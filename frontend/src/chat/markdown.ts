/** The companion's markdown as safe HTML: no HTML of its own, no pictures, links to the web alone. */
import DOMPurify from "dompurify";
import { Marked, type Token, type Tokens } from "marked";

/** One block of a reply: code is shown by a component of its own, the rest is HTML. */
export type Block = { code: string; language: string } | { html: string };

const WEB = /^https?:\/\//i;
const TAGS =
  "p br strong em del code pre blockquote ul ol li h3 h4 h5 h6 hr a table thead tbody tr th td".split(" ");

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escape(text),
    image: ({ text }) => escape(text),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    heading({ tokens, depth }) {
      const level = Math.min(depth + 2, 6); // the page's own headings stand above
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    link({ href, tokens }) {
      const inside = this.parser.parseInline(tokens);
      if (!WEB.test(href)) return inside;
      return `<a href="${escape(href)}" target="_blank" rel="noopener noreferrer nofollow">${inside}</a>`;
    },
  },
});

function purify(html: string): string {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "target", "rel", "start"],
    ALLOWED_URI_REGEXP: WEB,
    ADD_URI_SAFE_ATTR: ["target", "rel", "start"], // these hold no addresses
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function blockOf(token: Token): Block {
  if (token.type === "code") {
    const { text, lang } = token as Tokens.Code;
    return { code: text, language: lang?.split(/\s/)[0] ?? "" };
  }
  return { html: purify(marked.parser([token])) };
}

const made = new Map<string, Block>();
const MOST_MADE = 500;

/** The blocks of a text. One that was made before is not made again, so a text that grows costs little. */
export function blocks(text: string): Block[] {
  const tokens = marked.lexer(text);
  const alone = Object.keys(tokens.links).length === 0; // else a block may depend on what stands elsewhere
  if (made.size > MOST_MADE || !alone) made.clear();
  return tokens
    .filter((token) => token.type !== "space" && token.type !== "def")
    .map((token) => {
      const block = made.get(token.raw) ?? blockOf(token);
      if (alone) made.set(token.raw, block);
      return block;
    });
}

/** Half-written code and bold of the last paragraph, closed, so that signs don't flicker as words arrive. */
export function closed(text: string): string {
  if ((text.match(/^ {0,3}```/gm)?.length ?? 0) % 2 === 1) return text; // inside a code block all signs are meant
  const grown = text.trimEnd();
  const open = grown.slice(grown.lastIndexOf("\n\n") + 1).replace(/`[^`]*`/g, "");
  if (open.includes("`")) return grown + "`";
  if ((open.match(/\*\*/g)?.length ?? 0) % 2 === 0) return grown;
  return grown.endsWith("**") ? grown.slice(0, -2) : grown.replace(/\*$/, "") + "**";
}

/** The words alone, to be read out. */
export function spoken(text: string): string {
  const page = document.createElement("template");
  page.innerHTML = blocks(text)
    .map((block) => ("html" in block ? block.html : `<p>${escape(block.code)}</p>`))
    .join(" ");
  return page.content.textContent?.replace(/\s+/g, " ").trim() ?? "";
}
