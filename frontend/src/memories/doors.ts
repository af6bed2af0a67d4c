/** The doors of the page of memories. */
import { ask } from "../shell/doors";
import type { Detail, Foretold, Forgetting, Found, Listing, Wanted } from "./protocol";

export { Refused } from "../shell/doors";

export const list = (wanted: Wanted, after = "") => ask<Listing>("/memories", { ...wanted, after });
export const search = (wanted: Wanted, question: string) => ask<Found>("/memories/search", { ...wanted, question });
export const read = (id: number) => ask<Detail>(`/memories/${id}`);
export const pin = (id: number, pinned: boolean) => ask<Detail>(`/memories/${id}/pin`, { pinned });
export const correct = (id: number, text: string, mistaken: boolean, clientId: string) =>
  ask<Detail>(`/memories/${id}/correct`, { text, mistaken, client_id: clientId });
export const uncorrect = (id: number) => ask<object>(`/memories/${id}/uncorrect`, {});
export const foretell = (id: number) => ask<Foretold>(`/memories/${id}/foretold`);
export const forget = (id: number, withRepeats: boolean) =>
  ask<Forgetting>(`/memories/${id}/forget`, { with_repeats: withRepeats });
export const forgetting = () => ask<Forgetting[]>("/memories/forgetting");
export const undo = (erasure: number) => ask<object>(`/memories/forgetting/${erasure}/undo`, {});
