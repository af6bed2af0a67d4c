/** An address of a language model is tried while the form stands: what answers there is told beside it. */
import { gettext } from "./shell/translation";

interface Heard {
  url?: string;
  models?: string[];
  words?: string;
  problem?: string;
}
const FAILED = gettext("That could not be tried just now. Load the page again, or go on without.");

export function trial(page: ParentNode): void {
  for (const part of page.querySelectorAll<HTMLElement>("[data-engine]")) {
    const form = part.closest("form");
    const button = part.querySelector<HTMLButtonElement>("[data-try]");
    if (!form || !button) continue;
    const url = field(form, "engine_url");
    button.addEventListener("click", () => void tried(part, form, button));
    url?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
      event.preventDefault(); // what is typed is tried before the whole form goes
      void tried(part, form, button);
    });
    button.hidden = false;
  }
}

function field(form: HTMLFormElement, name: string): HTMLInputElement | null {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLInputElement ? found : null;
}

async function tried(part: HTMLElement, form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  const told = part.querySelector<HTMLElement>("[data-heard]");
  if (!told || button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  told.textContent = gettext("Listening…");
  told.classList.remove("error");
  const heard = await ask(part.dataset.engine ?? "", form);
  button.removeAttribute("aria-disabled");
  told.textContent = heard.problem ?? heard.words ?? FAILED;
  told.classList.toggle("error", !heard.words);
  if (heard.url) offer(form, heard.url, heard.models ?? []);
}

async function ask(address: string, form: HTMLFormElement): Promise<Heard> {
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "token", "engine_url", "engine_key"]) {
    body.set(name, field(form, name)?.value ?? "");
  }
  try {
    const answer = await fetch(address, { method: "POST", body, redirect: "error" });
    return answer.ok ? ((await answer.json()) as Heard) : {};
  } catch (error) {
    console.warn("the address could not be tried", error);
    return {};
  }
}

/** The address as it is to be kept, and the models to choose from. */
function offer(form: HTMLFormElement, url: string, models: string[]): void {
  const typed = field(form, "engine_url");
  if (typed) typed.value = url;
  const list = form.elements.namedItem("engine_model");
  if (!(list instanceof HTMLSelectElement)) return;
  const before = list.value;
  list.replaceChildren(list.options[0]!, ...models.map((model) => new Option(model, model)));
  list.value = models.includes(before) ? before : "";
}
