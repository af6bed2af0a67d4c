/** Days and hours as the person's own clock shows them. Days are "2026-11-05". */
import { gettext, locale, ngettext, pgettext } from "../shell/translation";

const parts = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let known = parts.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    parts.set(zone, known);
  }
  return known;
}

function read(moment: Date, zone: string): Record<string, string> {
  return Object.fromEntries(format(zone).formatToParts(moment).map((part) => [part.type, part.value]));
}

/** The zone if this browser knows it, else the browser's own. */
export function knownZone(zone: string): string {
  try {
    format(zone);
    return zone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

export function dayOf(moment: Date, zone: string): string {
  const { year, month, day } = read(moment, zone);
  return `${year}-${month}-${day}`;
}

/** "9:05", on 24 hours; "9:05:30" where seconds matter. */
export function hourOf(moment: Date, zone: string, seconds = false): string {
  const { hour, minute } = read(moment, zone);
  const second = String(moment.getUTCSeconds()).padStart(2, "0"); // the same in every zone of today
  return `${Number(hour)}:${minute}${seconds ? `:${second}` : ""}`;
}

export function partOfDay(moment: Date, zone: string): "morning" | "afternoon" | "evening" {
  const hour = Number(read(moment, zone).hour);
  if (hour >= 4 && hour < 12) return "morning";
  return hour >= 12 && hour < 18 ? "afternoon" : "evening";
}

/** Days are counted at noon UTC: no change of clocks can make one shorter. */
function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

function part(day: string, options: Intl.DateTimeFormatOptions): string {
  return noon(day).toLocaleDateString(locale, { ...options, timeZone: "UTC" });
}

/** What the letters of a format stand for, as in Django's date formats. */
const LETTERS: Record<string, (day: string) => string> = {
  l: (day) => part(day, { weekday: "long" }),
  j: (day) => String(Number(day.slice(8))),
  F: (day) => part(day, { month: "long" }),
  M: (day) => part(day, { month: "short" }),
  n: (day) => String(Number(day.slice(5, 7))),
  Y: (day) => day.slice(0, 4),
};

/** A day by a format, which is translated like any other words: "l j F" is "Thursday 5 November". */
export function dated(day: string, format: string): string {
  return format.replace(/[ljFMnY]/g, (letter) => LETTERS[letter]!(day));
}

function isSameYear(day: string, today: string): boolean {
  return day.slice(0, 4) === today.slice(0, 4);
}

/** "Thursday 5 November", with the year where it is another. */
export function dateInWords(day: string, today: string): string {
  return dated(day, isSameYear(day, today) ? pgettext("date format", "l j F") : pgettext("date format", "l j F Y"));
}

/** "half an hour", "an hour", "90 minutes". */
export function minutesInWords(minutes: number): string {
  const words: Record<number, string> = { 1: gettext("a minute"), 30: gettext("half an hour"), 60: gettext("an hour") };
  if (words[minutes]) return words[minutes];
  return minutes % 60
    ? ngettext("%(count)s minute", "%(count)s minutes", minutes)
    : ngettext("%(count)s hour", "%(count)s hours", minutes / 60);
}

/** The heading a conversation stands under: Today, Yesterday, a date of this week, else a month. */
export function shelfOf(day: string, today: string): string {
  const ago = Math.round((noon(today).getTime() - noon(day).getTime()) / 86_400_000);
  if (ago <= 0) return gettext("Today");
  if (ago === 1) return gettext("Yesterday");
  if (ago < 7) return dateInWords(day, today);
  return dated(day, isSameYear(day, today) ? pgettext("date format", "F") : pgettext("date format", "F Y"));
}

export interface Shelf<T> {
  name: string;
  items: T[];
}

/** Conversations newest first, under their headings. */
export function byShelf<T extends { active_at: string }>(items: T[], now: Date, zone: string): Shelf<T>[] {
  const shelves: Shelf<T>[] = [];
  const today = dayOf(now, zone);
  for (const item of [...items].sort((a, b) => Date.parse(b.active_at) - Date.parse(a.active_at))) {
    const name = shelfOf(dayOf(new Date(item.active_at), zone), today);
    if (shelves.at(-1)?.name !== name) shelves.push({ name, items: [] });
    shelves.at(-1)!.items.push(item);
  }
  return shelves;
}
