/**
 * The decoy process: reads attackers' bytes, so it holds nothing worth taking. It gets bound
 * sockets from the agent, tells it events, and ends when the agent's end of the channel closes.
 */
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { DECOYS } from "../../../decoys/registry.ts";
import { createDeckyServer } from "./decky-server.ts";
import { createEventIds } from "./event-id.ts";
import { MAX_REASON_CHARACTERS } from "./limits.ts";
import type { FromDecoyProcess, ToDecoyProcess } from "./messages.ts";
import { createOutbox } from "./outbox.ts";
import { dropPrivilege } from "./privilege.ts";

/** Messages that the channel has not taken yet, above which no attacker is listened to. */
const HIGH_WATER = 256;
/** How long a process that is about to die may take to hand over its last events. */
const LAST_WORDS_MS = 1_000;

if (process.argv.includes("--drop-privilege")) dropPrivilege();

const outbox = createOutbox<FromDecoyProcess>((message, taken) => {
  // An error means that the agent is gone, and so is this process at `disconnect`.
  process.send?.(message, undefined, undefined, taken);
}, HIGH_WATER);

let lastMs = 0;
function nowMs(): number {
  lastMs = Math.max(lastMs, Date.now());
  return lastMs;
}

const server = createDeckyServer({
  decoys: DECOYS,
  gate: outbox.gate,
  nowMs,
  nextId: createEventIds({ nowMs, randomBytes }),
  record: (event) => outbox.post({ type: "event", event }),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  onFault: (message, fault) => console.error(`${message}: ${inspect(fault)}`),
});

async function obey(message: ToDecoyProcess, socket: unknown): Promise<void> {
  switch (message.type) {
    case "serve": {
      const { decky, service, port } = message;
      const which = { decky: decky.name, service, port };
      try {
        await server.serve(decky, service, port, socket);
        outbox.post({ type: "serving", ...which });
      } catch (fault) {
        const message =
          fault instanceof Error && fault.message !== "" ? fault.message : inspect(fault);
        const reason = message.slice(0, MAX_REASON_CHARACTERS);
        outbox.post({ type: "failed", ...which, reason });
      }
      return;
    }
    case "stop":
      await server.stop(message.decky);
      outbox.post({ type: "stopped", decky: message.decky });
      return;
    case "ping":
      outbox.post({ type: "pong", ...server.counts() });
  }
}

/** After an error that nothing caught, the state is anyone's guess: the agent starts another. */
function die(fault: unknown): void {
  console.error(`decoy process gives up: ${inspect(fault)}`);
  setTimeout(() => process.exit(1), LAST_WORDS_MS);
  outbox.whenEmpty(() => process.exit(1));
}

process.on("uncaughtException", die);
process.on("unhandledRejection", die);
process.on("disconnect", () => process.exit(0));
process.on("message", (message, socket: unknown) => void obey(message as ToDecoyProcess, socket));
outbox.post({ type: "ready" });
