/** The conversation on the page: what was said, what is being written, what still has to be sent. */
import type { Boot, Engine, Heading, Kept, Page, Refusal, SaidElsewhere, StreamFrame, Told, Welcome } from "../protocol";
import { Announcer } from "./announcer.svelte";
import { knownZone } from "./calendar";
import { Answer, keptSaid, openAnswers, renew, unsentSaid, weave, type Entry } from "./entries.svelte";
import { Line, type LineState } from "./line";
import { spoken } from "./markdown";
import { Outbox, type Unsent } from "./outbox";
import { advance, anew, begin, isOpen } from "./stream";
import { wellFormed } from "./words";

const BEAT = 1_000; // ms between two looks at what is due
const FOLLOW_AGAIN = 3_000; // ms
const BEHIND = "What was said meanwhile could not be read. Load the page again to see it.";

export class Chat {
  readonly boot: Boot;
  readonly zone: string;
  readonly announcer = new Announcer();
  readonly outbox: Outbox;

  line: LineState = $state("connecting");
  trouble = $state(""); // what the server cannot do just now, in its words
  engine: Engine = $state.raw({ connected: true, name: "", words: "" });
  headings: Heading[] = $state.raw([]);
  id: string | null = $state(null);
  title = $state("");
  more = $state(false);
  kept: Entry[] = $state.raw([]);
  unsent: Unsent[] = $state.raw([]);
  now = $state.raw(new Date());
  openReceipt: string | null = $state(null); // the key of the reply whose receipt lies open
  stopping: string | null = $state(null); // the reply that was asked to stop
  draft = $state("");
  /** All that stands in the log, oldest first. */
  entries: Entry[] = $derived([...this.kept, ...this.unsent.map(unsentSaid)]);
  /** The reply that is being waited for, if any. */
  open: Answer | undefined = $derived(
    this.kept.find((one): one is Answer => one.kind === "answer" && isOpen(one.shown)),
  );

  #line: Line;
  #place: string; // the conversation's id, or a name for the one that is to begin
  #ahead: number; // ms by which the server's clock is ahead of the browser's
  #welcomed = false;
  #wet = new Set<Answer>(); // taken in, not painted yet

  constructor(boot: Boot, storage: Storage) {
    this.boot = boot;
    this.zone = knownZone(boot.person.time_zone);
    this.engine = boot.engine;
    this.headings = boot.conversations;
    this.#ahead = boot.now ? Date.parse(boot.now) - Date.now() : 0;
    this.now = this.#clock();
    this.outbox = new Outbox(storage, boot.person.email, () => this.#showUnsent());
    if (boot.conversation) this.#show(boot.conversation);
    this.#showUnsent();
    this.draft = this.outbox.draft(this.id);
    this.#place = this.id ?? this.unsent[0]?.place ?? crypto.randomUUID();
    this.#line = new Line((told) => this.#hear(told), (state) => this.#turn(state));
    setInterval(() => this.#beat(), BEAT);
  }

  /** Put words on their way; they are kept in the browser until the server has them. */
  say(text: string): void {
    const clientId = crypto.randomUUID();
    const at = this.#clock().toISOString();
    this.outbox.add({ clientId, place: this.#place, conversation: this.id, text: wellFormed(text), at, refused: "" });
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
    if (!answer.reply) return;
    if (!this.#line.send({ type: "try_again", reply: answer.reply })) return this.#say("Offline. Try again later.");
    this.openReceipt = null;
    answer.become(anew(answer.live));
    this.#follow(answer);
  }

  /** Put the page of turns before the first one shown in front of it. */
  async loadEarlier(): Promise<void> {
    const first = this.kept.find((one) => one.id !== null);
    if (!first || !this.id) return;
    const page = await this.#read(`?before=${first.id}`);
    this.kept = [...weave(page.turns), ...this.kept];
    this.more = page.more;
  }

  #show(page: Page): void {
    this.id = page.id;
    this.title = page.title;
    this.more = page.more;
    this.kept = weave(page.turns);
  }

  #showUnsent(): void {
    this.unsent = this.outbox.at(this.id).map((entry) => ({ ...entry }));
  }

  #turn(state: LineState): void {
    if (state !== "online") this.trouble = "";
    if (state === "offline") this.#say("Offline");
    if (state === "online" && this.line === "offline") this.#say("Online again");
    this.line = state;
  }

  #hear(told: Told): void {
    switch (told.type) {
      case "welcome":
        return this.#welcome(told);
      case "kept":
        return this.#keep(told, this.outbox.settle(told.client_id, told.conversation));
      case "said":
        return this.#hearSaid(told);
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
    this.trouble = "";
    const here = told.open.filter((one) => one.conversation === this.id);
    const unknown = here.some((one) => !this.#answer(one.reply));
    if (this.#welcomed || unknown) this.#catchUp().catch(() => (this.trouble = BEHIND));
    else this.#followOpen();
    this.#welcomed = true;
    this.outbox.hurry();
    this.#pump();
  }

  /** After a while away: what was said in other tabs meanwhile, and how replies ended. */
  async #catchUp(): Promise<void> {
    this.#followOpen();
    if (!this.id) return;
    const page = await this.#read("");
    const { entries, joined } = renew(this.kept, page);
    this.kept = entries;
    if (!joined) this.more = page.more;
    this.#followOpen();
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
    this.title = kept.title;
    if (this.kept.some((one) => one.key === kept.client_id)) return;
    this.kept = [...this.kept, keptSaid(kept, text), new Answer(kept.reply, kept.reply, begin(kept.said_at))];
  }

  #list({ conversation: id, title, said_at: active_at }: Omit<Kept, "type">): void {
    this.headings = [{ id, title, active_at }, ...this.headings.filter((one) => one.id !== id)];
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

  #refused(refusal: Refusal): void {
    const { code, client_id, message, retry, reply } = refusal;
    if (client_id && !retry) {
      this.outbox.refuse(client_id, message);
      return this.#say(`Not sent. ${message}`);
    }
    if (client_id) this.outbox.delay(client_id, Date.now());
    this.trouble = message;
    this.#say(message);
    const answer = reply ? this.#answer(reply) : undefined;
    if (!answer || !isOpen(answer.live)) return;
    if (code === "not_found") answer.become({ ...answer.live, state: "broken", explanation: message });
    else setTimeout(() => this.#follow(answer), FOLLOW_AGAIN);
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
    const end = { whole: "", stopped: "Stopped.", broken: answer.live.explanation }[frame.state];
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

  async #read(query: string): Promise<Page> {
    const answer = await fetch(`/api/conversations/${this.id}/turns${query}`, { redirect: "error" });
    if (!answer.ok) throw new Error(`The turns could not be read: ${answer.status}`);
    return (await answer.json()) as Page;
  }

  /** Send what is due. While a reply is being written here, what follows waits for its end. */
  #pump(): void {
    if (this.line !== "online") return;
    const held = openAnswers(this.kept).length > 0;
    for (const entry of this.outbox.due(Date.now(), (place) => held && place === this.#place)) {
      const { clientId: client_id, conversation, text } = entry;
      if (this.#line.send({ type: "say", client_id, conversation, text })) this.outbox.sent(client_id, Date.now());
    }
  }

  #beat(): void {
    const now = this.#clock();
    if (now.getMinutes() !== this.now.getMinutes()) this.now = now;
    this.#pump();
  }

  #clock(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  #say(words: string): void {
    this.announcer.say(words);
  }
}

function phaseAloud(name: string, phase: string, recalled: number | null): string {
  if (phase === "remembering") return `${name} is remembering`;
  const things = recalled === 1 ? "1 thing" : `${recalled || "no"} things`;
  return phase === "thinking" ? `${name} remembers ${things} and is thinking` : `${name} remembers ${things}`;
}
