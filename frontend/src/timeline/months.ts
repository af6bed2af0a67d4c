/** Days under their months, and months under their years. */
import { dated } from "../chat/calendar";
import { pgettext } from "../shell/translation";
import type { Day, MonthCount } from "./protocol";

/** "November 2026". */
export function monthInWords(month: string): string {
  return dated(`${month}-15`, pgettext("date format", "F Y"));
}

/** "Nov". */
export function shortMonth(month: string): string {
  return dated(`${month}-15`, pgettext("date format", "M"));
}

/** The last day of a month. */
export function endOf(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

export interface Month {
  month: string;
  days: Day[];
}

/** Latest first, as the days come. */
export function byMonth(days: Day[]): Month[] {
  const months: Month[] = [];
  for (const day of days) {
    const month = day.day.slice(0, 7);
    if (months.at(-1)?.month !== month) months.push({ month, days: [] });
    months.at(-1)!.days.push(day);
  }
  return months;
}

/** Latest first. */
export function byYear(months: MonthCount[]): { year: string; months: MonthCount[] }[] {
  const years: { year: string; months: MonthCount[] }[] = [];
  for (const one of months) {
    const year = one.month.slice(0, 4);
    if (years.at(-1)?.year !== year) years.push({ year, months: [] });
    years.at(-1)!.months.push(one);
  }
  return years;
}
