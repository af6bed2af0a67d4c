/** The chat page. */
import "../styles/rosemary.css";
import "../styles/conversation.css";
import { mount } from "svelte";
import type { Boot } from "../protocol";
import App from "./App.svelte";
import { Chat } from "./chat.svelte";

const boot = JSON.parse(document.getElementById("boot")!.textContent!) as Boot;
const chat = new Chat(boot, localStorage);
const [came] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
if (came?.type === "back_forward") chat.leaveBehind();
addEventListener("pageshow", ({ persisted }) => persisted && chat.leaveBehind());
mount(App, { target: document.getElementById("app")!, props: { chat } });
