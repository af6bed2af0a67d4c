/** What of the list is shown. */
import type { Wanted } from "./protocol";

/** How many filters narrow the list: each state that is ticked counts. */
export function activeIn({ kind, states, companion, since, until }: Wanted): number {
  return states.length + [kind, companion, since, until].filter(Boolean).length;
}
