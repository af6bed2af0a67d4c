/** The page of the portrait. */
import "../styles/rosemary.css";
import "../styles/beside.css";
import "../styles/portrait.css";
import { mount } from "svelte";
import { boot } from "../shell/beside";
import App from "./App.svelte";
import { Portrait } from "./portrait.svelte";
import type { Boot } from "./protocol";

mount(App, { target: document.getElementById("app")!, props: { portrait: new Portrait(boot<Boot>()) } });
