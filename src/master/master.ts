import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import { DecnetError, type ErrorCode } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { AGENT_CERTIFICATE_TTL_MS, type RecoveryBounds } from "../domain/renewal.ts";
import { openAuthorities } from "../pki/authorities.ts";
import type { Authority, MasterCertificate } from "../pki/authority.ts";
import { mintJoinToken } from "../pki/join-token.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { Store } from "../store/store.ts";
import { startCutting } from "./agent-plane/cutting.ts";
import { createHostBell } from "./agent-plane/host-bell.ts";
import { openAgentListener } from "./agent-plane/listener.ts";
import { createAgentPlane } from "./agent-plane/plane.ts";
import { createAlarms } from "./alarms.ts";
import { checkAudit, noteAuditHead } from "./audit-end.ts";
import { auditKeyOf, OPERATORS_SECRET } from "./audit-file.ts";
import { openEnrollment } from "./enrollment/enrollment.ts";
import { startEventPurge } from "./event-purge.ts";
import { openFleetSecret } from "./fleet-secret.ts";
import { createLive } from "./live.ts";
import {
  type CertificateFiles,
  issueOperatorCertificate,
  readOperatorCertificate,
} from "./operator-certificate.ts";
import { ensureFirstAdmin } from "./operator-plane/first-admin.ts";
import { openOperatorPlane } from "./operator-plane/operator-plane.ts";
import { isLoopback } from "./operator-plane/origin.ts";
import { openPresenter } from "./presentation.ts";
import { openSecret } from "./secret-file.ts";
import { keepServerCertificate, MASTER_CERTIFICATE_TTL_MS } from "./server-certificate.ts";
import { createTally } from "./tally.ts";
import { startSilenceWatch } from "./watch.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface MasterOptions {
  /** The master's part of the data directory: database, authority, fleet secret, socket. */
  readonly dataDir: string;
  /** Port 0 takes a free one, on each of the three. */
  readonly agentPlane: Address;
  readonly enrollment: Address;
  readonly operator: Address;
  /** Presented on the operator plane; null for one of the swarm's authority, or none on loopback. */
  readonly operatorCertificate: CertificateFiles | null;
  /** Events of deckies are forgotten after it. */
  readonly eventsKeptMs: number;
  /** Name or address under which agents reach this machine. */
  readonly advertiseHost: string;
  readonly heartbeatIntervalMs: number;
  /** Life of an agent's certificate; null takes the default. */
  readonly agentCertificateTtlMs: number | null;
  /** Of the authority's key; null, or left out, if it is not encrypted. */
  readonly authorityPassphrase?: string | null;
  /** How far hosts whose certificate ran out may help themselves. */
  readonly recoveryBounds: RecoveryBounds;
  /** Take the system's clock for right, even if records are from later. */
  readonly trustClock: boolean;
  /** The dashboard as built; null for none. */
  readonly dashboardDir: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
  readonly version: string;
}

export interface Master {
  readonly agentPort: number;
  readonly enrollmentPort: number;
  readonly operatorUrl: string;
  readonly socketPath: string;
  /** Just made, to be printed once; null if there is an operator already. */
  readonly firstAdmin: { readonly user: string; readonly password: string } | null;
  close(): Promise<void>;
}

/** Refusals after which it is worth asking whose certificate that once was. */
const OF_A_FORMER_CERTIFICATE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "certificate-mismatch",
  "certificate-expired",
  "host-decommissioned",
  "host-unknown",
]);

/** Records may be this much ahead of the clock before it counts as wrong. */
const CLOCK_SLACK_MS = 60_000;

/** A host may beat at once on a change, and in bursts while deckies come up; never without end. */
const PACE = { burst: 60, perSecond: 5 };

/**
 * Starts a master: store, authority, agent plane, enrollment, operator plane.
 *
 * @throws DecnetError for all that an operator can mend; then nothing is left running.
 */
export async function startMaster(options: MasterOptions): Promise<Master> {
  const { clock, log, random, dataDir } = options;
  const agentCertificateTtlMs = options.agentCertificateTtlMs ?? AGENT_CERTIFICATE_TTL_MS;
  const closing = new AbortController();
  const closers: (() => Promise<void> | void)[] = [() => closing.abort()];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const authorities = await openAuthorities({
      dir: join(dataDir, "authority"),
      nowMs: clock.nowMs(),
      random,
      passphrase: options.authorityPassphrase ?? null,
    });
    const authority = authorities.issuing;
    const fleet = await openFleetSecret(dataDir, random);
    const operators = await openSecret(join(dataDir, OPERATORS_SECRET), random);
    const auditKey = auditKeyOf(operators);
    const store = openSqliteStore(join(dataDir, "master.db"), { auditKey });
    closers.push(() => store.close());
    await checkAudit({ store, clock, log });
    closers.push(() =>
      noteAuditHead({ store, log }).catch((error: unknown) =>
        log.warn("where the audit ends could not be noted", { error }),
      ),
    );
    await checkClock(store, clock.nowMs(), options.trustClock);

    const purge = startEventPurge({ ...options, store });
    closers.push(() => purge.close());
    const live = createLive({ store, clock, log });
    closers.push(() => live.close());
    const alarms = createAlarms({ store, clock, log });
    closers.push(() => alarms.close());
    const watch = startSilenceWatch({ ...options, store, alarms });
    closers.push(() => watch.close());
    const tally = createTally({ store, clock, log, live, onLost: watch.lostBeat });
    closers.push(() => tally.close());
    const bell = createHostBell(store);
    closers.push(() => bell.close());

    const plane = createAgentPlane({
      ...options,
      store,
      bell,
      defer: setImmediate,
      pace: PACE,
      personaSeed: fleet.personaSeed,
      renewal: { authority, agentCertificateTtlMs },
      trusted: () => authorities.trusted(),
      observe: {
        seen(hostUuid, atMs) {
          tally.accepted();
          live.seen(hostUuid, atMs);
        },
        refused(code, peer) {
          tally.refused(code);
          if (peer !== null && OF_A_FORMER_CERTIFICATE.has(code)) {
            alarms.refused(peer.fingerprint, peer.address);
          }
        },
        problem: tally.problem,
        events: tally.events,
      },
    });
    const presenter = await openPresenter({ authorities, clock, log, signal: closing.signal });
    const agents = await openAgentListener({
      plane,
      log,
      listen: options.agentPlane,
      presentation: presenter.current(),
      refused: tally.refused,
    });
    closers.push(() => agents.close());
    presenter.follow((presentation) => agents.present(presentation));
    const cutting = startCutting({ store, agents, bell, clock, log });
    closers.push(() => cutting.close());

    const enrollment = await openEnrollment({
      store,
      clock,
      log,
      authorities,
      presenter,
      random,
      listen: options.enrollment,
      agentPlane: { host: options.advertiseHost, port: agents.port },
      agentCertificateTtlMs,
      recoveryBounds: options.recoveryBounds,
      refused: tally.refused,
    });
    closers.push(() => enrollment.close());

    // Of the oldest: operators' browsers have learned of another only when they are told.
    const issuer: Pick<Authority, "issueOperatorServer"> = {
      issueOperatorServer: (server) => authorities.oldest().issueOperatorServer(server),
    };
    const issueOperator = issueOperatorCertificate(issuer, [
      options.advertiseHost,
      options.operator.host,
    ]);
    const ownTls = options.operatorCertificate;
    const issued =
      ownTls === null && !isLoopback(options.operator.host)
        ? await issueOperator({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS })
        : null;
    const tls = ownTls === null ? issued : await readOperatorCertificate(ownTls, clock.nowMs());
    const socketPath = join(dataDir, "operator.sock");
    const operator = await openOperatorPlane({
      ...options,
      store,
      live,
      startedMs: clock.nowMs(),
      listen: options.operator,
      tls,
      totpKey: operators.derive("second factors"),
      socketPath,
      agentPlane: { host: options.advertiseHost, port: agents.port },
      enrollment: { host: options.advertiseHost, port: enrollment.port },
      authorities,
      async mintToken({ ttlMs, hostName, createdBy }) {
        const { id, text, secretHash } = mintJoinToken({
          authorityFingerprint: authority.fingerprint,
          host: options.advertiseHost,
          port: enrollment.port,
          random,
        });
        const createdMs = clock.nowMs();
        const token = {
          id,
          createdMs,
          createdBy,
          expiresMs: createdMs + ttlMs,
          hostName,
          usedMs: null,
          usedByHostUuid: null,
          revokedMs: null,
        };
        await store.createToken(token, secretHash);
        return { token, secret: text };
      },
      decommission: (uuid) => store.decommissionHost(uuid, clock.nowMs()),
      addressFor: fleet.addressFor,
      refused: tally.refused,
      metrics: {
        heartbeats: tally.heartbeats,
        agentConnections: agents.connections.count,
        lastSweepMs: watch.lastSweepMs,
      },
    });
    closers.push(() => operator.close());
    if (issued !== null) {
      const apply = (certificate: MasterCertificate) => operator.setCertificate(certificate);
      void keepServerCertificate({
        issue: issueOperator,
        clock,
        log,
        signal: closing.signal,
        apply,
      });
      authorities.onChange(async () =>
        apply(await issueOperator({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS })),
      );
    }
    // Last, since a password that is shown once must not be lost with a start that failed.
    const firstAdmin = await ensureFirstAdmin({ store, clock, random });
    log.info("master is up", {
      agentPort: agents.port,
      enrollmentPort: enrollment.port,
      operatorPort: operator.port,
      authority: authority.fingerprint,
    });
    return {
      agentPort: agents.port,
      enrollmentPort: enrollment.port,
      operatorUrl: urlOf(tls !== null, options, operator.port),
      socketPath,
      firstAdmin,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where an operator's browser finds the master: by its name, unless it is reached here alone. */
function urlOf(
  isSecure: boolean,
  { operator, advertiseHost }: Pick<MasterOptions, "operator" | "advertiseHost">,
  port: number,
): string {
  const host = isLoopback(operator.host) ? operator.host : advertiseHost;
  const place = isIPv6(host) ? `[${host}]` : host;
  return `${isSecure ? "https" : "http"}://${place}:${port}`;
}

/** A clock set back would call every host silent late, or never: better not to start. */
async function checkClock(store: Store, nowMs: number, trustClock: boolean): Promise<void> {
  const newestMs = await store.newestSeenMs();
  if (newestMs === null || newestMs <= nowMs + CLOCK_SLACK_MS) return;
  if (trustClock) return store.rewindTo(nowMs);
  const iso = (ms: number) => new Date(ms).toISOString();
  throw new DecnetError(
    "clock-behind",
    `the clock says ${iso(nowMs)}, a host was last seen at ${iso(newestMs)}`,
  );
}
