/** By what letter a person or a place is known: of “sister: Lena” the L, of “I live in Porto” the P. */
export function initial(text: string): string {
  const named = text.includes(": ") ? text.slice(text.indexOf(": ") + 2) : text;
  const words = named.match(/[\p{L}\p{N}]+/gu) ?? [];
  const isName = (word: string) => /^\p{Lu}/u.test(word) && word !== "I";
  const name = text.includes(": ") ? words[0] : (words.slice(1).find(isName) ?? words.find(isName) ?? words[0]);
  return name ? [...name][0]!.toUpperCase() : "·";
}

/** As a sentence begins. */
export function begun(text: string): string {
  const [first = "", ...rest] = [...text];
  return first.toUpperCase() + rest.join("");
}
