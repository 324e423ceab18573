import { createPublicKey, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Identity, saveIdentity } from "../../../src/agent/identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import type { ErrorCode } from "../../../src/domain/errors.ts";
import { silentLog } from "../../../src/domain/log.ts";
import { RECOVERY_BOUNDS, type RecoveryBounds } from "../../../src/domain/renewal.ts";
import { createHostBell } from "../../../src/master/agent-plane/host-bell.ts";
import {
  AGENT_PLANE_LIMITS,
  type AgentPlaneLimits,
} from "../../../src/master/agent-plane/limits.ts";
import { openAgentListener } from "../../../src/master/agent-plane/listener.ts";
import { createAgentPlane } from "../../../src/master/agent-plane/plane.ts";
import { type Alarms, createAlarms } from "../../../src/master/alarms.ts";
import { openEnrollment } from "../../../src/master/enrollment/enrollment.ts";
import { openPresenter } from "../../../src/master/presentation.ts";
import { type Authorities, openAuthorities } from "../../../src/pki/authorities.ts";
import type { Authority } from "../../../src/pki/authority.ts";
import { makeSigningRequest } from "../../../src/pki/csr.ts";
import { openSqliteStore } from "../../../src/store/sqlite/store.ts";
import type { Store } from "../../../src/store/store.ts";
import { temporaryDir } from "../temporary.ts";

export const DAY_MS = 86_400_000;
const LOOPBACK = { host: "127.0.0.1", port: 0 };

/** The master's agent plane and enrollment over real TLS, with a store that a test may meddle with. */
export interface Swarm {
  readonly store: Store;
  readonly authority: Authority;
  readonly authorities: Authorities;
  readonly enrollmentPort: number;
  readonly refusals: ErrorCode[];
  readonly alarms: Alarms;
  /** Replaces methods of the store from now on, as the master sees them; null: as they are. */
  meddle(changes: Partial<Store> | null): void;
  /** Enrolls a host as if `agoMs` before now, for certificates that are old already. */
  enroll(
    hostName: string,
    agoMs?: number,
  ): Promise<{ readonly dir: string; readonly identity: Identity }>;
}

export async function openSwarm(
  t: TestContext,
  over: {
    readonly ttlMs?: number;
    readonly recoveryBounds?: RecoveryBounds;
    readonly limits?: Partial<AgentPlaneLimits>;
    readonly clock?: Clock;
  } = {},
): Promise<Swarm> {
  const { ttlMs = 7 * DAY_MS, recoveryBounds = RECOVERY_BOUNDS } = over;
  const { clock = createSystemClock() } = over;
  const store = openSqliteStore(":memory:");
  let changes: Partial<Store> = {};
  const seen = new Proxy(store, {
    get: (target, name: keyof Store) => changes[name] ?? target[name],
  });
  const root = await temporaryDir(t);
  const authorities = await openAuthorities({
    dir: join(root, "authority"),
    nowMs: clock.nowMs() - 100 * DAY_MS,
    random: randomBytes,
  });
  const authority = authorities.newest();
  const closing = new AbortController();
  const presenter = await openPresenter({
    authorities,
    clock,
    log: silentLog,
    signal: closing.signal,
  });
  const refusals: ErrorCode[] = [];
  const alarms = createAlarms({ store, clock, log: silentLog });
  const bell = createHostBell(store);
  const plane = createAgentPlane({
    store: seen,
    clock,
    log: silentLog,
    bell,
    random: randomBytes,
    defer: setImmediate,
    heartbeatIntervalMs: 500,
    pace: null,
    personaSeed: () => "00".repeat(32),
    renewal: { authority, agentCertificateTtlMs: ttlMs },
    trusted: () => authorities.trusted(),
    observe: {
      seen() {},
      refused(code, peer) {
        refusals.push(code);
        if (peer !== null) alarms.refused(peer.fingerprint, peer.address);
      },
      problem() {},
      events() {},
    },
  });
  const agents = await openAgentListener({
    plane,
    nowMs: () => clock.nowMs(),
    log: silentLog,
    listen: LOOPBACK,
    presentation: presenter.current(),
    refused: (code) => refusals.push(code),
    limits: { ...AGENT_PLANE_LIMITS, ...over.limits },
  });
  presenter.follow((presentation) => agents.present(presentation));
  const enrollment = await openEnrollment({
    store: seen,
    clock,
    log: silentLog,
    authorities,
    presenter,
    random: randomBytes,
    listen: LOOPBACK,
    agentPlane: { host: "127.0.0.1", port: agents.port },
    agentCertificateTtlMs: ttlMs,
    recoveryBounds,
    refused: (code) => refusals.push(code),
  });
  t.after(async () => {
    closing.abort();
    await enrollment.close();
    await agents.close();
    await alarms.close();
    bell.close();
    await store.close();
  });

  return {
    store,
    authority,
    authorities,
    enrollmentPort: enrollment.port,
    refusals,
    alarms,
    meddle(to) {
      changes = to ?? {};
    },
    async enroll(hostName, agoMs = 0) {
      const dir = join(await temporaryDir(t), "agent");
      const nowMs = clock.nowMs() - agoMs;
      const hostUuid = randomUUID();
      await store.createToken(
        {
          id: hostUuid,
          createdMs: nowMs,
          createdBy: "test",
          expiresMs: nowMs + 60_000,
          hostName,
          usedMs: null,
          usedByHostUuid: null,
          revokedMs: null,
        },
        hostUuid,
      );
      const { keyPem } = await makeSigningRequest();
      const publicKey = createPublicKey(keyPem).export({ type: "spki", format: "der" });
      const issued = await authority.issueAgent({ publicKey, hostUuid, nowMs, ttlMs });
      await store.enrollHost({
        secretHash: hostUuid,
        nowMs,
        uuid: hostUuid,
        name: hostName,
        address: "127.0.0.1",
        agentVersion: null,
        fingerprint: issued.fingerprint,
        certificateNotAfterMs: issued.notAfterMs,
        publicKey: publicKey.toString("base64"),
      });
      const identity = {
        hostUuid,
        hostName,
        agentHost: "127.0.0.1",
        agentPort: agents.port,
        enrollmentPort: enrollment.port,
        keyPem,
        certificatePem: issued.certificatePem,
        authorityPem: authority.certificatePem,
      };
      await saveIdentity(dir, identity);
      return { dir, identity };
    },
  };
}
