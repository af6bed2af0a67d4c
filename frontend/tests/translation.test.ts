import { afterEach, expect, test, vi } from "vitest";

type Translation = typeof import("../src/shell/translation");

/** The module as a page has it on which this catalogue stands, or none. */
function load(catalogue?: object, language = "en"): Promise<Translation> {
  vi.resetModules();
  vi.stubGlobal("django", catalogue);
  document.documentElement.lang = language;
  return import("../src/shell/translation");
}

afterEach(() => vi.unstubAllGlobals());

test("without a catalogue the words stand as they are written, with their values", async () => {
  const { gettext, ngettext, pgettext } = await load();
  expect(gettext("Write to %(name)s", { name: "Rosemary" })).toBe("Write to Rosemary");
  expect(ngettext("%(count)s day", "%(count)s days", 1)).toBe("1 day");
  expect(ngettext("%(count)s day", "%(count)s days", 5000)).toBe("5,000 days");
  expect(pgettext("date format", "l j F")).toBe("l j F");
});

test("a place without a value, and a value with a place in it, stay as they are", async () => {
  const { gettext } = await load();
  expect(gettext("%(a)s, %(b)s", { a: "%(b)s" })).toBe("%(b)s, %(b)s");
});

test("a catalogue says it in its own words, its own plurals and its own dates", async () => {
  const words: Record<string, string> = { "Write to %(name)s": "写给 %(name)s", "l j F": "n月j日l" };
  const own = (id: string) => words[id] ?? id;
  const catalogue = { gettext: own, ngettext: () => "%(count)s 天", pgettext: (_: string, id: string) => own(id) };
  const { gettext, ngettext } = await load(catalogue, "zh-Hans");
  expect(gettext("Write to %(name)s", { name: "Rosemary" })).toBe("写给 Rosemary");
  expect(ngettext("%(count)s day", "%(count)s days", 1)).toBe("1 天");
  const { dateInWords } = await import("../src/chat/calendar");
  expect(dateInWords("2026-11-05", "2026-11-23")).toBe("11月5日星期四");
});
