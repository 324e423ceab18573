import type { Clock } from "../../../domain/clock.ts";
import type { ServiceName } from "../../../domain/service.ts";
import type { DesiredDecky } from "../../../wire/desired.ts";
import type { RuntimeDeps } from "../runtime.ts";
import type { BoundSocket } from "./bound-socket.ts";
import { type DecoyChild, type DecoyProgram, startChild } from "./child.ts";
import { confine, decoyProcessMain } from "./confinement.ts";
import type { FromDecoyProcess, UnboundEvent } from "./messages.ts";
import { watch } from "./watchdog.ts";

const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 10_000;
/** A process that lived this long had no trouble starting: back-off begins anew. */
const STEADY_MS = 60_000;
/** Time for a decoy to prepare, such as to make its host keys, behind all others. */
const SERVE_LIMIT_MS = 60_000;
/** Time to cut connections. A process that takes longer is killed, which cuts them too. */
const STOP_LIMIT_MS = 5_000;

/** One service of a decky on one bound socket. */
export interface ServeRequest {
  readonly decky: DesiredDecky;
  readonly service: ServiceName;
  /** Of the real service, wherever the socket is bound. */
  readonly port: number;
  /** Stays the caller's, who closes it after `stop()`; it is handed over anew at each restart. */
  readonly socket: BoundSocket;
}

export type ServeState =
  | { readonly kind: "serving" }
  | { readonly kind: "down"; readonly reason: string };

/**
 * The process that serves attackers, kept running: started with the first service, and again with
 * growing pauses whenever it ends or hangs. Its death never is the agent's.
 *
 * Events: each that a decoy emits arrives at `emit` exactly once and in order, unless the decoy
 * process is killed or the agent dies with it still on the way between the two (at most the
 * process's queue and the pipe). While the agent is slow, attackers wait and nothing is dropped.
 */
export interface DecoyProcess {
  /** Null while none runs. */
  readonly pid: number | undefined;
  /** @throws If the service cannot be served; the message says why. */
  serve(request: ServeRequest): Promise<void>;
  /** Resolves when the decky's connections are cut, and their events taken over. */
  stop(decky: string): Promise<void>;
  state(decky: string, service: ServiceName, port: number): ServeState;
  /** Ends the process for good. */
  close(): Promise<void>;
}

interface Served extends ServeRequest {
  state: ServeState;
  /** Settles the promise of `serve()`; null once it is settled. */
  waiting: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | null;
}

/** @param program What to run, and how confined: the decoy process, but in tests. */
export function spawnDecoyProcess(
  deps: RuntimeDeps,
  program: DecoyProgram = { confinement: confine(), main: decoyProcessMain },
): DecoyProcess {
  const { clock, log } = deps;
  const served = new Map<string, Served>();
  const stopping = new Map<string, () => void>();
  const closing = new AbortController();
  let child: DecoyChild | null = null;
  let ready = false;
  let pong: () => void = () => {};
  let running: Promise<void> | null = null;

  function handOver(entry: Served): void {
    const { decky, service, port, socket } = entry;
    child?.send({ type: "serve", decky, service, port }, socket);
  }

  function settle(entry: Served, state: ServeState): void {
    entry.state = state;
    if (state.kind === "serving") entry.waiting?.resolve();
    else if (entry.waiting) {
      served.delete(keyOf(entry.decky.name, entry.service, entry.port));
      entry.waiting.reject(new Error(state.reason));
    }
    entry.waiting = null;
  }

  /** @returns False if the message cannot be true. */
  function onMessage(message: FromDecoyProcess): boolean {
    switch (message.type) {
      case "ready":
        ready = true;
        for (const entry of served.values()) handOver(entry);
        break;
      case "serving":
        answered(message, { kind: "serving" });
        break;
      case "failed":
        answered(message, { kind: "down", reason: message.reason });
        break;
      case "stopped":
        stopping.get(message.decky)?.();
        break;
      case "event":
        return take(message.event);
      case "pong":
        pong();
    }
    return true;
  }

  function answered(
    { decky, service, port }: { decky: string; service: string; port: number },
    state: ServeState,
  ): void {
    const entry = served.get(keyOf(decky, service, port));
    // It may have been stopped meanwhile.
    if (!entry) return;
    settle(entry, state);
    deps.onChange();
  }

  /** Takes an event only where it can have happened: on a decky and port served by this process. */
  function take(event: UnboundEvent): boolean {
    const entry = served.get(keyOf(event.decky, event.service, event.dst_port));
    if (entry?.decky.ip !== event.dst_ip) return false;
    deps.emit({ ...event, host_uuid: deps.hostUuid });
    return true;
  }

  function onGone(reason: string): void {
    child = null;
    ready = false;
    for (const stopped of stopping.values()) stopped();
    if (!closing.signal.aborted) log.error("decoys are down", { reason });
    for (const entry of served.values()) settle(entry, { kind: "down", reason });
    deps.onChange();
  }

  /** One life of the process, from start to end. */
  async function live(): Promise<void> {
    const ended = new AbortController();
    const started = startChild({
      program,
      log,
      onMessage,
      onGone(reason) {
        ended.abort();
        onGone(reason);
      },
    });
    child = started;
    await watch({
      clock,
      signal: ended.signal,
      ping: () => started.send({ type: "ping" }),
      onPong: (callback) => {
        pong = callback;
      },
      onHung() {
        log.error("decoy process hangs and is killed");
        started.kill();
      },
    });
  }

  async function keepAlive(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!closing.signal.aborted) {
      const bornMs = clock.nowMs();
      await live();
      if (clock.nowMs() - bornMs >= STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      await clock.sleep(backoffMs, closing.signal).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
    }
  }

  async function stop(decky: string): Promise<void> {
    const entries = [...served.values()].filter((entry) => entry.decky.name === decky);
    if (entries.length === 0) return;
    const it = child;
    if (it) {
      const { promise: stopped, resolve } = Promise.withResolvers<void>();
      stopping.set(decky, resolve);
      it.send({ type: "stop", decky });
      if (!(await settlesWithin(clock, STOP_LIMIT_MS, stopped))) {
        log.error("decoy process does not stop a decky and is killed", { decky });
        it.kill();
        await stopped;
      }
      stopping.delete(decky);
    }
    for (const entry of entries) {
      served.delete(keyOf(decky, entry.service, entry.port));
      settle(entry, { kind: "down", reason: "stopped" });
    }
  }

  return {
    get pid() {
      return child?.pid;
    },
    async serve(request) {
      if (closing.signal.aborted) throw new Error("decoy process is closed");
      const { promise, ...waiting } = Promise.withResolvers<void>();
      const state: ServeState = { kind: "down", reason: "starting" };
      const entry: Served = { ...request, state, waiting };
      served.set(keyOf(request.decky.name, request.service, request.port), entry);
      if (ready) handOver(entry);
      running ??= keepAlive();
      if (!(await settlesWithin(clock, SERVE_LIMIT_MS, promise))) {
        settle(entry, { kind: "down", reason: "decoy process did not answer in time" });
      }
      return promise;
    },
    stop,
    state(decky, service, port) {
      const entry = served.get(keyOf(decky, service, port));
      return entry?.state ?? { kind: "down", reason: "not served" };
    },
    async close() {
      closing.abort();
      const deckies = [...new Set([...served.values()].map(({ decky }) => decky.name))];
      await Promise.all(deckies.map(stop));
      child?.kill();
      await running;
    },
  };
}

/** @returns Whether `promise` settled, either way, within `ms`. */
async function settlesWithin(clock: Clock, ms: number, promise: Promise<void>): Promise<boolean> {
  const settled = new AbortController();
  const done = promise.then(
    () => true,
    () => true,
  );
  const late = clock.sleep(ms, settled.signal).then(
    () => false,
    () => true,
  );
  const inTime = await Promise.race([done, late]);
  settled.abort();
  return inTime;
}

function keyOf(decky: string, service: string, port: number): string {
  return `${decky} ${service} ${port}`;
}
