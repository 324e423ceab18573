import type { HeartbeatPlace } from "../../domain/heartbeat.ts";
import type { Log } from "../../domain/log.ts";
import { headerOf, type TrustedAuthority } from "../../pki/trust.ts";
import type { HeartbeatReading } from "../../store/store.ts";
import type { FieldFault } from "../../wire/fault.ts";
import { HEADERS, isNonce } from "../../wire/headers.ts";
import { parseKnowing } from "../../wire/heartbeat.ts";
import type { Batch, BatchOutcome } from "./batch.ts";
import { type AgentAnswer, type AgentRequest, type Peer, refuse } from "./exchange.ts";
import { createKnownBodies } from "./known-bodies.ts";
import { createNonces } from "./nonces.ts";

export interface HeartbeatDeps {
  readonly batch: Batch;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
  /** Pace that agents are told. */
  readonly intervalMs: number;
  /** Authorities that they are to trust, the newest first; null: they are not told. */
  readonly trusted: (() => readonly TrustedAuthority[]) | null;
  /** Told of each accepted heartbeat, for who shows the time. */
  readonly onSeen: (hostUuid: string, atMs: number) => void;
  /** Counts entries that were skipped. */
  readonly onProblem: (kind: "conflict" | "malformed") => void;
}

type Refusal = Extract<BatchOutcome, { kind: "refused" }>;

/** `POST /swarm/heartbeat`: the contract of docs/protocol.md. Answers 204 once it is durable. */
export function createHeartbeatHandler(deps: HeartbeatDeps) {
  const interval = String(deps.intervalMs);
  const refused = ({ code, ...more }: Refusal, faults: readonly FieldFault[]): AgentAnswer => {
    if (code === "heartbeat-stale") {
      const boot = "boot" in more ? String(more.boot) : "0";
      return refuse(code, { headers: { [HEADERS.boot]: boot } });
    }
    return code === "body-invalid" ? refuse(code, { detail: faults }) : refuse(code);
  };

  const bodies = createKnownBodies();
  const nextNonce = createNonces(deps.random);

  return async (request: AgentRequest, peer: Peer): Promise<AgentAnswer> => {
    const { headers, body } = request;
    const place = readPlace(headers);
    if (place === null) return refuse("header-invalid");
    const omitted = body.byteLength === 0 ? readDigest(headers[HEADERS.statusDigest]) : null;
    const bodyDigest = omitted ?? body.digest();
    const before = omitted === null ? bodies.get(peer.fingerprint) : null;
    let faults: readonly FieldFault[] = [];
    const read = (): HeartbeatReading => {
      if (omitted !== null) return { kind: "omitted" };
      const { reading, known } = parseKnowing(body.bytes(), before?.known ?? null);
      bodies.set(peer.fingerprint, known, bodyDigest);
      if (reading.kind === "unreadable") faults = reading.faults;
      return reading;
    };
    const arrivedMs = deps.nowMs();
    const nonce = nextNonce();
    const outcome = await deps.batch.submit({
      fingerprint: peer.fingerprint,
      arrivedMs,
      ...place,
      nonce,
      address: peer.address,
      bodyDigest,
      isNew: before !== null && before.digest !== bodyDigest,
      read,
    });
    if (outcome.kind === "refused") {
      if ("quarantined" in outcome) {
        const { fingerprint, address } = peer;
        const hostUuid = outcome.quarantined;
        deps.log.error("heartbeat: two live copies, host quarantined", {
          hostUuid,
          address,
          fingerprint,
        });
      }
      return refused(outcome, faults);
    }
    deps.onSeen(outcome.hostUuid, arrivedMs);
    if (outcome.restored === true) {
      const { hostUuid } = outcome;
      const { fingerprint: detail, address } = peer;
      deps.log.warn("alarm", { kind: "restored", hostUuid, detail, address });
    }
    for (const problem of outcome.problems ?? []) {
      deps.onProblem(problem.kind);
      deps.log.warn("heartbeat: decky skipped", { ...problem });
    }
    return {
      status: 204,
      headers: {
        [HEADERS.intervalMs]: interval,
        [HEADERS.generation]: String(outcome.generation),
        ...authoritiesOf(deps),
        ...(outcome.repeated !== true && { [HEADERS.nonce]: nonce }),
      },
      body: null,
    };
  };
}

function authoritiesOf({ trusted }: HeartbeatDeps): Record<string, string> {
  if (trusted === null) return {};
  return { [HEADERS.authorities]: headerOf(trusted().map(({ fingerprint }) => fingerprint)) };
}

const WHOLE = /^[1-9]\d{0,15}$/;

/** @returns null if a header is there and is not as it should be. */
function readPlace(
  headers: AgentRequest["headers"],
): (HeartbeatPlace & { readonly sentMs: number | null; readonly echo: string | null }) | null {
  const boot = readWhole(headers[HEADERS.boot]);
  const sequence = readWhole(headers[HEADERS.sequence]);
  const sentMs = readWhole(headers[HEADERS.sentMs]);
  if (boot === undefined || sequence === undefined || sentMs === undefined) return null;
  if ((boot === null) !== (sequence === null)) return null;
  const echo = headers[HEADERS.echo] ?? null;
  if (echo === null) return { boot, sequence, sentMs, echo };
  // Without a place in the agent's order, a late echo could not be told from a second copy's.
  if (boot === null || typeof echo !== "string" || !isNonce(echo)) return null;
  return { boot, sequence, sentMs, echo };
}

/** @returns null if the header is not there, undefined if it is no whole number from 1. */
function readWhole(value: string | string[] | undefined): number | null | undefined {
  if (value === undefined) return null;
  if (typeof value !== "string" || !WHOLE.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function readDigest(value: string | string[] | undefined): string | null {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : null;
}
