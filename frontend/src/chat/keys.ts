/** Which keys do what. */
import { gettext } from "../shell/translation";

export interface KeyLine {
  keys: string[];
  does: string;
}

export interface KeyLines {
  single: KeyLine[]; // letters that act only outside fields
  others: KeyLine[];
}

/** What the sheet says on every page, and on some of them besides. */
export const ON_EVERY_PAGE: KeyLines = {
  single: [{ keys: ["?"], does: gettext("This list") }],
  others: [{ keys: ["Ctrl K"], does: gettext("Go to a conversation, or do something") }],
};
export const IN_CONVERSATION: KeyLines = {
  single: [
    { keys: ["/"], does: gettext("Search all that was said") },
    { keys: ["n"], does: gettext("New conversation") },
    { keys: ["j", "k"], does: gettext("Next turn, previous turn") },
    { keys: ["r"], does: gettext("Open or close the receipt of a turn") },
  ],
  others: [
    { keys: ["Esc"], does: gettext("Stop writing, else close the receipt") },
    { keys: ["↑"], does: gettext("With nothing written: say otherwise what you said last") },
    { keys: ["Enter"], does: gettext("Send") },
    { keys: ["Shift Enter"], does: gettext("A new line") },
  ],
};
export const IN_PLACES: Record<string, KeyLines> = {
  memories: {
    single: [
      { keys: ["/"], does: gettext("Search memories by words, meaning or date") },
      { keys: ["j", "k"], does: gettext("Next memory, previous memory") },
      { keys: ["p"], does: gettext("Pin it, or let it go") },
      { keys: ["e"], does: gettext("Correct it") },
    ],
    others: [
      { keys: ["Del"], does: gettext("Forget it") },
      { keys: ["Esc"], does: gettext("Close it") },
    ],
  },
  portrait: {
    single: [
      { keys: ["j", "k"], does: gettext("Next line, previous line") },
      { keys: ["e"], does: gettext("Correct it") },
    ],
    others: [
      { keys: ["Del"], does: gettext("Remove it") },
      { keys: ["Esc"], does: gettext("Leave it as it is") },
    ],
  },
  timeline: { single: [{ keys: ["j", "k"], does: gettext("Next day, previous day") }], others: [] },
};
export const NOTHING_ELSE: KeyLines = { single: [], others: [] };

/** Whether a key stands for itself: no field has it, and nothing is held down with it but Shift. */
export function actsAlone(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  const target = event.target as HTMLElement;
  return !target.closest("input, textarea, select, [contenteditable], dialog");
}

/** Whether a menu or a dialog lies over the page: Esc is for that alone. */
export function liesOver(): boolean {
  return document.querySelector(":popover-open, dialog[open]") !== null;
}

/** Whether it calls the palette, wherever one is. */
export function callsPalette(event: KeyboardEvent): boolean {
  return event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

/** Focus the next turn (1) or the one before (-1); none has it yet: the last. */
export function step(log: ParentNode, by: 1 | -1): void {
  const turns = [...log.querySelectorAll<HTMLElement>("article.turn")];
  const at = turns.findIndex((one) => one.contains(document.activeElement));
  const to = at < 0 ? turns.at(-1) : turns[Math.min(Math.max(at + by, 0), turns.length - 1)];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
}
