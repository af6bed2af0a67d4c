import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "../src/memories/App.svelte";
import { Memories } from "../src/memories/memories.svelte";
import type { Boot, Detail } from "../src/memories/protocol";

const HENS = {
  ...{ id: 7, kind: "fact", label: "Fact", text: "I keep hens.", said_at: "2026-11-05T09:00:00Z", validity: "", retention: 1, state: "vivid" },
  ...{ pinned: false, listed: true, by_hand: false, superseded: false, quote: null, talk: null, companion: "Rosemary", sources: [], source_count: 0 },
  ...{ history: [], contradicts: [], strength: 30, can_correct: true, can_take_back: false, can_forget: false },
  curve: { now: "2026-11-05T12:00:00Z", stretches: [], fading_at: "2026-12-05T12:00:00Z", faded_at: "2027-01-05T12:00:00Z" },
} as unknown as Detail;
const asked = vi.fn();
let shown: Record<string, unknown>;
let memories: Memories;

function press(key: string, target: Element = document.body): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  flushSync();
}

/** The page with one memory that lies open. */
function page(): void {
  memories = new Memories({
    person: { name: "Ana", email: "ana@example.org", time_zone: "UTC" },
    engine: { connected: true, name: "", words: "" },
    listed: { conversations: [], more: false },
    reading: null,
    now: "2026-11-05T12:00:00Z",
    urls: { sign_out: "/", password: "/", preferences: "/", inspection: "" },
    companions: [],
    list: { items: [HENS], after: null, counts: null },
    forgetting: [],
    memory: HENS,
    longest: 600,
  } as unknown as Boot);
  shown = mount(App, { target: document.body, props: { memories } });
  flushSync();
}

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal("fetch", asked.mockReset().mockImplementation(() => new Promise(() => {})));
});
afterEach(() => unmount(shown));

test("a single letter acts on the memory that lies open", () => {
  page();
  press("p");
  expect(asked).toHaveBeenCalledOnce();
});

test("where single letters are switched off, none acts", () => {
  localStorage.setItem("rosemary/ana@example.org/keys", "off");
  page();
  for (const key of ["p", "e", "Delete"]) press(key);
  expect(asked).not.toHaveBeenCalled();
  expect(memories.editing).toBe(false);
});

test("beneath a dialog nothing acts, and Esc closes the dialog alone", () => {
  page();
  memories.editing = true;
  flushSync();
  const dialog = document.querySelector("dialog")!;
  dialog.setAttribute("open", "");
  for (const key of ["p", "Delete", "Escape"]) press(key, dialog.querySelector("button, input")!);
  expect(asked).not.toHaveBeenCalled();
  expect(memories.editing).toBe(true);
});
