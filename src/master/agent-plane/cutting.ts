import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import type { HostStore } from "../../store/store.ts";
import type { HostBell } from "./host-bell.ts";
import type { AgentListener } from "./listener.ts";

/** How long a host that was cut off has to read why. */
const LAST_WORD_MS = 200;

/** Cuts the connections of every host that may no longer speak, once it could read why. */
export function startCutting(deps: {
  readonly store: Pick<HostStore, "getHost" | "listPins">;
  readonly agents: Pick<AgentListener, "connections">;
  readonly bell: Pick<HostBell, "onAny">;
  readonly clock: Clock;
  readonly log: Log;
}): { close(): Promise<void> } {
  const { store, agents, clock, log } = deps;
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function cutIfGone(hostUuid: string): Promise<void> {
    try {
      const host = await store.getHost(hostUuid);
      if (host?.state !== "decommissioned" && host?.state !== "quarantined") return;
      await clock.sleep(LAST_WORD_MS, closing.signal);
      for (const { fingerprint } of await store.listPins(hostUuid)) {
        const cut = agents.connections.cut(fingerprint);
        if (cut > 0) log.info("connections cut", { hostUuid, cut });
      }
    } catch (error) {
      if (!closing.signal.aborted) {
        log.error("could not cut a host's connections", { hostUuid, error });
      }
    }
  }

  const stop = deps.bell.onAny((hostUuid) => {
    const cutting = cutIfGone(hostUuid);
    underWay.add(cutting);
    void cutting.then(() => underWay.delete(cutting));
  });

  return {
    async close() {
      stop();
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
