/** The conversation on the page: what was said, what is being written, what still has to be sent. */
import type {
  Asked,
  Boot,
  Deleted,
  Done,
  Engine,
  Forgotten,
  Heading,
  Headings,
  Kept,
  Notice,
  Page,
  Refusal,
  Renamed,
  Restored,
  SaidElsewhere,
  StreamFrame,
  Told,
  Welcome,
} from "../protocol";
import { Announcer } from "./announcer.svelte";
import { knownZone } from "./calendar";
import { goesWith, isForgotten } from "./deletion";
import { Answer, keptSaid, openAnswers, renew, unsentSaid, weave, type Entry, type Said } from "./entries.svelte";
import { following, lengthened, listed, renewed, type Listed } from "./headings";
import { Line, type LineState } from "./line";
import { spoken } from "./markdown";
import { Outbox, type Unsent } from "./outbox";
import { read } from "./read";
import { advance, anew, begin, ended, isOpen } from "./stream";
import { wellFormed } from "./words";
import { gettext, ngettext } from "../shell/translation";
import { naming } from "../shell/whose";

const BEAT = 1_000; // ms between two looks at what is due
const FOLLOW_AGAIN = 3_000; // ms
const BEHIND = gettext("What was said meanwhile could not be read. Load the page again to see it.");

export class Chat {
  readonly boot: Boot;
  readonly zone: string;
  readonly announcer = new Announcer();
  readonly outbox: Outbox;
  readonly whose: (companion: number | undefined) => string; // with whom, where that is to be told

  line: LineState = $state("connecting");
  trouble = $state(""); // what the server cannot do just now, in its words
  engine: Engine = $state.raw({ connected: true, name: "", words: "" });
  listed: Listed = $state.raw({ headings: [], reached: null, more: false });
  deleted: (Deleted | Forgotten)[] = $state.raw([]); // what can still be brought back
  id: string | null = $state(null);
  title = $state("");
  more = $state(false);
  offRecord = $state(false); // of the conversation that stands here, or is to begin
  asksToWipe = $state(false); // whether going back on the record waits for a yes
  behind: string | null = $state(null); // a conversation off the record that was left, and is not shown again unasked
  paused: string | null = $state(null); // since when nothing new is remembered
  kept: Entry[] = $state.raw([]);
  unsent: Unsent[] = $state.raw([]);
  now = $state.raw(new Date());
  openReceipt: string | null = $state(null); // the key of the reply whose receipt lies open
  stopping: string | null = $state(null); // the reply that was asked to stop
  draft = $state("");
  editing: Said | null = $state.raw(null); // what is being said otherwise
  /** All that stands in the log, oldest first. */
  entries: Entry[] = $derived([...this.kept, ...this.unsent.map(unsentSaid)]);
  /** The reply that is being waited for, if any. */
  open: Answer | undefined = $derived(
    this.kept.find((one): one is Answer => one.kind === "answer" && isOpen(one.shown)),
  );

  #line: Line;
  #place: string; // the conversation's id, or a name for the one that is to begin
  #ahead: number; // ms by which the server's clock is ahead of the browser's
  #asked: Asked[] = []; // before the line was there
  #welcomed = false;
  #left: { id: string; draft: string } | null = null; // what was here when it was deleted
  #putAside = ""; // the draft that lay here before something was said otherwise
  #hidden = new Set<number>(); // erasures that hid something here
  #wet = new Set<Answer>(); // taken in, not painted yet

  constructor(boot: Boot, storage: Storage) {
    this.boot = boot;
    this.zone = knownZone(boot.person.time_zone);
    this.engine = boot.engine;
    this.whose = naming(boot.companions);
    this.listed = listed(boot.listed);
    this.paused = boot.paused;
    this.#ahead = boot.now ? Date.parse(boot.now) - Date.now() : 0;
    this.now = this.#clock();
    this.outbox = new Outbox(storage, boot.person.email, () => this.#showUnsent());
    if (boot.conversation) this.#show(boot.conversation);
    this.#showUnsent();
    this.draft = this.outbox.draft(this.id);
    this.#place = this.id ?? this.unsent[0]?.place ?? crypto.randomUUID();
    if (!this.id) this.offRecord = this.unsent[0]?.offRecord ?? false;
    this.#line = new Line(boot.person.id, (told) => this.#hear(told), (state) => this.#turn(state));
    setInterval(() => this.#beat(), BEAT);
  }

  /** Put words on their way; they are kept in the browser until the server has them. */
  say(text: string): void {
    const clientId = crypto.randomUUID();
    const at = this.#clock().toISOString();
    this.outbox.add({
      clientId,
      place: this.#place,
      conversation: this.id,
      text: wellFormed(text),
      at,
      offRecord: this.offRecord,
      companion: this.boot.companion.id ?? null,
      insteadOf: this.editing?.id ?? null,
      refused: "",
    });
    if (this.editing) this.draft = this.#putAside;
    this.editing = null;
    this.#putAside = "";
    this.#pump();
  }

  /** Send what was refused once more. */
  sendAgain(unsent: Unsent): void {
    this.outbox.tryAgain(unsent.clientId);
    this.#pump();
  }

  /** Take what was refused back into the composer. */
  edit(unsent: Unsent): void {
    this.outbox.remove(unsent.clientId);
    this.draft = [unsent.text, this.draft].filter(Boolean).join("\n\n");
  }

  /** Stop what is being written; what is written stays. */
  stop(): void {
    this.stopping = this.open?.reply ?? null;
    this.#askToStop();
  }

  /** Have a broken or stopped reply written once more. */
  tryAgain(answer: Answer): void {
    if (!answer.reply || !this.#ask({ type: "try_again", reply: answer.reply })) return;
    this.openReceipt = null;
    answer.become(anew(answer.live));
    this.#follow(answer);
  }

  /** What can be said otherwise: the last of the person's own, once its reply is done. */
  get lastSaid(): Said | undefined {
    if (this.open || this.unsent.length) return undefined;
    return this.kept.findLast((one): one is Said => one.kind === "said");
  }

  /** Take what was said last into the composer; sending it puts it in its place. */
  sayOtherwise(said: Said): void {
    if (!this.editing) this.#putAside = this.draft;
    this.editing = said;
    this.draft = said.text;
  }

  stopEditing(): void {
    this.editing = null;
    this.draft = this.#putAside;
    this.#putAside = "";
  }

  /** Let this version of what was said last stand. */
  standSaid(turn: number): void {
    this.#ask({ type: "stand_said", turn });
  }

  /** Have a whole reply written once more; its versions are kept. */
  writeAnew(answer: Answer): void {
    if (answer.reply) this.#ask({ type: "write_anew", reply: answer.reply });
  }

  /** Let this version of a reply stand. */
  stand(answer: Answer, turn: number): void {
    if (answer.reply) this.#ask({ type: "stand", reply: answer.reply, turn });
  }

  /** Call a conversation so; it has its new name once the server has it. */
  rename(conversation: string, title: string): void {
    this.#ask({ type: "rename", conversation, title: wellFormed(title) });
  }

  /** Delete a conversation; it can be brought back for a while. */
  remove(conversation: string): void {
    this.#ask({ type: "delete", conversation });
  }

  restore(deleted: Deleted | Forgotten): void {
    this.#ask({ type: "restore", erasure: deleted.erasure });
  }

  /** Go off the record: it holds for a whole conversation, so from a begun one a new one is entered. */
  goOffRecord(): void {
    if (this.id || this.unsent.length) this.#begin(this.draft);
    this.offRecord = true;
    this.#say(gettext("Off the record. Nothing said here is kept."));
  }

  /** Go back on the record; what was said off it goes with that, so it is asked for first. */
  goOnRecord(): void {
    if (this.id) this.asksToWipe = true;
    else this.offRecord = false;
  }

  /** Wipe what was said off the record: here, or in the conversation that was left. */
  wipe(): void {
    this.asksToWipe = false;
    const conversation = this.behind ?? this.id;
    if (conversation) this.#ask({ type: "end", conversation });
  }

  /** Whoever comes back to a conversation off the record by the browser's button does not find its words open. */
  leaveBehind(): void {
    const left = this.id;
    if (!left || !this.offRecord) return;
    this.#begin("");
    this.behind = left;
  }

  /** Take back a wish to remember. */
  letFade(notice: Notice): void {
    this.#ask({ type: "undo", request: notice.request });
  }

  /** Of what was found on a topic, forget these turns. */
  forget(notice: Notice, turns: number[]): void {
    this.#ask({ type: "forget", request: notice.request, turns });
  }

  /** What became of a request in plain words, once its reply is done. */
  noticeOf(reply: string | null): Notice | null {
    return (reply && this.#answer(reply)?.shown.notice) || null;
  }

  pause(paused: boolean): void {
    this.#ask({ type: "pause", paused });
  }

  /** While the line is being made, what is asked waits for it. False where there is none: it is told and not asked. */
  #ask(asked: Asked): boolean {
    const waits = this.line === "connecting";
    if (waits) this.#asked.push(asked);
    else if (!this.#line.send(asked)) {
      this.#say(gettext("Offline. Try again later."));
      return false;
    }
    return true;
  }

  /** Ask what waited for the line; where it was not to be had, say so. */
  #askHeld(state: LineState): void {
    if (state === "connecting" || !this.#asked.length) return;
    const gone = this.#asked.splice(0).filter((asked) => !this.#line.send(asked));
    if (gone.length) this.#say(gettext("Offline. Try again later."));
  }

  /** Put the turns before the first one shown in front of it: a page of them, or as many as lead to a turn. */
  async loadEarlier(downTo = ""): Promise<void> {
    const first = this.kept.find((one) => one.id !== null);
    if (!first || !this.id) return;
    const here = this.id;
    const page = await this.#read(`?before=${first.id}&down_to=${downTo}`);
    if (this.id !== here) return;
    this.kept = [...weave(page.turns), ...this.kept];
    this.more = page.more;
  }

  /** Put earlier conversations at the end of the list; false where they could not be read. */
  async listEarlier(): Promise<boolean> {
    try {
      this.listed = lengthened(this.listed, await following(this.listed));
    } catch (error) {
      console.warn("earlier conversations could not be read", error);
      return false;
    }
    return true;
  }

  get headings(): Heading[] {
    return this.listed.headings;
  }

  set headings(headings: Heading[]) {
    this.listed = { ...this.listed, headings };
  }

  #show(page: Omit<Page, "id" | "companion"> & { id: string | null }): void {
    this.id = page.id;
    this.title = page.title;
    this.more = page.more;
    this.offRecord = page.off_record;
    this.kept = weave(page.turns);
  }

  #showUnsent(): void {
    this.unsent = this.outbox.at(this.id).map((entry) => ({ ...entry }));
  }

  #turn(state: LineState): void {
    if (state !== "online") this.trouble = "";
    if (state === "offline") this.#say(gettext("Offline"));
    if (state === "online" && this.line === "offline") this.#say(gettext("Online again"));
    this.line = state;
    this.#askHeld(state);
  }

  #hear(told: Told): void {
    switch (told.type) {
      case "welcome":
        return this.#welcome(told);
      case "kept":
        return this.#keep(told, this.outbox.settle(told.client_id, told.conversation));
      case "said":
        return this.#hearSaid(told);
      case "renamed":
        return this.#renamed(told);
      case "deleted":
        return this.#hearDeleted(told);
      case "restored":
        return this.#restored(told);
      case "changed":
        if (told.conversation === this.id) this.#readAgain().catch(() => (this.trouble = BEHIND));
        return;
      case "begun_anew":
        return this.#begunAnew(told.reply);
      case "stood":
        return this.#stood(told.done);
      case "forgotten":
        return this.#hearForgotten(told);
      case "unforgotten":
        return this.#unforgotten(told.erasure);
      case "noticed":
        return this.#noticed(told.reply, told.notice);
      case "ended":
        return this.#ended(told.conversation);
      case "paused":
        return this.#hearPaused(told.since);
      case "error":
        return this.#refused(told);
      case "pong":
        return;
      default:
        return this.#grow(told);
    }
  }

  #welcome(told: Welcome): void {
    this.engine = told.engine;
    this.paused = told.paused;
    for (const one of told.deleted) this.#gone(one);
    for (const one of told.forgotten) this.#hide(one);
    this.trouble = "";
    const here = told.open.filter((one) => one.conversation === this.id);
    const unknown = here.some((one) => !this.#answer(one.reply));
    const since = (moment: string | null | undefined) => Date.parse(moment ?? "1970-01-01");
    const isBehind = unknown || since(told.active_at) > since(this.headings[0]?.active_at); // said after the page was made
    if (this.#welcomed || isBehind) this.#catchUp().catch(() => (this.trouble = BEHIND));
    else this.#followOpen();
    this.#welcomed = true;
    this.outbox.hurry();
    this.#pump();
  }

  /** After a while away: what was said in other tabs meanwhile, and how replies ended. */
  async #catchUp(): Promise<void> {
    this.#followOpen();
    const page = await this.#callAgain();
    if (page === null) return;
    const { entries, joined } = renew(this.kept, page);
    this.kept = entries;
    if (!joined) this.more = page.more;
    this.#followOpen();
  }

  /** What conversations are called by now; and the page of the one here, if it is still here. */
  async #callAgain(): Promise<Page | null> {
    this.listed = renewed(this.listed, await read<Headings>("/api/conversations"));
    const here = this.id;
    if (!here) return null;
    const page = await this.#read("");
    if (this.id !== here) return null;
    this.title = page.title;
    return page;
  }

  #followOpen(): void {
    for (const answer of openAnswers(this.kept)) this.#follow(answer);
  }

  #follow(answer: Answer): void {
    if (answer.reply) this.#line.send({ type: "follow", reply: answer.reply, last_seq: answer.live.seq });
    if (answer.reply === this.stopping) this.#askToStop();
  }

  #askToStop(): void {
    if (this.stopping) this.#line.send({ type: "stop", reply: this.stopping });
  }

  #keep(kept: Omit<Kept, "type">, was: Unsent | undefined): void {
    this.trouble = "";
    this.#list(kept);
    if (was?.place === this.#place) this.#settleHere(kept);
    if (kept.conversation === this.id && was) this.#enter(kept, was.text);
    this.#showUnsent();
    this.#pump();
  }

  /** The first words were kept: the page now is that conversation's. */
  #settleHere(kept: Omit<Kept, "type">): void {
    if (this.id) return;
    this.outbox.setDraft(null, "");
    this.id = this.#place = kept.conversation;
    history.replaceState(null, "", `/c/${kept.conversation}/`);
  }

  #enter(kept: Omit<Kept, "type">, text: string): void {
    if (!this.title || kept.instead_of !== null) this.title = kept.title;
    if (this.kept.some((one) => one.key === kept.client_id)) return;
    const versions = this.#replace(kept);
    this.kept = [...this.kept, keptSaid(kept, text, versions), new Answer(kept.reply, kept.reply, begin(kept.said_at))];
  }

  /** What was said otherwise is set aside with all that followed it; the versions there are now. */
  #replace({ instead_of, turn }: Omit<Kept, "type">): number[] {
    const at = this.kept.findIndex((one) => one.kind === "said" && one.id === instead_of);
    const before = this.kept[at];
    if (instead_of === null || before?.kind !== "said") return [];
    this.kept = this.kept.slice(0, at);
    return [...(before.versions.length ? before.versions : [instead_of]), turn];
  }

  #list({ conversation: id, title, companion, said_at: active_at, off_record, instead_of }: Omit<Kept, "type">): void {
    if (off_record) return;
    const listed = this.headings.find((one) => one.id === id);
    if (listed && instead_of === null) title = listed.title; // as it is called while words of it are about to go
    this.headings = [{ id, title, companion, active_at }, ...this.headings.filter((one) => one.id !== id)];
  }

  /** Said in another tab, or here and heard of there first. */
  #hearSaid(said: SaidElsewhere): void {
    const was = this.outbox.settle(said.client_id, said.conversation);
    if (was) this.#keep(said, was);
    else {
      this.#list(said);
      if (said.conversation === this.id) this.#enter(said, said.text);
    }
    const answer = this.#answer(said.reply);
    if (answer) this.#follow(answer);
  }

  #renamed({ conversation, title }: Renamed): void {
    this.headings = this.headings.map((one) => (one.id === conversation ? { ...one, title } : one));
    if (conversation === this.id) this.title = title;
    this.#say(gettext("Renamed: %(title)s", { title }));
  }

  #hearDeleted(deleted: Deleted): void {
    this.#gone(deleted);
    this.#say(`${goesWith(deleted)} ${gettext("Undo available.")}`);
  }

  #gone(deleted: Deleted): void {
    this.deleted = [deleted, ...this.deleted.filter((one) => one.erasure !== deleted.erasure)];
    this.headings = this.headings.filter((one) => one.id !== deleted.conversation);
    if (this.id === deleted.conversation) this.#leave();
  }

  /** What stands at the end is another branch: the page is read as it is now. */
  async #readAgain(): Promise<void> {
    const here = this.id;
    const page = await this.#read("");
    if (this.id !== here) return;
    this.openReceipt = null;
    this.kept = weave(page.turns);
    this.more = page.more;
    this.#followOpen();
    this.#say(gettext("Another version stands"));
  }

  #begunAnew(reply: string): void {
    const answer = this.#answer(reply);
    if (!answer) return;
    this.openReceipt = null;
    answer.become(anew(answer.live));
    this.kept = [...this.kept];
    this.#follow(answer);
  }

  #stood(done: Done): void {
    const answer = this.#answer(done.reply);
    if (!answer || isOpen(answer.live)) return;
    answer.become(ended(answer.live, done));
    const at = done.versions.indexOf(done.turn!) + 1;
    this.#say(gettext("Version %(at)s of %(of)s: %(text)s", { at, of: done.versions.length, text: spoken(done.text) }));
  }

  #hearForgotten(forgotten: Forgotten): void {
    const stoodHere = this.#hide(forgotten);
    // What it is called, and receipts, may have held the words.
    if (!actsInReceipt()) this.#catchUp().catch(() => (this.trouble = BEHIND));
    else if (stoodHere) this.#callAgain().catch(() => (this.trouble = BEHIND));
    this.#say(`${isForgotten(forgotten)} ${gettext("Undo available.")}`);
  }

  /** Whether anything of it stood here. */
  #hide(forgotten: Forgotten): boolean {
    this.deleted = [forgotten, ...this.deleted.filter((one) => one.erasure !== forgotten.erasure)];
    const gone = new Set(forgotten.turns);
    const left = this.kept.filter((one) => one.id === null || !gone.has(one.id));
    const isHere = left.length < this.kept.length;
    if (isHere) this.#hidden.add(forgotten.erasure);
    this.kept = left;
    return isHere;
  }

  #unforgotten(erasure: number): void {
    this.deleted = this.deleted.filter((one) => one.erasure !== erasure);
    this.#say(gettext("It is remembered again"));
    if (this.#hidden.delete(erasure) || !actsInReceipt()) this.#catchUp().catch(() => (this.trouble = BEHIND));
  }

  #noticed(reply: string, notice: Notice): void {
    const answer = this.#answer(reply);
    answer?.become({ ...answer.live, notice });
    if (notice.state === "withdrawn") this.#say(gettext("Undone: it may fade as anything else."));
  }

  #ended(conversation: string): void {
    if (conversation === this.behind) {
      this.behind = null;
      return this.#say(gettext("What was said off the record is gone."));
    }
    if (conversation !== this.id) return;
    this.#begin(this.draft);
    this.#say(gettext("On the record again. What was said off it is gone."));
  }

  #hearPaused(since: string | null): void {
    this.paused = since;
    this.#say(since ? gettext("Memory is paused: nothing new is remembered.") : gettext("Memory goes on."));
  }

  /** What stood here is deleted: the page begins a new conversation. */
  #leave(): void {
    if (this.id) this.#left = { id: this.id, draft: this.editing ? this.#putAside : this.draft };
    this.#begin(this.outbox.draft(null));
  }

  #begin(draft: string): void {
    this.editing = null;
    this.asksToWipe = false;
    if (this.id) this.outbox.setDraft(this.id, "");
    this.#show({ id: null, title: "", off_record: false, turns: [], more: false });
    this.#place = crypto.randomUUID();
    this.openReceipt = this.stopping = null;
    this.draft = draft;
    this.#showUnsent();
    history.replaceState(null, "", "/");
  }

  #restored({ conversation: id, title, companion, active_at, erasure }: Restored): void {
    this.deleted = this.deleted.filter((one) => one.erasure !== erasure);
    this.headings = [{ id, title, companion, active_at }, ...this.headings.filter((one) => one.id !== id)];
    this.#say(gettext("%(title)s is back", { title }));
    if (this.#left?.id !== id) return;
    this.outbox.setDraft(id, this.#left.draft);
    if (!this.id && !this.draft) location.assign(`/c/${id}/`);
  }

  #refused(refusal: Refusal): void {
    const { code, client_id, message, retry, reply } = refusal;
    if (client_id && !retry) {
      this.outbox.refuse(client_id, message);
      if (code === "not_found") this.#uproot(client_id);
      return this.#say(gettext("Not sent. %(why)s", { why: message }));
    }
    if (client_id) this.outbox.delay(client_id, Date.now());
    this.trouble = message;
    this.#say(message);
    const answer = reply ? this.#answer(reply) : undefined;
    if (!answer || !isOpen(answer.live)) return;
    if (code === "not_found") answer.become({ ...answer.live, state: "broken", explanation: message });
    else setTimeout(() => this.#follow(answer), FOLLOW_AGAIN);
  }

  /** Words for a conversation that is gone would be seen nowhere. */
  #uproot(clientId: string): void {
    const entry = this.outbox.entries.find((one) => one.clientId === clientId);
    const isElsewhere = entry?.conversation && entry.conversation !== this.id;
    if (isElsewhere && !entry.insteadOf) this.outbox.uproot(clientId, this.id ? crypto.randomUUID() : this.#place);
  }

  #grow(frame: StreamFrame): void {
    const answer = this.#answer(frame.reply);
    if (!answer) return;
    const before = answer.live;
    answer.live = advance(before, frame);
    if (answer.live === before) return;
    this.#paintSoon(answer);
    this.#tell(answer, frame);
  }

  #tell(answer: Answer, frame: StreamFrame): void {
    const name = this.boot.companion.name;
    if (frame.type === "phase") this.announcer.phase(phaseAloud(name, frame.phase, frame.recalled));
    if (frame.type !== "done") return;
    const end = { whole: "", stopped: gettext("Stopped."), broken: answer.live.explanation }[frame.state];
    this.#say(`${name}: ${spoken(answer.live.text)} ${end}`.trim());
    this.trouble = "";
    if (this.stopping === frame.reply) this.stopping = null;
    this.#pump();
  }

  /** At most one paint a frame; a hidden tab has no frames, so it paints now and then. */
  #paintSoon(answer: Answer): void {
    const due = this.#wet.size > 0;
    this.#wet.add(answer);
    if (due) return;
    const paint = () => {
      for (const wet of this.#wet) wet.paint();
      this.#wet.clear();
      this.#pump();
    };
    if (document.hidden) setTimeout(paint, 200);
    else requestAnimationFrame(paint);
  }

  #answer(reply: string): Answer | undefined {
    return this.kept.find((one): one is Answer => one.kind === "answer" && one.reply === reply);
  }

  #read(query: string): Promise<Page> {
    return read<Page>(`/api/conversations/${this.id}/turns${query}`);
  }

  /** Send what is due. While a reply is being written here, what follows waits for its end. */
  #pump(): void {
    if (this.line !== "online") return;
    const held = openAnswers(this.kept).length > 0;
    for (const entry of this.outbox.due(Date.now(), (place) => held && place === this.#place)) {
      const { clientId: client_id, conversation, text, companion = null } = entry;
      const { offRecord: off_record = false, insteadOf: instead_of = null } = entry;
      const said = { type: "say", client_id, conversation, text, off_record, companion, instead_of } as const;
      if (this.#line.send(said)) this.outbox.sent(client_id, Date.now());
    }
  }

  #beat(): void {
    const now = this.#clock();
    if (now.getMinutes() !== this.now.getMinutes()) this.now = now;
    if (this.deleted.some((one) => Date.parse(one.until) <= now.getTime())) {
      this.deleted = this.deleted.filter((one) => Date.parse(one.until) > now.getTime());
    }
    this.#pump();
  }

  #clock(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  #say(words: string): void {
    this.announcer.say(words);
  }
}

/** Whoever acts in a receipt keeps their place in it: reading the page anew would draw another. */
function actsInReceipt(): boolean {
  return document.activeElement?.closest(".receipt") != null;
}

function phaseAloud(name: string, phase: string, recalled: number | null): string {
  if (phase === "remembering") return gettext("%(name)s is remembering", { name });
  const things = recalled ? ngettext("%(count)s thing", "%(count)s things", recalled) : gettext("no things");
  return phase === "thinking"
    ? gettext("%(name)s remembers %(things)s and is thinking", { name, things })
    : gettext("%(name)s remembers %(things)s", { name, things });
}
