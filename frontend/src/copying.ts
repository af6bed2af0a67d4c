/** Buttons that copy what stands in a field. */
import { gettext } from "./shell/translation";

const STAYS = 3000; // milliseconds that it says so

export function copying(page: ParentNode): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>("button[data-copies]")) {
    const field = document.getElementById(button.dataset.copies ?? "");
    if (!(field instanceof HTMLInputElement)) continue;
    const word = button.textContent;
    button.addEventListener("click", async () => {
      button.textContent = (await copied(field)) ? gettext("Copied") : gettext("Press Ctrl C");
      setTimeout(() => (button.textContent = word), STAYS);
    });
    button.setAttribute("aria-live", "polite");
    button.hidden = false;
  }
}

/** Whether it could be; else it stands selected, for whoever copies by hand. */
async function copied(field: HTMLInputElement): Promise<boolean> {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value); // there is none where the page came unencrypted
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
