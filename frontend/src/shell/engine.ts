/** By what the companion speaks, in the few words that stand beneath a person's name. */
import type { Engine } from "../protocol";
import { gettext } from "./translation";

/** Where none is connected, the conversation says in a line of its own what that means. */
export const spokenBy = (engine: Engine) => (engine.connected ? engine.words : gettext("no model connected"));
