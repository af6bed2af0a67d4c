/** The doors of the portrait; every act answers with the portrait as it then stands. */
import { ask } from "../shell/doors";
import type { Reading } from "../shell/reading";
import type { Drawn, Moods, Switches } from "./protocol";

export const confirm = (id: number) => ask<Drawn>(`/portrait/${id}/confirm`, {});
export const refuse = (id: number) => ask<Drawn>(`/portrait/${id}/refuse`, {});
export const takeBack = (id: number) => ask<Drawn>(`/portrait/${id}/take-back`, {});
export const correct = (id: number, text: string) => ask<Drawn>(`/portrait/${id}/correct`, { text });
export const uncorrect = (id: number, text: string, confirmed: boolean) =>
  ask<Drawn>(`/portrait/${id}/uncorrect`, { text, confirmed });
export const keep = (companion: number, wanted: Switches) => ask<Drawn>("/portrait/keep", { companion, ...wanted });
export const reading = () => ask<{ reading: Reading | null }>("/reading");
export const moods = (companion: number, weeks: number | null) =>
  ask<Moods>(`/portrait/moods?${new URLSearchParams({ companion: `${companion}`, ...(weeks ? { weeks: `${weeks}` } : {}) })}`);
