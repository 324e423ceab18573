import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TSchema } from "typebox";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import { toldError } from "../failure.ts";
import { ChildFailed } from "../parent.ts";
import { MASTER_ROOM } from "../room.ts";

/** main.ts beside this folder or, once compiled, main.js. */
const ENTRY = fileURLToPath(
  new URL(`../main${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);
const STOP_WITHIN_MS = 8_000;
/** A log that grew beyond this is set aside at the next start. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

export interface Child<T> {
  /** What it told once it was ready. Rejects if it failed or ended before. */
  readonly ready: Promise<T>;
  /** Resolves when it ended, with the reason if that was no success. */
  readonly ended: Promise<DecnetError | null>;
  /** Waits for what needs the child to live. @throws {DecnetError} Why it ended, if it does before. */
  whileAlive<R>(work: Promise<R>): Promise<R>;
  /** Ends it: kindly, and after a while by force. */
  stop(): Promise<void>;
}

export interface ChildOptions<T extends TSchema> {
  readonly name: string;
  /** Arguments of `decnet`. Never a secret: everybody on the machine can read them. */
  readonly args: readonly string[];
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  readonly logDir: string;
  readonly ready: T;
  readonly clock: Clock;
}

/**
 * Runs a command of `decnet` as a process of its own, its output appended to a log file. It has its
 * own session, so that Ctrl-C reaches the parent alone, which ends its children in order; a parent
 * that is killed takes the IPC channel with it, and the child ends by itself.
 */
export function startChild<T extends TSchema>(options: ChildOptions<T>): Child<Static<T>> {
  const { name, args, input, clock } = options;
  const logPath = join(options.logDir, `${name}.log`);
  const log = openLog(options.logDir, logPath);
  const room = args[0] === "master" ? MASTER_ROOM : [];
  const child = spawn(process.execPath, [...room, ENTRY, ...args], {
    stdio: ["pipe", log, log, "ipc"],
    detached: true,
  });
  closeSync(log);
  // A child that ends before it has read all says so by its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input ?? "");

  let failure: DecnetError | null = null;
  const ready = Promise.withResolvers<Static<T>>();
  const ended = Promise.withResolvers<DecnetError | null>();
  // Whoever stops a child that was never ready has no use for this one.
  ready.promise.catch(() => {});
  child.on("message", (message) => {
    if (Value.Check(options.ready, message)) ready.resolve(message);
    else if (Value.Check(ChildFailed, message)) failure = toldError(message.code, message.message);
  });
  const end = (code: number | null, how: string) => {
    const why = new DecnetError("internal", `${name} ended ${how}; its log is ${logPath}`);
    failure ??= code === 0 ? null : why;
    ready.reject(failure ?? why);
    ended.resolve(failure);
  };
  child.on("error", (error) => end(null, `(${error.message})`));
  child.on("close", (code, signal) => end(code, code === null ? `by ${signal}` : `with ${code}`));

  return {
    ready: ready.promise,
    ended: ended.promise,
    whileAlive(work) {
      const end = ended.promise.then((reason) => {
        throw (
          reason ?? new DecnetError("internal", `${name} ended by itself; its log is ${logPath}`)
        );
      });
      return Promise.race([work, end]);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timeout = new AbortController();
      const late = clock.sleep(STOP_WITHIN_MS, timeout.signal).then(
        () => killGroup(child.pid),
        () => {},
      );
      await ended.promise;
      timeout.abort();
      await late;
    },
  };
}

/** For a child that tells nothing but its end. */
export const Silent = Type.Never();

function openLog(dir: string, path: string): number {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) {
      renameSync(path, `${path}.1`);
    }
    return openSync(path, "a", 0o600);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DecnetError("data-unusable", why, { cause });
  }
}

/** The child leads a group of its own; what it started goes with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone in the meantime.
  }
}
