import { join } from "node:path";
import type { ErrorCode } from "../domain/errors.ts";
import { AGENT_CERTIFICATE_TTL_MS } from "../domain/renewal.ts";
import { openAuthorities } from "../pki/authorities.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { startCutting } from "./agent-plane/cutting.ts";
import { createHostBell } from "./agent-plane/host-bell.ts";
import { openAgentListener } from "./agent-plane/listener.ts";
import { createAgentPlane } from "./agent-plane/plane.ts";
import { createAlarms } from "./alarms.ts";
import { checkAudit, noteAuditHead } from "./audit-end.ts";
import { auditKeyOf, OPERATORS_SECRET } from "./audit-file.ts";
import { checkClock } from "./check-clock.ts";
import { checkFirstStart } from "./check-first-start.ts";
import { openEnrollment } from "./enrollment/enrollment.ts";
import { startEventPurge } from "./event-purge.ts";
import { openFleetSecret } from "./fleet-secret.ts";
import { createLive } from "./live.ts";
import type { Master, MasterOptions } from "./master-options.ts";
import { openOperators } from "./open-operators.ts";
import { ensureFirstAdmin } from "./operator-plane/first-admin.ts";
import { openPresenter } from "./presentation.ts";
import { openSecret } from "./secret-file.ts";
import { createTally } from "./tally.ts";
import { startSilenceWatch } from "./watch.ts";

export type { Master, MasterOptions } from "./master-options.ts";

/** Refusals after which it is worth asking whose certificate that once was. */
const OF_A_FORMER_CERTIFICATE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "certificate-mismatch",
  "certificate-expired",
  "host-decommissioned",
  "host-unknown",
]);

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
  await checkFirstStart(options);
  try {
    const authorities = await openAuthorities({
      dir: join(dataDir, "authority"),
      nowMs: clock.nowMs(),
      random,
      passphrase: options.authorityPassphrase ?? null,
    });
    const authority = authorities.issuing;
    const fleet = await openFleetSecret(dataDir, random);
    const secret = await openSecret(join(dataDir, OPERATORS_SECRET), random);
    const auditKey = auditKeyOf(secret);
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
      nowMs: () => clock.nowMs(),
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

    const operators = await openOperators({
      options,
      store,
      live,
      authorities,
      totpKey: secret.derive("second factors"),
      addressFor: fleet.addressFor,
      agentPort: agents.port,
      enrollmentPort: enrollment.port,
      refused: tally.refused,
      metrics: {
        heartbeats: tally.heartbeats,
        agentConnections: agents.connections.count,
        lastSweepMs: watch.lastSweepMs,
      },
      signal: closing.signal,
    });
    closers.push(() => operators.close());
    // Last, since a password that is shown once must not be lost with a start that failed.
    const firstAdmin = await ensureFirstAdmin({ store, clock, random });
    log.info("master is up", {
      agentPort: agents.port,
      enrollmentPort: enrollment.port,
      operatorPort: operators.port,
      authority: authority.fingerprint,
    });
    return {
      agentPort: agents.port,
      enrollmentPort: enrollment.port,
      operatorUrl: operators.url,
      socketPath: operators.socketPath,
      firstAdmin,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
