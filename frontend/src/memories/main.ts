/** The page of memories. */
import "../styles/rosemary.css";
import "../styles/beside.css";
import "../styles/memories.css";
import { mount } from "svelte";
import { boot } from "../shell/beside";
import App from "./App.svelte";
import { Memories } from "./memories.svelte";
import type { Boot } from "./protocol";

mount(App, { target: document.getElementById("app")!, props: { memories: new Memories(boot<Boot>()) } });
