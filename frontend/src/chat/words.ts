/** What may be sent: no half characters, nothing a database cannot keep. */

const UNKEEPABLE = /\p{Surrogate}|\0/gu;

/** Lone surrogates and NULs become U+FFFD, the sign for a character that could not be read. */
export function wellFormed(text: string): string {
  return text.replace(UNKEEPABLE, "\uFFFD");
}

/** Characters as the server counts them: code points, not UTF-16 units. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) length--;
  }
  return length;
}

// White space as the server knows it, and what only joins, parts or directs other characters.
const UNSEEN = /^[\s\x1c-\x1f\x85\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u;

/** Whether nothing in it can be seen; the server refuses such a message as empty. */
export function isBlank(text: string): boolean {
  return UNSEEN.test(text);
}
