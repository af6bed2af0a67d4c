import { beforeEach, expect, test, vi } from "vitest";
import { Chat } from "../src/chat/chat.svelte";
import type { Asked, Boot, Told } from "../src/protocol";

/** The server's end of the line. */
class Server extends EventTarget {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static line: Server;
  readonly OPEN = 1;
  readyState = 1;
  asked: Asked[] = [];

  constructor() {
    super();
    Server.line = this;
    queueMicrotask(() => this.dispatchEvent(new Event("open")));
  }

  send(text: string): void {
    this.asked.push(JSON.parse(text) as Asked);
  }

  close(): void {}

  tell(told: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(told) }));
  }
}

const TEA = { id: "11111111-1111-4111-8111-111111111111", title: "Tea", active_at: "2026-11-05T09:00:00Z", companion: 1 };
const DELETED = { type: "deleted", conversation: TEA.id, title: "Tea", erasure: 7, until: "2026-11-05T12:01:00Z", goes: { said: 1, replies: 1, facts: 0, summaries: 0 } };
const WELCOME = { type: "welcome", person: { name: "Ana" }, companion: { name: "Rosemary" }, engine: { connected: true, name: "", words: "" }, open: [], deleted: [], forgotten: [], paused: null, active_at: TEA.active_at };
const read = vi.fn();

/** A page of the conversation about tea, on whose line somebody answers. */
async function chat(welcome: object = {}): Promise<Chat> {
  const boot = {
    person: { id: 1, name: "Ana", email: "ana@example.org", time_zone: "UTC", administrator: false },
    companion: { id: 1, name: "Rosemary" },
    companions: [{ id: 1, name: "Rosemary" }],
    engine: WELCOME.engine,
    listed: { conversations: [TEA], more: false },
    conversation: { id: TEA.id, title: "Tea", companion: 1, off_record: false, turns: [], more: false },
    now: "2026-11-05T12:00:00Z",
  } as unknown as Boot;
  const made = new Chat(boot, localStorage);
  await vi.waitFor(() => expect(Server.line.asked).toBeDefined());
  await new Promise((done) => setTimeout(done));
  Server.line.tell({ ...WELCOME, ...welcome } as unknown as Told);
  return made;
}

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("WebSocket", Server);
  read.mockReset().mockImplementation(() => new Promise(() => {}));
  vi.stubGlobal("fetch", read);
});

test("a page that knows all that was said asks for nothing more", async () => {
  await chat();
  expect(read).not.toHaveBeenCalled();
});

test("what was said between the making of the page and the welcome is read", async () => {
  await chat({ active_at: "2026-11-05T09:00:01Z" });
  expect(read).toHaveBeenCalled();
});

test("what lay half written in a conversation that was deleted is back with it", async () => {
  const here = await chat();
  here.draft = "half a thought";
  Server.line.tell(DELETED);
  expect(here.id).toBeNull();
  expect(here.draft).toBe("");
  expect(here.outbox.draft(TEA.id)).toBe("");
  here.draft = "something new";
  Server.line.tell({ type: "restored", conversation: TEA.id, companion: 1, title: "Tea", active_at: TEA.active_at, erasure: 7 });
  expect(here.outbox.draft(TEA.id)).toBe("half a thought");
});

test("words for a conversation that is gone are seen where a new one begins, with why they were not sent", async () => {
  const here = await chat();
  here.say("Too late for this one.");
  const [said] = here.unsent;
  Server.line.tell(DELETED);
  expect(here.unsent).toEqual([]);
  Server.line.tell({ type: "error", code: "not_found", message: "There is no such conversation.", client_id: said!.clientId, reply: null, retry: false });
  expect(here.unsent).toMatchObject([{ text: "Too late for this one.", refused: "There is no such conversation." }]);
});

test("what is forgotten on another page goes out of the conversation here, and is back once that is undone", async () => {
  const here = await chat();
  here.say("I keep hens.");
  const said = { conversation: TEA.id, companion: 1, title: "Tea", off_record: false, instead_of: null, turn: 40, said_at: "2026-11-05T12:00:00Z", reply: TEA.id };
  Server.line.tell({ type: "kept", client_id: here.unsent[0]!.clientId, ...said });
  expect(here.entries.some((one) => one.id === 40)).toBe(true);
  read.mockClear();
  Server.line.tell({ type: "forgotten", erasure: 8, until: "2026-11-05T12:01:00Z", turns: [40], said: 1 });
  expect(here.entries.some((one) => one.id === 40)).toBe(false);
  expect(here.deleted).toMatchObject([{ erasure: 8 }]);
  Server.line.tell({ type: "unforgotten", erasure: 8 });
  expect(here.deleted).toEqual([]);
  expect(read).toHaveBeenCalledTimes(2);
});

test("whoever forgets something in a receipt keeps their place in it", async () => {
  await chat();
  document.body.innerHTML = '<section class="receipt"><button>Forget</button></section>';
  document.querySelector("button")!.focus();
  Server.line.tell({ type: "forgotten", erasure: 8, until: "2026-11-05T12:01:00Z", turns: [41], said: 1 });
  Server.line.tell({ type: "unforgotten", erasure: 8 });
  expect(read).not.toHaveBeenCalled();
});

test("what was said here and is forgotten in a receipt goes, and the receipt stays as it is", async () => {
  const here = await chat();
  here.say("I keep hens.");
  const said = { conversation: TEA.id, companion: 1, title: "Tea", off_record: false, instead_of: null, turn: 40, said_at: "2026-11-05T12:00:00Z", reply: TEA.id };
  Server.line.tell({ type: "kept", client_id: here.unsent[0]!.clientId, ...said });
  read.mockReset().mockImplementation((address: string) =>
    Promise.resolve(Response.json(address.startsWith("/api/conversations?") || address === "/api/conversations" ? { conversations: [{ ...TEA, title: "Hens" }], more: false } : { ...TEA, title: "Hens", off_record: false, turns: [], more: false })),
  );
  document.body.innerHTML = '<section class="receipt"><button>Forget</button></section>';
  document.querySelector("button")!.focus();
  const left = here.entries.filter((one) => one.id !== 40);
  Server.line.tell({ type: "forgotten", erasure: 8, until: "2026-11-05T12:01:00Z", turns: [40], said: 1 });
  await vi.waitFor(() => expect(here.title).toBe("Hens"));
  expect(here.entries).toEqual(left);
});
