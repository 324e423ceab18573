import type { Clock } from "../../domain/clock.ts";
import type { Decky } from "../../domain/decky.ts";
import { judgeIdentity } from "../../domain/heartbeat.ts";
import type { Host } from "../../domain/host.ts";
import type { Store } from "../../store/store.ts";
import type { DesiredDecky, DesiredState } from "../../wire/desired.ts";
import { HEADERS } from "../../wire/headers.ts";
import { type AgentAnswer, type AgentRequest, JSON_TYPE, type Peer, refuse } from "./exchange.ts";

/** Longest that a request may ask to wait. */
const MOST_WAIT_MS = 60_000;

export interface DesiredDeps {
  readonly store: Pick<Store, "findPin" | "promotePin" | "listDeckies">;
  readonly clock: Clock;
  /** Resolves when the host's record changes, or at the latest when `signal` aborts. */
  readonly changed: (hostUuid: string, signal: AbortSignal) => Promise<void>;
  /** Of a decky's name: all that its persona is derived from, 32 bytes in hex. */
  readonly personaSeed: (name: string) => string;
}

/**
 * `GET /swarm/desired`: the whole list of what a host is to run.
 *
 * `If-None-Match` with the generation that the agent has, and `Prefer: wait=SECONDS` (RFC 7240,
 * section 4.3): answers 200 as soon as there is another generation, else 304 after the wait.
 */
export function createDesiredHandler(deps: DesiredDeps) {
  const identify = async (peer: Peer): Promise<Host | AgentAnswer> => {
    const pin = await deps.store.findPin(peer.fingerprint);
    if (pin === null) return refuse("certificate-mismatch");
    const refusal = judgeIdentity(pin.host, { hostUuid: pin.host.uuid, slot: pin.slot });
    if (refusal !== null) return refuse(refusal);
    if (pin.slot !== "next") return pin.host;
    // The only use of a certificate that writes nothing by itself.
    const use = { fingerprint: peer.fingerprint, nowMs: deps.clock.nowMs() };
    const promoted = await deps.store.promotePin(use);
    return promoted.kind === "refused" ? refuse(promoted.code) : pin.host;
  };

  /** Answers as soon as the host has another generation, or can no longer be served. */
  const waitForAnother = async (
    peer: Peer,
    host: Host,
    waitMs: number,
    closed: AbortSignal | null,
  ): Promise<Host | AgentAnswer> => {
    const over = new AbortController();
    const signal = closed === null ? over.signal : AbortSignal.any([over.signal, closed]);
    const timer = deps.clock.sleep(waitMs, signal).then(
      () => over.abort(),
      () => {},
    );
    try {
      for (;;) {
        // Before the look, so that no change falls between the two.
        const changed = deps.changed(host.uuid, signal);
        const now = await identify(peer);
        // Its host renewed while it waited here: nothing is wrong, and there is nothing to tell.
        if (isMismatch(now)) return host;
        if ("status" in now || now.generation !== host.generation || signal.aborted) return now;
        await changed;
      }
    } finally {
      over.abort();
      await timer;
    }
  };

  return async (request: AgentRequest, peer: Peer): Promise<AgentAnswer> => {
    const known = request.headers["if-none-match"];
    const waitMs = readWait(request.headers["prefer"]);
    let host = await identify(peer);
    if (!("status" in host) && known === etagOf(host) && waitMs > 0) {
      host = await waitForAnother(peer, host, waitMs, request.signal);
    }
    if ("status" in host) return host;
    const headers = { etag: etagOf(host), [HEADERS.generation]: String(host.generation) };
    if (known === etagOf(host)) return { status: 304, headers, body: null };
    const deckies = await deps.store.listDeckies(host.uuid);
    const state: DesiredState = {
      generation: host.generation,
      deckies: deckies.map((decky) => desiredOf(decky, deps.personaSeed(decky.name))),
    };
    return { status: 200, headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify(state) };
  };
}

function isMismatch(found: Host | AgentAnswer): boolean {
  return "status" in found && found.headers[HEADERS.error] === "certificate-mismatch";
}

function etagOf(host: Host): string {
  return `"${host.generation}"`;
}

function readWait(prefer: string | string[] | undefined): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/.exec(String(prefer ?? ""))?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds) * 1000, MOST_WAIT_MS);
}

function desiredOf(decky: Decky, seed: string): DesiredDecky {
  return {
    name: decky.name,
    archetype: decky.archetype,
    distro: decky.distro,
    hostname: decky.hostname,
    ip: decky.ip,
    services: [...decky.services],
    service_config: { ...decky.serviceConfig },
    runtime: decky.runtime,
    created_ms: decky.createdMs,
    persona_seed: seed,
  };
}
