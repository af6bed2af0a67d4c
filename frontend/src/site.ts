/** The pages beside the conversation: their look, and the browser's time zone for forms that ask for it. */
import "./styles/rosemary.css";
import "./styles/doors.css";
import "./styles/accounts.css";
import { copying } from "./copying";
import { reveal } from "./reveal";
import { trial } from "./trial";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll<HTMLInputElement>('input[type="hidden"][name="time_zone"]')) {
  if (zone) field.value = zone;
}
reveal(document);
copying(document);
trial(document);
