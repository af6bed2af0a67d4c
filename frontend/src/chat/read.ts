/** What the page reads from the server beside the line. */
export async function read<T>(address: string, signal?: AbortSignal): Promise<T> {
  return answered<T>(address, { signal });
}

/** The same of what is asked in words: they travel in the body, for addresses are logged. */
export async function readOf<T>(address: string, asked: Record<string, string>, signal?: AbortSignal): Promise<T> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  return answered<T>(address, { method: "POST", body: new URLSearchParams(asked), headers: { "X-CSRFToken": token }, signal });
}

async function answered<T>(address: string, how: RequestInit): Promise<T> {
  const answer = await fetch(address, { redirect: "error", ...how });
  if (!answer.ok) throw new Error(`${address} could not be read: ${answer.status}`);
  return (await answer.json()) as T;
}
