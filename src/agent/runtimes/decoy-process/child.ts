import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "../../../domain/log.ts";
import type { BoundSocket } from "./bound-socket.ts";
import { guardChannel } from "./channel-guard.ts";
import type { Confinement } from "./confinement.ts";
import { type FromDecoyProcess, parseFromDecoyProcess, type ToDecoyProcess } from "./messages.ts";
import { readOutput } from "./output.ts";

/** A process that sends more rubbish than this is no longer ours. */
const MALFORMED_LIMIT = 100;

/** One life of the decoy process. */
export interface DecoyChild {
  readonly pid: number | undefined;
  /** Messages so far that it should never have sent; each was dropped. */
  readonly malformed: number;
  send(message: ToDecoyProcess, socket?: BoundSocket): void;
  kill(): void;
}

export interface DecoyProgram {
  readonly confinement: Confinement;
  /** Path of the script to run. */
  readonly main: string;
}

export interface DecoyChildDeps {
  readonly program: DecoyProgram;
  readonly log: Log;
  /** @returns Whether it can be true; one that cannot counts as malformed. */
  onMessage(message: FromDecoyProcess): boolean;
  /** It is gone, and all that it said has been told. Called once. */
  onGone(reason: string): void;
}

/**
 * Starts the process and reads what it says as coming from an enemy: whoever takes it over holds
 * its end of the channel.
 */
export function startChild(deps: DecoyChildDeps): DecoyChild {
  const { log } = deps;
  const { confinement, main } = deps.program;
  const flags = confinement.dropsPrivilege ? ["--drop-privilege"] : [];
  let malformed = 0;
  let lastLine = "";

  const child: ChildProcess = spawn(confinement.command, [...confinement.argv, main, ...flags], {
    cwd: confinement.cwd,
    env: confinement.env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Its own session: no terminal, and a Ctrl-C goes to the agent alone.
    detached: true,
    serialization: "json",
  });
  if (child.pid !== undefined) {
    guardChannel(child, (error) => {
      log.error("decoy process broke the channel and is killed", { error: error.message });
      child.kill("SIGKILL");
    });
  }

  const gone = Promise.withResolvers<string>();
  void gone.promise.then((reason) =>
    deps.onGone(lastLine === "" ? reason : `${reason}: ${lastLine}`),
  );
  child.on("error", (error) => {
    if (child.pid === undefined)
      gone.resolve(`decoy process could not be started: ${error.message}`);
    else log.error("decoy process failed", { error: error.message });
  });
  // Without the channel it cannot serve: it is about to end, or is made to.
  child.on("disconnect", () => child.kill("SIGKILL"));
  // After `exit`, and after all that it said and printed has been read.
  child.on("close", (code, signal) => {
    gone.resolve(`decoy process ended (${signal ?? `exit code ${code}`})`);
  });
  child.on("message", (value: unknown, handle: unknown) => {
    const message = handle === undefined ? parseFromDecoyProcess(value) : null;
    if (message && deps.onMessage(message)) return;
    discard(handle);
    malformed += 1;
    log.warn("dropped a malformed message of the decoy process", { malformed });
    if (malformed > MALFORMED_LIMIT) child.kill("SIGKILL");
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    readOutput(stream, (line) => {
      lastLine = line;
      log.warn("decoy process says", { line });
    });
  }

  return {
    pid: child.pid,
    get malformed() {
      return malformed;
    },
    send(message, socket) {
      if (!child.connected) return;
      // A failure means that the process is dying; its end is told by other events.
      child.send(message, socket?.handle, {}, () => {});
    },
    kill() {
      child.kill("SIGKILL");
    },
  };
}

/** Closes a socket that the process has no business to send. */
function discard(handle: unknown): void {
  if (typeof handle !== "object" || handle === null) return;
  if ("destroy" in handle && typeof handle.destroy === "function") handle.destroy();
  else if ("close" in handle && typeof handle.close === "function") handle.close();
}
