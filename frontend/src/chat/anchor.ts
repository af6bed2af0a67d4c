/** Keeps what is being read where it is while the log grows.
 *
 * The log is a reversed column: it stands at its end by itself. Scrolled away from the end, the first turn in sight
 * is held in place, whatever grows above or below it.
 */

const AT_END = 48; // px
const AROUND = 8; // px, kept free around what is brought into view

interface Span {
  top: number;
  bottom: number;
}

/** How far to scroll (px, downwards) so that a part stands in the window, and as much of it as fits where it is taller.
 *
 * What stands above it is brought down to its beginning; what is brought up keeps in sight what was pressed for it. What
 * can be seen already is not moved.
 */
export function toShow(part: Span, pressed: Span, window: Span): number {
  const below = part.bottom + AROUND - window.bottom;
  if (below > 0) return Math.max(Math.min(below, Math.min(part.top, pressed.top) - AROUND - window.top), 0);
  return Math.min(part.top - AROUND - window.top, 0);
}

export class Anchor {
  #held: { turn: Element; top: number } | null = null;

  constructor(
    private log: HTMLElement,
    private moved: (away: boolean) => void,
  ) {}

  get away(): boolean {
    return this.log.scrollTop < -AT_END;
  }

  scrolled(): void {
    const top = this.log.getBoundingClientRect().top;
    const turns = [...this.log.querySelectorAll("ol > li:not(.earlier, .day)")];
    const turn = turns.find((one) => one.getBoundingClientRect().bottom > top);
    this.#held = this.away && turn ? { turn, top: turn.getBoundingClientRect().top } : null;
    this.moved(this.away);
  }

  /** The log has another height: put the held turn back. */
  resized(): void {
    if (!this.#held?.turn.isConnected) return;
    this.log.scrollTop += this.#held.turn.getBoundingClientRect().top - this.#held.top;
  }

  /** Do something to the page without moving this element. */
  async hold(element: Element, change: () => Promise<void>): Promise<void> {
    const top = element.getBoundingClientRect().top;
    await change();
    this.log.scrollTop += element.getBoundingClientRect().top - top;
    this.scrolled();
  }

  /** Scroll no further than it takes to see what has unfolded, with what was pressed for it. */
  show(part: Element, pressed: Element): void {
    this.log.scrollTop += toShow(part.getBoundingClientRect(), pressed.getBoundingClientRect(), this.log.getBoundingClientRect());
    this.scrolled();
  }

  toEnd(): void {
    this.log.scrollTop = 0;
  }
}
