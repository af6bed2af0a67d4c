/** The palette and the sheet of keys on pages that the server draws. */
import { mount } from "svelte";
import type { Addresses } from "./protocol";
import Commands from "./shell/Commands.svelte";
import type { Named } from "./shell/whose";

interface Given {
  email: string;
  urls: Addresses;
  companions: Named[];
}

const given = document.getElementById("commands")?.textContent;
if (given) mount(Commands, { target: document.body, props: JSON.parse(given) as Given });
