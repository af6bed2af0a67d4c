/** Moods in words: from -1 (low) to 1 (bright). */
import { gettext } from "./translation";

const APART = 0.3; // from which a mood is more than even
type Mood = "bright" | "even" | "low";
export const MOODS: Record<Mood, string> = { bright: gettext("bright"), even: gettext("even"), low: gettext("low") };

export function moodOf(valence: number): Mood {
  if (valence >= APART) return "bright";
  return valence <= -APART ? "low" : "even";
}

export function moodInWords(valence: number): string {
  return MOODS[moodOf(valence)];
}
