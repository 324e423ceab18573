import { createHeartbeatLoop, type HeartbeatLoop } from "../../src/agent/heartbeat-loop.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { fingerprint } from "../../src/store/conformance/fixture.ts";
import type { Chance } from "./chance.ts";
import type { Network } from "./network.ts";

/** One agent of the fleet: the real heartbeat loop, with deckies that come, go and fall. */
export interface SimAgent {
  readonly uuid: string;
  /** Deckies as of now, each with whether it runs. */
  readonly deckies: Map<string, boolean>;
  /** Grows with every change; every body tells it, so that a row shows which body it is from. */
  version: number;
  alive: boolean;
  /** What a copy of its disk would hold. */
  readonly disk: SimDisk;
  ended: "decommissioned" | null;
  /** Master's time of the last answer 204 that was sent to it. */
  acceptedMs: number;
  start(): void;
  /** As power loss: at once, nothing told to anybody. */
  stop(): void;
  change(mutate: (deckies: Map<string, boolean>) => void): void;
}

export interface SimDisk {
  readonly boot: number;
  readonly nonce: string | null;
}

export function createSimAgent(parts: {
  /** Left out: a new machine. */
  readonly disk?: SimDisk;
  readonly uuid: string;
  readonly clock: Clock;
  /** Its clock minus the master's. */
  readonly skewMs: number;
  readonly chance: Chance;
  readonly network: Network;
  readonly onAccepted: (agent: SimAgent) => void;
}): SimAgent {
  const { uuid, clock, chance, network } = parts;
  let { boot, nonce }: SimDisk = parts.disk ?? { boot: 0, nonce: null };
  let running: AbortController | null = null;
  let loop: HeartbeatLoop | null = null;
  const skewed: Clock = {
    nowMs: () => clock.nowMs() + parts.skewMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
  const transport = network.transportOf(fingerprint(uuid), (_body, answer) => {
    if (answer.status !== 204) return;
    agent.acceptedMs = clock.nowMs();
    parts.onAccepted(agent);
  });
  const body = () =>
    JSON.stringify({
      host_uuid: uuid,
      agent_version: `v${agent.version}`,
      status: {
        deployed: true,
        deckies: [...agent.deckies.keys()].map((name) => ({
          name,
          ip: "127.1.1.1",
          services: ["ssh"],
          distro: "debian-11",
          base_image: "debian:bullseye",
          hostname: name,
          last_mutated: agent.version,
        })),
        runtime: Object.fromEntries(
          [...agent.deckies].map(([name, up]) => [name, { running: up }]),
        ),
      },
    });

  async function runToEnd(running: HeartbeatLoop, signal: AbortSignal): Promise<void> {
    const end = await running.run(signal);
    if (end.kind !== "decommissioned") return;
    agent.ended = "decommissioned";
    agent.alive = false;
  }

  const agent: SimAgent = {
    uuid,
    deckies: new Map(),
    version: 1,
    alive: false,
    get disk() {
      return { boot, nonce };
    },
    ended: null,
    acceptedMs: 0,
    start() {
      if (running !== null || agent.ended !== null) return;
      agent.alive = true;
      boot += 1;
      const stopped = new AbortController();
      running = stopped;
      loop = createHeartbeatLoop({
        hostUuid: uuid,
        body,
        boot: {
          get number() {
            return boot;
          },
          async raise(to) {
            boot = Math.max(boot, to);
          },
        },
        lineage: {
          get nonce() {
            return nonce;
          },
          async keep(next) {
            nonce = next;
          },
        },
        transport,
        clock: skewed,
        random: chance.next,
        log: silentLog,
      });
      void runToEnd(loop, stopped.signal);
    },
    stop() {
      agent.alive = false;
      running?.abort();
      running = null;
      loop = null;
    },
    change(mutate) {
      mutate(agent.deckies);
      agent.version += 1;
      loop?.changed();
    },
  };
  return agent;
}
