/** What browser and server say to each other; made of the server's own models, which are the one schema. */
import type { PhaseBegun, TurnReply } from "./frames";

export * from "./frames";
export type { EngineState as Engine, Error as Refusal } from "./frames";
export type Phase = PhaseBegun["phase"];
export type ReplyState = TurnReply["state"];
