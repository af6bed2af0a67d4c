import { flushSync, mount, unmount, type Component } from "svelte";
import { expect, test } from "vitest";
import App from "../src/portrait/App.svelte";
import Keep from "../src/portrait/Keep.svelte";
import { Portrait } from "../src/portrait/portrait.svelte";
import type { Boot, Drawn } from "../src/portrait/protocol";

const NOTHING: Drawn = {
  lines: [],
  refused: [],
  likeness: null,
  talks: 2,
  drawn: "Monday 2 November",
  waits: false,
  changed: [],
  kept: true,
  ruled: false,
  for_all: true,
  for_this: true,
};
const TEA = { id: 7, text: "likes tea", dropped: true, when: "Monday 2 November" };
const OWN = { id: 3, text: "I love bees.", own_words: true };

function portrait(drawn: Partial<Drawn>, connected = true): Portrait {
  const boot = {
    person: { name: "Ana", email: "ana@example.org", time_zone: "UTC" },
    engine: { connected, name: "", words: "" },
    listed: { conversations: [], more: false },
    reading: null,
    now: "2026-11-05T12:00:00Z",
    urls: { sign_out: "/", password: "/", preferences: "/", inspection: "" },
    companions: [],
    companion: null,
    portrait: { ...NOTHING, ...drawn },
    longest: 160,
  } as unknown as Boot;
  return new Portrait(boot);
}

/** What stands there, in words. */
function words(part: Component<{ portrait: Portrait }>, drawn: Partial<Drawn>, connected = true): string {
  const shown = mount(part, { target: document.body, props: { portrait: portrait(drawn, connected) } });
  flushSync();
  const told = (document.querySelector("main") ?? document.body).textContent!.replace(/\s+/g, " ");
  void unmount(shown);
  return told;
}

const page = (drawn: Partial<Drawn>, connected = true) => words(App, drawn, connected);
const switchOf = (drawn: Partial<Drawn>) => words(Keep, drawn);

test("where nothing was ever drawn, the page says what will stand there", () => {
  expect(page({ talks: 0, drawn: "" })).toContain("No portrait yet");
});

test("where every line was dropped, the page still tells what was", () => {
  const told = page({ changed: [TEA] });
  expect(told).toContain("No line stands just now");
  expect(told).toContain("Likes tea");
  expect(told).not.toContain("No portrait yet");
});

test("a likeness of the person's own sentences is told as such where there is no line yet", () => {
  const told = page({ likeness: OWN });
  expect(told).toContain("These are sentences of yours");
  expect(told).toContain("No lines yet");
});

test("without a language model the page says why it is thin, and what would fill it", () => {
  const why = "Without a language model only what your own words plainly say is drawn here";
  expect(page({ likeness: OWN }, false)).toContain(why);
  expect(page({ likeness: OWN }, true)).not.toContain(why);
  expect(page({ kept: false, for_this: false }, false)).not.toContain(why);
});

test("off for one companion, it does not speak of all", () => {
  const alone = switchOf({ kept: false, for_this: false });
  expect(alone).toContain("off for Rosemary alone");
  expect(alone).not.toContain("none of your companions");
  expect(switchOf({ kept: false, for_all: false })).toContain("none of your companions");
});
