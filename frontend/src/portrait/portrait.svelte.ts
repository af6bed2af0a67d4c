/** The page of the portrait: what is held and refused, how the weeks were felt, what was just done. */
import { tick } from "svelte";
import { knownZone } from "../chat/calendar";
import type { Done } from "../shell/beside";
import { attempt } from "../shell/doors";
import type { Reading } from "../shell/reading";
import { gettext } from "../shell/translation";
import * as doors from "./doors";
import type { Aspect, Boot, Drawn, Line, Moods, Refused, Switches } from "./protocol";

export class Portrait {
  readonly zone: string;
  drawn: Drawn; // set to what each act answers with
  reading: Reading | null = $state.raw(null); // what is still read of the person, as of the page or the last switch
  moods: Moods | null = $state.raw(null);
  weeks: number | null = $state(null); // that the chart shows; null: the shortest span that has any
  felt = $state(false); // whether any day told a feeling at all
  editing = $state(0); // the line that is being corrected
  trouble = $state(""); // what was refused, in words
  done: Done | null = $state.raw(null);

  constructor(readonly boot: Boot) {
    this.zone = knownZone(boot.person.time_zone);
    this.drawn = $state.raw(boot.portrait);
    this.reading = boot.reading;
    if (boot.companion) void this.look(this.weeks);
  }

  of(aspect: Aspect): Line[] {
    return this.drawn.lines.filter((line) => line.aspect === aspect);
  }

  /** The moods of so many weeks. */
  async look(weeks: number | null): Promise<void> {
    this.weeks = weeks;
    await this.#act(async () => {
      const moods = await doors.moods(this.boot.companion!.id, weeks);
      if (weeks !== this.weeks) return;
      this.moods = moods;
      this.weeks = moods.weeks;
      this.felt ||= moods.days.length > 0;
    });
  }

  async confirm(line: Line): Promise<void> {
    await this.#say(doors.confirm(line.id), gettext("Kept as you said so: it no longer fades."), () => this.#back(doors.takeBack(line.id), line));
    focusLine(line.id);
  }

  async refuse(line: Line): Promise<void> {
    const place = this.drawn.lines.findIndex((one) => one.id === line.id);
    const undo = line.confirmed ? doors.confirm : doors.takeBack;
    await this.#say(doors.refuse(line.id), gettext("Removed, and not concluded again."), () => this.#back(undo(line.id), line));
    focusLine((this.drawn.lines[place] ?? this.drawn.lines.at(-1))?.id);
  }

  async correct(line: Line, text: string): Promise<boolean> {
    const undo = () => this.#back(doors.uncorrect(line.id, line.text, line.confirmed), line);
    const kept = await this.#say(doors.correct(line.id, text), gettext("Corrected. What stood there is not concluded again."), undo);
    if (kept) this.editing = 0;
    focusLine(line.id);
    return kept;
  }

  /** Keep a portrait from now on, or none with any companion. */
  keep(kept: boolean): Promise<boolean> {
    return this.#keep({ for_all: kept, for_this: kept || this.drawn.for_this });
  }

  /** Exactly so; undone, the switches stand as they stood before. */
  async #keep(wanted: Switches): Promise<boolean> {
    const { for_all, for_this } = this.drawn;
    const kept = wanted.for_all && wanted.for_this;
    const words = kept
      ? gettext("A portrait is kept again. It is drawn from your words in a few minutes.")
      : gettext("No portrait is kept any more.");
    const undo = async () => void (await this.#keep({ for_all, for_this }));
    const done = await this.#say(doors.keep(this.boot.companion!.id, wanted), words, undo);
    if (done && kept) void this.look(this.weeks);
    if (done) void attempt(async () => void (this.reading = (await doors.reading()).reading), () => {});
    await tick(); // the switch stands elsewhere now
    document.getElementById("keep")?.focus();
    return done;
  }

  /** It may be concluded again. */
  async allow(refused: Refused): Promise<void> {
    const undo = async () => void (await this.#say(doors.refuse(refused.id), gettext("Taken back: it stays away."), null));
    await this.#say(doors.takeBack(refused.id), gettext("Allowed again. It stands here as long as your words bear it out."), undo);
    focusLine(refused.id);
  }

  async #back(asked: Promise<Drawn>, line: Line): Promise<void> {
    await this.#say(asked, gettext("Taken back: it is as it was."), null);
    focusLine(this.drawn.lines.find((one) => one.text === line.text && one.aspect === line.aspect)?.id);
  }

  #say(asked: Promise<Drawn>, words: string, undo: Done["undo"]): Promise<boolean> {
    return this.#act(async () => {
      this.drawn = await asked;
      this.done = { words, undo };
    });
  }

  /** Whether it was done; what is refused is said. */
  #act(work: () => Promise<void>): Promise<boolean> {
    this.trouble = "";
    return attempt(work, (why) => (this.trouble = why));
  }
}

/** Whoever acted on a line goes on from it, or from where it stood. */
function focusLine(id: number | undefined): void {
  void tick().then(() => (document.getElementById(`line-${id}`) ?? document.getElementById("likeness"))?.focus());
}
