/** What the person wrote and the server has not acknowledged, and what is not sent yet. Survives a reload. */

export interface Unsent {
  clientId: string;
  place: string; // the conversation's id, or a local name for one that is still to begin
  conversation: string | null;
  text: string;
  at: string;
  insteadOf?: number | null; // the turn that is said otherwise
  offRecord?: boolean; // of the words that begin a conversation
  companion?: number | null; // with whom they begin it
  refused: string; // why the server will not take it; empty while it may
}

interface Attempt {
  tries: number;
  next: number; // ms: not before
}

/** Milliseconds after which an unanswered message is said again, with the same id. */
const UNANSWERED = 10_000;
const LONGEST_WAIT = 30_000;

export class Outbox {
  /** False once the browser refused to store something: then a reload would lose it. */
  durable = true;
  #entries: Unsent[] = [];
  #attempts = new Map<string, Attempt>();
  #prefix: string;

  constructor(
    private storage: Storage,
    person: string,
    private changed: () => void = () => {},
  ) {
    this.#prefix = `rosemary/${person}/`;
    this.#forgetOthers();
    this.#read();
  }

  get entries(): readonly Unsent[] {
    return this.#entries;
  }

  /** What waits in one conversation; those that begin one wait at `null`. */
  at(conversation: string | null): Unsent[] {
    return this.#entries.filter((entry) => entry.conversation === conversation);
  }

  add(entry: Unsent): void {
    this.#entries.push(entry);
    this.#write(entry);
  }

  /** Those that may be sent now: of each place the first, unless something holds the place back. */
  due(now: number, isHeld: (place: string) => boolean): Unsent[] {
    const seen = new Set<string>();
    return this.#entries.filter((entry) => {
      if (this.durable && !this.storage.getItem(this.#prefix + "unsent/" + entry.clientId)) return false; // taken back in another tab
      if (entry.refused || seen.has(entry.place)) return false;
      seen.add(entry.place);
      return !isHeld(entry.place) && (this.#attempts.get(entry.clientId)?.next ?? 0) <= now;
    });
  }

  /** It went over the line; should no answer come, it is due again. */
  sent(clientId: string, now: number): void {
    const tries = this.#attempts.get(clientId)?.tries ?? 0;
    this.#attempts.set(clientId, { tries, next: now + UNANSWERED });
  }

  /** The server could not just now: due again after 1, 2, 4 … seconds. */
  delay(clientId: string, now: number): void {
    const tries = (this.#attempts.get(clientId)?.tries ?? 0) + 1;
    this.#attempts.set(clientId, { tries, next: now + Math.min(1000 * 2 ** (tries - 1), LONGEST_WAIT) });
  }

  /** A fresh line: nothing needs to wait. */
  hurry(): void {
    this.#attempts.clear();
    this.changed();
  }

  /** The server has it. What waits behind it now belongs to the same conversation. */
  settle(clientId: string, conversation: string): Unsent | undefined {
    const entry = this.remove(clientId);
    for (const later of this.#entries) {
      if (!entry || later.place !== entry.place || later.conversation === conversation) continue;
      Object.assign(later, { place: conversation, conversation });
      this.#write(later);
    }
    return entry;
  }

  refuse(clientId: string, why: string): void {
    this.#change(clientId, { refused: why });
  }

  /** Its conversation is gone: it stands where a new one begins, so that it can be read and sent there. */
  uproot(clientId: string, place: string): void {
    this.#change(clientId, { place, conversation: null });
  }

  tryAgain(clientId: string): void {
    this.#attempts.delete(clientId);
    this.#change(clientId, { refused: "" });
  }

  remove(clientId: string): Unsent | undefined {
    const entry = this.#entries.find((one) => one.clientId === clientId);
    this.#entries = this.#entries.filter((one) => one !== entry);
    this.#attempts.delete(clientId);
    this.storage.removeItem(this.#prefix + "unsent/" + clientId);
    this.changed();
    return entry;
  }

  /** Whether single letters act as keys; kept like a draft. */
  get singleKeys(): boolean {
    return this.storage.getItem(this.#prefix + "keys") !== "off";
  }

  set singleKeys(on: boolean) {
    if (on) this.storage.removeItem(this.#prefix + "keys");
    else this.#store(this.#prefix + "keys", "off");
  }

  draft(conversation: string | null): string {
    return this.storage.getItem(this.#draftKey(conversation)) ?? "";
  }

  setDraft(conversation: string | null, text: string): void {
    if (text) this.#store(this.#draftKey(conversation), text);
    else this.storage.removeItem(this.#draftKey(conversation));
  }

  /** Signing out leaves nothing of the person in this browser. */
  wipe(): void {
    this.#entries = [];
    for (const key of this.#keys("rosemary/")) this.storage.removeItem(key);
    this.changed();
  }

  #draftKey(conversation: string | null): string {
    return `${this.#prefix}draft/${conversation ?? "new"}`;
  }

  #change(clientId: string, change: Partial<Unsent>): void {
    const entry = this.#entries.find((one) => one.clientId === clientId);
    if (entry) this.#write(Object.assign(entry, change));
  }

  #write(entry: Unsent): void {
    this.#store(this.#prefix + "unsent/" + entry.clientId, JSON.stringify(entry));
    this.changed();
  }

  #store(key: string, value: string): void {
    try {
      this.storage.setItem(key, value);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // full, or forbidden by the browser
      this.durable = false;
    }
  }

  #read(): void {
    const stored = this.#keys(this.#prefix + "unsent/").map((key) => this.storage.getItem(key)!);
    this.#entries = stored.map((text) => JSON.parse(text) as Unsent);
    this.#entries.sort((a, b) => a.at.localeCompare(b.at));
  }

  /** Somebody else used this browser and did not sign out: their words are not for whoever comes next. */
  #forgetOthers(): void {
    for (const key of this.#keys("rosemary/")) {
      if (!key.startsWith(this.#prefix)) this.storage.removeItem(key);
    }
  }

  #keys(prefix: string): string[] {
    return Object.keys(this.storage).filter((key) => key.startsWith(prefix));
  }
}
