/** The page's words in the person's language. The catalogue is a script before this one (companion/languages/); where
 * there is none, as for English, the words stand as they are written here.
 *
 * What is to be translated stands in the call as it is: companion/operations/messages.py finds it by its form.
 */

interface Catalogue {
  gettext(words: string): string;
  ngettext(one: string, many: string, count: number): string;
  pgettext(context: string, words: string): string;
}
type Values = Record<string, string | number>;

const catalogue = (globalThis as { django?: Catalogue }).django;

/** Of the page, as BCP 47 names it: "en", "zh-Hans". */
export const language = document.documentElement.lang || "en";
/** For numbers and the names of days and months: English ones are British. */
export const locale = language === "en" ? "en-GB" : language;

export function gettext(words: string, values: Values = {}): string {
  return interpolate(catalogue?.gettext(words) ?? words, values);
}

/** By a number, which stands in the words as %(count)s. */
export function ngettext(one: string, many: string, count: number, values: Values = {}): string {
  const words = catalogue?.ngettext(one, many, count) ?? (count === 1 ? one : many);
  return interpolate(words, { count: count.toLocaleString(locale), ...values });
}

/** Where the same English means different things. */
export function pgettext(context: string, words: string): string {
  return catalogue?.pgettext(context, words) ?? words;
}

/** Fills in what stands as %(name)s. */
export function interpolate(words: string, values: Values): string {
  return words.replace(/%\((\w+)\)s/g, (whole, name: string) => String(values[name] ?? whole));
}
