/** The chart of moods: where its points lie, and what it says in words. */
import { dated, dateInWords } from "../chat/calendar";
import { moodInWords } from "../shell/moods";
import { ngettext, pgettext } from "../shell/translation";
import type { DayMood, Moods } from "./protocol";

const DAY = 86_400_000; // ms

export interface Point {
  x: number; // 0 to 1000, from the first day to the last
  y: number; // 0 (bright) to 100 (low)
}

function at(day: string): number {
  return Date.parse(`${day}T12:00:00Z`) / DAY;
}

/** Each day as a point. */
export function points({ since, until, days }: Moods): Point[] {
  const span = Math.max(at(until) - at(since), 1);
  return days.map(({ day, valence }) => ({ x: Math.round(((at(day) - at(since)) / span) * 1000), y: 50 - 50 * valence }));
}

/** A calm line through many points: each the mean of those near it, the nearer the more. None through fewer than four. */
export function calmed(dots: Point[], reach = 60): Point[] {
  if (dots.length < 4) return [];
  return dots.map(({ x }) => {
    const weights = dots.map((dot) => Math.exp(-(((dot.x - x) / reach) ** 2)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { x, y: dots.reduce((sum, dot, place) => sum + dot.y * weights[place]!, 0) / total };
  });
}

export function path(line: Point[]): string {
  return line.map(({ x, y }, place) => `${place ? "L" : "M"}${x} ${y.toFixed(1)}`).join("");
}

/** Four days to write below, with where they stand; years where the chart spans more than one. */
export function ticks({ since, until }: Moods): { x: number; name: string }[] {
  const first = at(since);
  const span = at(until) - first;
  const format = span > 400 ? pgettext("date format", "M Y") : pgettext("date format", "j M");
  return [0, 1, 2, 3].map((quarter) => {
    const day = new Date(Math.floor(first + (span * quarter) / 4) * DAY);
    return { x: quarter * 250, name: dated(day.toISOString().slice(0, 10), format) };
  });
}

/** All that the chart shows, in words. */
export function caption({ days, until }: Moods): string {
  if (!days.length) return "";
  const mean = days.reduce((sum, { valence }) => sum + valence, 0) / days.length;
  const mood = moodInWords(mean);
  const [lowest, brightest] = [extreme(days, -1), extreme(days, 1)];
  if (lowest.valence === brightest.valence) {
    return ngettext(
      "You told how you felt on %(count)s day: %(mood)s on the whole.",
      "You told how you felt on %(count)s days: %(mood)s on the whole.",
      days.length,
      { mood },
    );
  }
  return ngettext(
    "You told how you felt on %(count)s day: %(mood)s on the whole, brightest on %(brightest)s, lowest on %(lowest)s.",
    "You told how you felt on %(count)s days: %(mood)s on the whole, brightest on %(brightest)s, lowest on %(lowest)s.",
    days.length,
    { mood, brightest: dateInWords(brightest.day, until), lowest: dateInWords(lowest.day, until) },
  );
}

/** The latest of the brightest (1) or lowest (-1) days. */
function extreme(days: DayMood[], sign: 1 | -1): DayMood {
  return days.reduce((best, one) => (sign * one.valence >= sign * best.valence ? one : best));
}
