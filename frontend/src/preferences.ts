/** The pages of preferences: their look, and what is under way shown without loading the page again. */
import "./styles/rosemary.css";
import "./styles/preferences.css";
import { reveal } from "./reveal";
import { trial } from "./trial";

const AGAIN = 1500; // milliseconds between two looks at what is under way

/** Put what the server says now in place of each part of the page that is marked as under way. */
async function follow(): Promise<void> {
  const before = document.querySelector("[data-under-way]");
  if (!before) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(before.id);
      if (now) before.replaceWith(document.adoptNode(now));
    }
  } catch (error) {
    console.warn("what is under way could not be read", error);
  }
  setTimeout(() => void follow(), AGAIN);
}

/** What can be taken back for a while is no longer offered when that is over. */
function runOut(row: HTMLElement): void {
  const left = Number(row.dataset.undoLeft) * 1000;
  setTimeout(() => {
    if (row.contains(document.activeElement)) row.focus();
    for (const part of row.querySelectorAll<HTMLElement>("[data-open], [data-over]")) part.hidden = "open" in part.dataset;
  }, left);
}

document.querySelectorAll<HTMLElement>("[data-undo-left]").forEach(runOut);
reveal(document);
trial(document);
setTimeout(() => void follow(), AGAIN);
