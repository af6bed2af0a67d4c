/** The doors of the server: how it is asked, and what it refuses, in words for the person. */
import { gettext } from "./translation";

export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const AWAY = gettext("Rosemary can’t be reached just now. It may not have been done; try again.");
const BROKEN = gettext("Something went wrong here. It may not have been done; try again, or load the page again.");
const SIGNED_OUT = gettext("You are signed out. Load the page again to sign in.");

function token(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** An address under /api, by GET, or with a body by POST. Raises Refused with what to tell the person. */
export async function ask<T>(address: string, body?: object): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api${address}`, {
      method: body ? "POST" : "GET",
      headers: body ? { "Content-Type": "application/json", "X-CSRFToken": token() } : {},
      body: body && JSON.stringify(body),
      redirect: "manual", // to the page for signing in
    });
  } catch {
    throw new Refused("unavailable", AWAY);
  }
  if (answer.type === "opaqueredirect" || answer.status === 403) throw new Refused("signed_out", SIGNED_OUT);
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (!json) throw new Refused("broken", answer.status === 503 ? AWAY : BROKEN);
  const told = (await answer.json()) as T & { code: string; message: string };
  if (!answer.ok) throw new Refused(told.code, told.message);
  return told;
}

/** Whether it was done; what is refused is told. */
export async function attempt(work: () => Promise<void>, refused: (why: string) => void): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refused(error.message);
    return false;
  }
}
