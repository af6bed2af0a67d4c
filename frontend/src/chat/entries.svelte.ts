/** What stands in the log: what a person said, and the companion's replies, which grow. */
import type { Kept, Page, Turn } from "../protocol";
import { anew, begin, fromTurn, isOpen, type Stream } from "./stream";
import type { Unsent } from "./outbox";

export interface Said {
  kind: "said";
  key: string; // the same before and after the server has it, so that nothing jumps
  id: number | null;
  text: string;
  saidAt: string;
  reply: string | null; // to it
  versions: number[]; // turns, where it was said otherwise
}

export class Answer {
  readonly kind = "answer";
  /** What was taken in, at once. */
  live: Stream;
  /** What is shown: painted at most once a frame. */
  shown: Stream = $state.raw(begin(""));

  constructor(
    readonly key: string,
    readonly reply: string | null, // null for a reply whose question is not on the page
    stream: Stream,
  ) {
    this.live = this.shown = stream;
  }

  get id(): number | null {
    return this.live.turn;
  }

  paint(): void {
    this.shown = this.live;
  }

  become(stream: Stream): void {
    this.live = this.shown = stream;
  }
}

export type Entry = Said | Answer;

export function saidByPerson(turn: Turn): Said {
  return { kind: "said", key: turn.client_id ?? `t${turn.id}`, id: turn.id, text: turn.text, saidAt: turn.said_at, reply: turn.reply?.id ?? null, versions: turn.versions };
}

export function keptSaid(kept: Omit<Kept, "type">, text: string, versions: number[] = []): Said {
  return { kind: "said", key: kept.client_id, id: kept.turn, text, saidAt: kept.said_at, reply: kept.reply, versions };
}

export function unsentSaid(unsent: Unsent): Said {
  return { kind: "said", key: unsent.clientId, id: null, text: unsent.text, saidAt: unsent.at, reply: null, versions: [] };
}

/** A page of turns as entries: each reply knows its question; one that wrote nothing yet stands under it. */
export function weave(turns: Turn[], known: Map<string, Answer> = new Map()): Entry[] {
  const entries: Entry[] = [];
  const asked: Turn[] = [];
  for (const turn of turns) {
    if (turn.speaker === "companion") {
      const at = asked.findIndex((one) => one.reply!.state === (turn.state ?? "whole"));
      entries.push(written(turn, at < 0 ? null : asked.splice(at, 1)[0]!.reply, known));
      continue;
    }
    entries.push(saidByPerson(turn));
    if (turn.reply?.answered) asked.push(turn);
    else if (turn.reply) entries.push(unwritten(turn, turn.reply, known));
  }
  return entries;
}

function written(turn: Turn, asked: Turn["reply"], known: Map<string, Answer>): Answer {
  const key = asked?.id ?? `t${turn.id}`;
  const answer = known.get(key);
  const stream = fromTurn(turn, asked, answer?.live.seq ?? 0);
  if (!answer) return new Answer(key, asked?.id ?? null, stream);
  answer.become(stream);
  return answer;
}

function unwritten(turn: Turn, reply: NonNullable<Turn["reply"]>, known: Map<string, Answer>): Answer {
  const answer = known.get(reply.id);
  if (answer) {
    const reopened = isOpen(reply) && !isOpen(answer.live);
    if (reopened) answer.become(anew(answer.live)); // another tab asked for it again
    return answer; // else its stream knows better
  }
  const { state, explanation, can_retry: canRetry } = reply;
  return new Answer(reply.id, reply.id, { ...begin(turn.said_at), state, explanation, canRetry });
}

/** What is shown after the latest page was read once more.
 *
 * Earlier pages stay if they still join; so does what was said while the page was on its way.
 */
export function renew(entries: Entry[], page: Page): { entries: Entry[]; joined: boolean } {
  const known = new Map(entries.flatMap((one) => (one.kind === "answer" ? [[one.key, one]] : [])));
  const fresh = weave(page.turns, known);
  const keys = new Set(fresh.map((one) => one.key));
  const first = entries.findIndex((one) => keys.has(one.key));
  const end = page.turns.at(-1)?.id ?? 0;
  const since = entries.findIndex((one) => one.kind === "said" && one.id! > end);
  const later = since < 0 ? [] : entries.slice(since).filter((one) => !keys.has(one.key));
  return { entries: [...entries.slice(0, Math.max(first, 0)), ...fresh, ...later], joined: first >= 0 };
}

export function openAnswers(entries: Entry[]): Answer[] {
  return entries.filter((one): one is Answer => one.kind === "answer" && isOpen(one.live));
}
