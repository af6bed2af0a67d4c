/** What the timeline says where there is no summary. */
import { gettext } from "../shell/translation";
import type { Made } from "./protocol";

const OF_DAY: Record<Made, string> = {
  open: gettext("This day is not over yet. It is summed up once it is."),
  waiting: gettext("Not summed up yet."),
  done: gettext("There was nothing to sum up."),
  failed: gettext("Summing this day up failed."),
};

const OF_SESSION: Record<Made, string> = {
  open: gettext("Not over yet: it is summed up a while after its last word."),
  waiting: gettext("Not summed up yet."),
  done: gettext("There was nothing to sum up."),
  failed: gettext("Summing this up failed."),
};

export const ofDay = (state: Made): string => OF_DAY[state];
export const ofSession = (state: Made): string => OF_SESSION[state];
