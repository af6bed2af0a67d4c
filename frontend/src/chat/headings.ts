/** The sidebar's list of conversations, as far as it was read: from the newest down to a place in it. */
import type { Heading, Headings } from "../protocol";
import { read } from "./read";

export interface Listed {
  headings: Heading[];
  reached: Heading | null; // the last of what was read: what follows it is asked for by its place
  more: boolean;
}

export function listed(page: Headings): Listed {
  return { headings: page.conversations, reached: page.conversations.at(-1) ?? null, more: page.more };
}

/** With the page that follows; what moved or came back meanwhile stands there once. */
export function lengthened(list: Listed, page: Headings): Listed {
  const known = new Set(list.headings.map((one) => one.id));
  const fresh = page.conversations.filter((one) => !known.has(one.id));
  return {
    headings: [...list.headings, ...fresh],
    reached: page.conversations.at(-1) ?? list.reached,
    more: page.more,
  };
}

/** As it begins now; what was read below that stays, where nothing can lie between. */
export function renewed(list: Listed, page: Headings): Listed {
  const now = listed(page);
  const known = new Set(page.conversations.map((one) => one.id));
  const end = now.reached;
  if (!page.more || !end || !list.reached || !list.headings.some((one) => known.has(one.id))) return now;
  if (Date.parse(list.reached.active_at) >= Date.parse(end.active_at)) return now;
  const below = list.headings.filter(
    (one) => !known.has(one.id) && Date.parse(one.active_at) <= Date.parse(end.active_at),
  );
  return { headings: [...page.conversations, ...below], reached: list.reached, more: list.more };
}

/** The page that follows. */
export function following({ reached }: Listed): Promise<Headings> {
  const place = reached ? new URLSearchParams({ after: reached.active_at, id: reached.id }) : "";
  return read<Headings>(`/api/conversations?${place}`);
}
