/** The forgetting curve as an SVG path: R = e^(-t/S), t in days since the last recall, S in days (MemoryBank §2.3). */
import { ngettext } from "../shell/translation";
import type { Curve } from "./protocol";

const DAY = 86_400_000; // ms
const STEPS = 24; // points of one stretch
const AHEAD = 1.25; // the future reaches so much further than the day on which it fades
export const FADED = 0.2; // retention below which it is faded

export interface Point {
  at: number; // ms
  left: number; // retention, 0-1
}

export interface Drawn {
  from: number; // ms
  to: number;
  now: number;
  past: Point[][]; // one line for each stretch between recalls
  ahead: Point[];
  recalls: Point[]; // how much was left just before each
}

export function retention(days: number, strength: number): number {
  return Math.exp(-Math.max(days, 0) / strength);
}

function line(from: number, to: number, strength: number, start = from): Point[] {
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => from + ((to - from) * step) / STEPS);
  return steps.map((at) => ({ at, left: retention((at - start) / DAY, strength) }));
}

/** What is to be drawn; a memory that has faded long ago still shows some time to come. */
export function drawn(curve: Curve): Drawn {
  const now = Date.parse(curve.now);
  const starts = curve.stretches.map((stretch) => Math.min(Date.parse(stretch.at), now));
  const from = starts[0] ?? now;
  const last = starts.at(-1) ?? now;
  const strength = curve.stretches.at(-1)?.strength ?? 1;
  const faded = Date.parse(curve.faded_at);
  const to = Math.max(now + (faded - now) * AHEAD, now + (now - from) * 0.15, now + DAY);
  const past = curve.stretches.map((stretch, place) =>
    line(starts[place]!, starts[place + 1] ?? now, stretch.strength),
  );
  const recalls = past.slice(0, -1).map((each) => each.at(-1)!);
  return { from, to, now, past, ahead: line(now, to, strength, last), recalls };
}

/** A strength in words: few days to one decimal. */
export function days(strength: number): string {
  return ngettext("%(count)s day", "%(count)s days", strength < 10 ? Math.round(strength * 10) / 10 : Math.round(strength));
}

/** Where a moment stands, in 1000ths of the width. */
export function across({ from, to }: Pick<Drawn, "from" | "to">, at: number): number {
  return Math.round(((at - from) / (to - from)) * 1000);
}

/** Points as a path in a box of 1000 by 100; full retention is at its top. */
export function path(drawing: Pick<Drawn, "from" | "to">, points: Point[]): string {
  return points
    .map((point, place) => `${place ? "L" : "M"}${across(drawing, point.at)} ${(100 - 100 * point.left).toFixed(1)}`)
    .join("");
}

/** The same as an area down to the axis. */
export function area(drawing: Pick<Drawn, "from" | "to">, points: Point[]): string {
  if (!points.length) return "";
  const [first, last] = [across(drawing, points[0]!.at), across(drawing, points.at(-1)!.at)];
  return `M${first} 100${path(drawing, points).replace("M", "L")}L${last} 100Z`;
}
