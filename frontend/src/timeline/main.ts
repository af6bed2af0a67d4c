/** The timeline. */
import "../styles/rosemary.css";
import "../styles/beside.css";
import "../styles/timeline.css";
import { mount } from "svelte";
import { boot } from "../shell/beside";
import App from "./App.svelte";
import type { Boot } from "./protocol";
import { Timeline } from "./timeline.svelte";

mount(App, { target: document.getElementById("app")!, props: { timeline: new Timeline(boot<Boot>()) } });
