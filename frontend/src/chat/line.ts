/** The line to the server: it comes back by itself, and a dead one is noticed. */
import Socket from "partysocket/ws";
import type { Asked, Told } from "../protocol";

export type LineState = "connecting" | "online" | "offline" | "signed-out";

const SIGNED_OUT = 4401; // the server's close code for a session that is over
const PING_EVERY = 20_000;
const PONG_WITHIN = 6_000;
const FIRST_PATIENCE = 4_000;
const PATIENCE = 1_000; // a line that is back so soon was never away

export class Line {
  #socket: Socket;
  #deaf: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #state: LineState = "connecting";

  constructor(
    person: number,
    private heard: (told: Told) => void,
    private changed: (state: LineState) => void,
  ) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new Socket(`${scheme}//${location.host}/ws/chat/?person=${person}`, [], {
      minReconnectionDelay: 500,
      maxReconnectionDelay: 10_000,
      connectionTimeout: 8_000,
      maxEnqueuedMessages: 0, // what must not be lost waits in the outbox
    });
    this.#socket.addEventListener("message", (event) => this.#hear(event.data as string));
    this.#socket.addEventListener("close", (event) => this.#closed(event.code));
    setInterval(() => this.#ping(), PING_EVERY);
    for (const name of ["online", "offline", "pageshow", "visibilitychange"]) addEventListener(name, () => this.#look());
    this.#waitFor(FIRST_PATIENCE);
  }

  /** Whether it went out. */
  send(asked: Asked): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(asked));
    return true;
  }

  #hear(data: string): void {
    this.#hearing();
    const told = JSON.parse(data) as Told;
    if (told.type === "welcome") this.#turn("online");
    this.heard(told);
  }

  #hearing(): void {
    clearTimeout(this.#deaf);
    this.#deaf = undefined;
  }

  #closed(code: number): void {
    this.#hearing();
    if (code === SIGNED_OUT) {
      this.#socket.close();
      this.#turn("signed-out");
    } else if (this.#state === "online") {
      this.#turn("connecting");
      this.#waitFor(PATIENCE);
    }
  }

  #waitFor(patience: number): void {
    this.#patience = setTimeout(() => this.#turn("offline"), patience);
  }

  #turn(state: LineState): void {
    clearTimeout(this.#patience);
    this.#state = state;
    this.changed(state);
  }

  /** The browser says that something changed: find out now, not at the next turn. */
  #look(): void {
    if (this.#state === "offline" && this.#socket.readyState === WebSocket.CLOSED) this.#socket.reconnect();
    else this.#ping();
  }

  /** Silence after this means that the line is dead, whatever the browser believes. */
  #ping(): void {
    if (this.#deaf || !this.send({ type: "ping" })) return;
    this.#deaf = setTimeout(() => {
      this.#deaf = undefined;
      this.#socket.reconnect();
    }, PONG_WITHIN);
  }
}
