/** What the server is still reading of what was said: as companion/memories/progress.py has it. */
import { gettext, locale, ngettext } from "./translation";

export interface Reading {
  files_left: number; // that are being kept, or wait for it
  lines_left: number; // of those that are begun
  lines: number;
  sessions_left: number;
  sessions: number;
  days_left: number;
  days: number;
  acquaintance_left: boolean; // the summary of all
  portrait_left: boolean; // a portrait that is kept
  held_up: boolean; // the language model does not answer
}

export interface Stage {
  words: string;
  read: number;
  total: number;
}

/** What is being done first of all; the next begins when it is through. */
export function stage(reading: Reading): Stage {
  const { files_left, lines, lines_left, sessions, sessions_left, days, days_left } = reading;
  if (lines_left) {
    const words = ngettext("Your file is being taken in: %(read)s of %(count)s line.", "Your file is being taken in: %(read)s of %(count)s lines.", lines, { read: told(lines - lines_left) });
    return { words, read: lines - lines_left, total: lines };
  }
  if (files_left) return { words: gettext("Your file is being taken in."), read: 0, total: 0 };
  if (sessions_left) {
    const words = ngettext("Rosemary is still reading: %(read)s of %(count)s conversation is read.", "Rosemary is still reading: %(read)s of %(count)s conversations are read.", sessions, { read: told(sessions - sessions_left) });
    return { words, read: sessions - sessions_left, total: sessions };
  }
  if (days_left) {
    const words = ngettext("Rosemary is summing up your days: %(read)s of %(count)s is done.", "Rosemary is summing up your days: %(read)s of %(count)s are done.", days, { read: told(days - days_left) });
    return { words, read: days - days_left, total: days };
  }
  if (reading.acquaintance_left) return { words: gettext("Rosemary is summing up all that you talked about."), read: 0, total: 0 };
  return { words: gettext("Rosemary is drawing your portrait anew, from all that is read."), read: 0, total: 0 };
}

const told = (count: number) => count.toLocaleString(locale);
