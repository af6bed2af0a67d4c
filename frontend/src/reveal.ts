/** Buttons that show a password while it is typed, and hide it again before it is sent. */
import { gettext } from "./shell/translation";
export function reveal(page: ParentNode): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>("button[data-reveals]")) {
    const field = document.getElementById(button.dataset.reveals ?? "");
    const word = button.querySelector("[data-word]");
    if (!(field instanceof HTMLInputElement) || !word) continue;
    const show = (shown: boolean): void => {
      field.type = shown ? "text" : "password";
      word.textContent = shown ? gettext("Hide") : gettext("Show");
    };
    button.addEventListener("click", () => show(field.type === "password"));
    field.form?.addEventListener("submit", () => show(false));
    button.hidden = false;
  }
}
