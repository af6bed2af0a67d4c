/** The timeline: the days that are shown, and where one reads on. */
import { tick } from "svelte";
import { knownZone } from "../chat/calendar";
import { ask, Refused } from "../shell/doors";
import { endOf } from "./months";
import type { Boot, Day, Days } from "./protocol";

export class Timeline {
  readonly zone: string;
  days: Day[] = $state.raw([]);
  after: string | null = $state(null); // where the next page begins
  until = $state(""); // the day up to which one reads; empty: the latest
  busy = $state(false);
  trouble = $state(""); // what was refused, in words
  #asked = 0; // the latest page asked for; what comes late is dropped

  constructor(readonly boot: Boot) {
    this.zone = knownZone(boot.person.time_zone);
    this.days = boot.page.days;
    this.after = boot.page.after;
    this.until = new URLSearchParams(location.search).get("until") ?? "";
  }

  /** Where the days up to one are found. */
  address(until: string): string {
    const query = new URLSearchParams();
    if (until) query.set("until", until);
    if (this.boot.companions.length > 1) query.set("companion", `${this.boot.companion?.id}`);
    return query.size ? `/timeline/?${query}` : "/timeline/";
  }

  month(month: string): Promise<void> {
    return this.go(endOf(month));
  }

  /** Show the days up to one; empty: the latest. */
  async go(until: string, { remember = true } = {}): Promise<void> {
    await this.#reading(until, (page) => {
      [this.days, this.after, this.until] = [page.days, page.after, until];
      if (remember) history.pushState(null, "", this.address(until));
    });
    await tick();
    document.getElementById("days")?.focus();
    document.querySelector(".scroll")?.scrollTo(0, 0);
  }

  /** The next page. */
  async more(): Promise<void> {
    if (!this.after || this.busy) return;
    await this.#reading(this.after, (page) => {
      this.days = [...this.days, ...page.days];
      this.after = page.after;
    });
  }

  async #reading(until: string, show: (page: Days) => void): Promise<void> {
    const asked = ++this.#asked;
    [this.busy, this.trouble] = [true, ""];
    try {
      const query = new URLSearchParams({ until, companion: `${this.boot.companion?.id ?? ""}` });
      const page = await ask<Days>(`/timeline?${query}`);
      if (asked === this.#asked) show(page);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.trouble = error.message;
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  }
}
