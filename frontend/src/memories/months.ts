/** Memories under the month in which they were told, on the person's clock. */
import { dated, dayOf } from "../chat/calendar";
import type { Item } from "./protocol";
import { pgettext } from "../shell/translation";

export interface Month {
  name: string; // "November 2026"
  key: string; // "2026-11"
  items: Item[];
}

function named(month: string): string {
  return dated(`${month}-15`, pgettext("date format", "F Y"));
}

/** Newest first, as the items come; each month once, wherever its items stand. */
export function byMonth(items: Item[], zone: string): Month[] {
  const months = new Map<string, Month>();
  for (const item of items) {
    const key = dayOf(new Date(item.said_at), zone).slice(0, 7);
    if (!months.has(key)) months.set(key, { key, name: named(key), items: [] });
    months.get(key)!.items.push(item);
  }
  return [...months.values()];
}

/** "21 July 2027", on the person's clock. */
export function dateOf(moment: string, zone: string): string {
  return dated(dayOf(new Date(moment), zone), pgettext("date format", "j F Y"));
}

/** "July 2027", on the person's clock. */
export function monthOf(moment: string, zone: string): string {
  return named(dayOf(new Date(moment), zone).slice(0, 7));
}
