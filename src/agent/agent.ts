import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import { DecnetError } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { DesiredState } from "../wire/desired.ts";
import type { LoopEnd } from "./answer.ts";
import { openBoot } from "./boot.ts";
import { createConvergence } from "./converge.ts";
import { openDesiredFile } from "./desired-file.ts";
import { runDesiredLoop } from "./desired-loop.ts";
import { createHeartbeatLoop } from "./heartbeat-loop.ts";
import { createHttpsTransport } from "./https-transport.ts";
import { type Identity, wipeIdentity } from "./identity.ts";
import { createLearning } from "./learning.ts";
import { openLineage } from "./lineage.ts";
import { lockDataDir } from "./lock.ts";
import type { Step } from "./next-identity.ts";
import { openRenewal } from "./renewal.ts";
import { type Runtimes, routeRuntimes } from "./route-runtimes.ts";
import type { RuntimeDeps } from "./runtimes/runtime.ts";
import { createShipper } from "./shipper.ts";
import { openSpool } from "./spool.ts";
import { statusBody } from "./status.ts";
import type { AgentTransport } from "./transport.ts";
import { createTrust } from "./trust.ts";

const LEAVE_TIMEOUT_MS = 2_000;

/** In the data directory: the last desired state, as `desired-file.ts` reads it. */
export const DESIRED_FILE = "desired.json";
const SPOOL_DIR = "spool";
const LINEAGE_FILE = "lineage";

export interface AgentOptions {
  /** Holds the identity (`identity.ts`) and, from now on, the agent's state. */
  readonly dataDir: string;
  readonly identity: Identity;
  readonly runtimes: (deps: RuntimeDeps) => Runtimes | Promise<Runtimes>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the agent, as heartbeats tell it. */
  readonly version: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** To the master; HTTPS with the identity, which is then kept fresh, unless given. */
  readonly transport?: AgentTransport;
  /** Whether to tell the master on the way out, so that it need not wait for silence. */
  readonly leave?: boolean;
  /** Called before each step of a renewal, for tests of what a crash leaves behind. */
  readonly step?: Step;
  /** Ends the agent. */
  readonly signal: AbortSignal;
}

/** stopped: by the signal. decommissioned: by the master, for good; nothing of the identity is left. */
export type AgentExit = LoopEnd;

/**
 * Runs this host's deckies and reports on them until the signal aborts or the master says that the
 * host is decommissioned. Either way all deckies are stopped when it resolves. Opens no port but theirs.
 *
 * @throws DecnetError `data-in-use` if another agent has the data directory, `data-unusable` if it
 *   cannot be used.
 */
export async function runAgent(options: AgentOptions): Promise<AgentExit> {
  const { dataDir } = options;
  await usable(dataDir, () => mkdir(dataDir, { recursive: true, mode: 0o700 }));
  const unlock = lockDataDir(dataDir);
  try {
    const exit = await runLocked(options);
    if (exit.kind === "decommissioned") await wipe(dataDir);
    return exit;
  } finally {
    unlock();
  }
}

async function runLocked(options: AgentOptions): Promise<AgentExit> {
  const { dataDir, identity, clock, random, log, signal } = options;
  const boot = await openBoot(join(dataDir, "boot"));
  const lineage = await usable(dataDir, () => openLineage(join(dataDir, LINEAGE_FILE), boot, log));
  const file = await usable(dataDir, () => openDesiredFile(join(dataDir, DESIRED_FILE), log));
  const spool = await usable(dataDir, () => openSpool({ dir: join(dataDir, SPOOL_DIR), log }));
  const { transport, loops } = await usable(dataDir, () => openTransport(options));
  const loop = { transport, clock, random, log };
  const shipper = createShipper({ ...loop, spool });
  /** Until the loops are there nobody need be told: each begins by looking for itself. */
  let onChange = (): void => {};
  const runtime = routeRuntimes(
    await options.runtimes({
      hostUuid: identity.hostUuid,
      clock,
      log,
      emit: (event) => void spool.append(event).then(() => shipper.arrived()),
      onChange: () => onChange(),
    }),
  );
  const convergence = createConvergence({ ...loop, runtime, onChange: () => heartbeats.changed() });
  const heartbeats = createHeartbeatLoop({
    ...loop,
    hostUuid: identity.hostUuid,
    body: () =>
      statusBody({
        hostUuid: identity.hostUuid,
        agentVersion: options.version,
        deckies: convergence.report(),
        eventsDropped: spool.dropped(),
      }),
    boot,
    lineage,
  });
  onChange = () => {
    convergence.changed();
    heartbeats.changed();
  };
  const onDesired = (state: DesiredState): void => {
    log.info("desired state", { generation: state.generation, deckies: state.deckies.length });
    convergence.want(state.deckies);
  };
  if (file.last !== null) onDesired(file.last);
  try {
    return await untilFirst(signal, (stop) => [
      // First: a next certificate that was left behind must be tried before anybody speaks.
      ...loops(stop),
      heartbeats.run(stop),
      runDesiredLoop({ ...loop, file, onDesired }, stop),
      shipper.run(stop),
      convergence.run(stop),
    ]);
  } finally {
    // Each whatever becomes of the others: after a decommission the key must go in any case.
    await inAnyCase(log, "saying goodbye", () => sayGoodbye(options, transport));
    await inAnyCase(log, "stopping the deckies", () => runtime.close());
    await inAnyCase(log, "closing the spool", () => spool.close());
    transport.close();
  }
}

async function openTransport(options: AgentOptions): Promise<{
  readonly transport: AgentTransport;
  /** What keeps it usable: its certificate fresh, and whom it trusts up to date. */
  readonly loops: (stop: AbortSignal) => readonly Promise<LoopEnd>[];
}> {
  const { dataDir, identity, clock } = options;
  if (options.transport !== undefined) return { transport: options.transport, loops: () => [] };
  const trust = createTrust(dataDir, identity.authorityPem);
  const learning = createLearning({ ...options, trust });
  const renewal = await openRenewal({
    ...options,
    trust,
    learning,
    open: ({ keyPem, certificatePem }) =>
      createHttpsTransport({
        host: identity.agentHost,
        port: identity.agentPort,
        key: keyPem,
        certificate: certificatePem,
        authority: () => trust.pem(),
        clock,
      }),
  });
  const { transport } = renewal;
  return { transport, loops: (stop) => [renewal.run(stop), learning.run(renewal, stop)] };
}

/** Runs loops that end by the signal only, or all together as soon as one has come to its end. */
async function untilFirst(
  signal: AbortSignal,
  start: (stop: AbortSignal) => readonly Promise<LoopEnd>[],
): Promise<LoopEnd> {
  const over = new AbortController();
  const loops = start(AbortSignal.any([signal, over.signal]));
  try {
    return await Promise.race(loops);
  } finally {
    over.abort();
    await Promise.allSettled(loops);
  }
}

async function sayGoodbye(options: AgentOptions, transport: AgentTransport): Promise<void> {
  if (options.leave !== true || !options.signal.aborted) return;
  await transport.request({ method: "POST", path: "/swarm/leave", timeoutMs: LEAVE_TIMEOUT_MS });
}

async function inAnyCase(log: Log, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    log.error(`${what} failed`, { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** The key first: nothing else can hurt any more once it is gone. */
async function wipe(dataDir: string): Promise<void> {
  await wipeIdentity(dataDir);
  await usable(dataDir, async () => {
    for (const name of [SPOOL_DIR, DESIRED_FILE, LINEAGE_FILE, "boot"]) {
      await rm(join(dataDir, name), { recursive: true, force: true });
    }
  });
}

async function usable<T>(dataDir: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DecnetError("data-unusable", `${dataDir}: ${detail}`, { cause });
  }
}
