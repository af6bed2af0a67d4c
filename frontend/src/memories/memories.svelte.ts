/** The page of memories: what is listed or found, which one lies open, what was just done and can be taken back. */
import { tick } from "svelte";
import { knownZone } from "../chat/calendar";
import type { Done } from "../shell/beside";
import * as doors from "./doors";
import { activeIn } from "./filters";
import { attempt } from "../shell/doors";
import type { Boot, Counts, Detail, Forgetting, Item, State, Wanted } from "./protocol";
import { gettext } from "../shell/translation";

const EVERYTHING: Wanted = { kind: "", states: [], companion: null, since: null, until: null };

export class Memories {
  readonly zone: string;
  items: Item[] = $state.raw([]);
  after: string | null = $state(null); // where the next page begins
  counts: Counts | null = $state.raw(null);
  wanted: Wanted = $state.raw(EVERYTHING);
  question = $state(""); // what was asked; empty: everything is listed
  by: "meaning" | "words" = $state("meaning");
  notice = $state(""); // what was in the way of a search
  trouble = $state(""); // what was refused, in words
  busy = $state(false); // a list or a search is on its way
  detail: Detail | null = $state.raw(null);
  editing = $state(false);
  forgetting: Forgetting[] = $state.raw([]);
  done: Done | null = $state.raw(null);
  #ahead: number; // ms by which the server's clock is ahead of the browser's
  #asked = 0; // the latest list asked for; what comes late is dropped

  constructor(readonly boot: Boot) {
    this.zone = knownZone(boot.person.time_zone);
    this.items = boot.list.items;
    this.after = boot.list.after;
    this.counts = boot.list.counts;
    this.detail = boot.memory;
    this.#ahead = Date.parse(boot.now) - Date.now();
    this.#wait(boot.forgetting);
  }

  get filtered(): boolean {
    return activeIn(this.wanted) > 0;
  }

  /** Another choice of what is shown. */
  choose(change: Partial<Wanted>): Promise<void> {
    this.wanted = { ...this.wanted, ...change };
    return this.#look();
  }

  toggle(state: State): Promise<void> {
    const { states } = this.wanted;
    return this.choose({ states: states.includes(state) ? states.filter((one) => one !== state) : [...states, state] });
  }

  ask(question: string): Promise<void> {
    this.question = question.trim();
    return this.#look();
  }

  clear(): Promise<void> {
    this.question = "";
    this.wanted = EVERYTHING;
    return this.#look();
  }

  /** The next page. */
  async more(): Promise<void> {
    if (!this.after || this.busy) return;
    await this.#listing(async (isLatest) => {
      const page = await doors.list(this.wanted, this.after!);
      if (!isLatest()) return;
      this.items = [...this.items, ...page.items];
      this.after = page.after;
    });
  }

  /** Show one beside the list, with its own address. */
  async open(id: number, { remember = true } = {}): Promise<void> {
    await this.#act(async () => {
      this.detail = await doors.read(id);
      this.editing = false;
      if (remember) history.pushState(null, "", `/memories/${id}/`);
    });
  }

  close({ remember = true } = {}): void {
    this.detail = null;
    this.editing = false;
    if (remember) history.pushState(null, "", "/memories/");
  }

  /** Keep it from fading, or let go of it; what then counts as a memory no more leaves the list, and undone its place. */
  async pin(item: Item, place = this.items.findIndex((one) => one.id === item.id)): Promise<void> {
    await this.#act(async () => {
      this.#show(await doors.pin(item.id, !item.pinned), place);
      const back = { ...item, pinned: !item.pinned };
      this.done = { words: item.pinned ? gettext("Let go: it fades again.") : gettext("Pinned: it will not fade."), undo: () => this.pin(back, place) };
      void this.#count();
      await tick();
      if (document.activeElement === document.body) this.#focus(place);
    });
  }

  #focus(place: number): void {
    const next = this.items[place] ?? this.items.at(-1);
    document.getElementById(next ? `memory-${next.id}` : "search")?.focus();
  }

  /** The same client id again, after an answer that was lost, is the same correction. */
  async correct(old: Detail, text: string, mistaken: boolean, clientId: string): Promise<boolean> {
    return this.#act(async () => {
      const right = await doors.correct(old.id, text, mistaken, clientId);
      const kept = this.items.map((one) => (one.id === old.id ? right : one));
      this.items = this.question ? kept : [right, ...kept.filter((one) => one.id !== right.id)]; // it was said just now
      this.detail = right;
      this.editing = false;
      history.replaceState(null, "", `/memories/${right.id}/`);
      this.done = { words: gettext("Corrected. The old version is kept as history."), undo: () => this.uncorrect(right, old.id) };
      void this.#count();
    });
  }

  /** Take a correction back: what it stood in place of holds again. */
  async uncorrect(right: Item, old?: number): Promise<void> {
    await this.#act(async () => {
      await doors.uncorrect(right.id);
      this.done = { words: gettext("Taken back: it is as it was."), undo: null };
      if (old) await this.open(old);
      else this.close();
      await this.#look();
    });
  }

  async forget(item: Item, withRepeats: boolean): Promise<void> {
    await this.#act(async () => {
      const asked = await this.#forgotten(item.id, withRepeats);
      const place = this.items.findIndex((one) => one.id === item.id);
      this.close();
      this.#wait([asked, ...this.forgetting]);
      this.done = { words: gettext("Forgotten."), undo: () => this.undo(asked.id) };
      await this.#look(); // with it go the summaries that lean on it, until they are written anew
      await tick();
      this.#focus(place);
    });
  }

  /** Where the answer is lost, it is looked up whether it was done. Raises Refused. */
  async #forgotten(id: number, withRepeats: boolean): Promise<Forgetting> {
    try {
      return await doors.forget(id, withRepeats);
    } catch (lost) {
      const known = new Set(this.forgetting.map((one) => one.id));
      const asked = (await doors.forgetting()).find((one) => !known.has(one.id));
      if (!asked) throw lost;
      return asked;
    }
  }

  /** Take an erasure back while it can be. */
  async undo(erasure: number): Promise<void> {
    await this.#act(async () => {
      await doors.undo(erasure);
      this.#wait(this.forgetting.filter((one) => one.id !== erasure));
      this.done = { words: gettext("Taken back: nothing was forgotten."), undo: null };
      await this.#look();
    });
  }

  /** The address changed by going back or forward. */
  async follow(path: string): Promise<void> {
    const id = /^\/memories\/(\d+)\/$/.exec(path)?.[1];
    if (id) await this.open(Number(id), { remember: false });
    else this.close({ remember: false });
  }

  /** The counts anew, while what is listed stays where it is; where they can't be had, the next list brings them. */
  async #count(): Promise<void> {
    const asked = this.#asked;
    const count = async () => {
      const { counts } = await doors.list(this.wanted);
      if (asked === this.#asked) this.counts = counts;
    };
    await attempt(count, () => {});
  }

  #look(): Promise<void> {
    return this.#listing(async (isLatest) => {
      if (this.question) {
        const found = await doors.search(this.wanted, this.question);
        if (!isLatest()) return;
        [this.items, this.after, this.by, this.notice] = [found.items, null, found.by, found.notice];
      } else {
        const page = await doors.list(this.wanted);
        if (!isLatest()) return;
        [this.items, this.after, this.counts, this.notice] = [page.items, page.after, page.counts, ""];
      }
    });
  }

  async #listing(work: (isLatest: () => boolean) => Promise<void>): Promise<void> {
    const asked = ++this.#asked;
    this.busy = true;
    await this.#act(() => work(() => asked === this.#asked));
    if (asked === this.#asked) this.busy = false;
  }

  /** Whether it was done; what is refused is said. */
  #act(work: () => Promise<void>): Promise<boolean> {
    this.trouble = "";
    return attempt(work, (why) => (this.trouble = why));
  }

  #show(changed: Detail, place: number): void {
    const others = this.items.filter((one) => one.id !== changed.id);
    if (place >= 0) this.items = changed.listed || this.question ? others.toSpliced(place, 0, changed) : others;
    if (this.detail?.id === changed.id) this.detail = changed;
  }

  /** What can still be taken back; each is dropped at its time. */
  #wait(waiting: Forgetting[]): void {
    this.forgetting = waiting;
    for (const one of waiting) {
      const left = Date.parse(one.until) - Date.now() - this.#ahead;
      setTimeout(() => (this.forgetting = this.forgetting.filter((each) => each.id !== one.id)), Math.min(Math.max(left, 0), 2 ** 31 - 1));
    }
  }
}
