import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createSystemClock } from "../../src/cli/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { createHostBell } from "../../src/master/agent-plane/host-bell.ts";
import { AGENT_PLANE_LIMITS } from "../../src/master/agent-plane/limits.ts";
import { openAgentListener } from "../../src/master/agent-plane/listener.ts";
import { createAgentPlane } from "../../src/master/agent-plane/plane.ts";
import { createLive } from "../../src/master/live.ts";
import { openPresenter } from "../../src/master/presentation.ts";
import { createTally } from "../../src/master/tally.ts";
import { startSilenceWatch } from "../../src/master/watch.ts";
import { openAuthorities } from "../../src/pki/authorities.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { makeHosts } from "./identities.ts";
import { serveParent } from "./serve-parent.ts";

/* The master's agent plane as `master.ts` composes it, on a real file, but for the limit on pace. */

const [dir = "", hostCount = "16"] = process.argv.slice(2);
const clock = createSystemClock();
const log = silentLog;
const authorities = await openAuthorities({ dir, nowMs: clock.nowMs(), random: randomBytes });
const authority = authorities.newest();
const store = openSqliteStore(join(dir, "bench.db"));
const { hosts, keyPem } = await makeHosts(authority, Number(hostCount));
for (const { uuid, name, fingerprint, notAfterMs } of hosts) {
  const nowMs = clock.nowMs();
  const token = {
    id: uuid,
    createdMs: nowMs,
    createdBy: "bench",
    expiresMs: nowMs + 60_000,
    hostName: null,
    usedMs: null,
    usedByHostUuid: null,
    revokedMs: null,
  };
  await store.createToken(token, uuid);
  await store.enrollHost({
    secretHash: uuid,
    nowMs,
    uuid,
    name,
    address: "127.0.0.1",
    agentVersion: null,
    fingerprint,
    certificateNotAfterMs: notAfterMs,
  });
}
const live = createLive({ store, clock, log });
const watch = startSilenceWatch({ store, clock, log, heartbeatIntervalMs: 30_000 });
const tally = createTally({ store, clock, log, onLost: watch.lostBeat });
const plane = createAgentPlane({
  store,
  clock,
  log,
  bell: createHostBell(store),
  random: randomBytes,
  defer: setImmediate,
  heartbeatIntervalMs: 30_000,
  pace: null,
  personaSeed: () => "00".repeat(32),
  renewal: null,
  trusted: () => authorities.trusted(),
  observe: {
    seen(hostUuid, atMs) {
      tally.accepted();
      live.seen(hostUuid, atMs);
    },
    refused: tally.refused,
    problem: tally.problem,
    events: tally.events,
  },
});
const presenter = await openPresenter({
  authorities,
  clock,
  log,
  signal: new AbortController().signal,
});
const listener = await openAgentListener({
  plane,
  nowMs: () => clock.nowMs(),
  log,
  listen: { host: "127.0.0.1", port: 0 },
  presentation: presenter.current(),
  refused: tally.refused,
  // All hosts are at one address here.
  limits: { ...AGENT_PLANE_LIMITS, perAddress: Infinity, unprovenPerAddress: Infinity },
});
serveParent({
  port: listener.port,
  keyPem,
  authorityPem: authority.certificatePem,
  hosts: hosts.map(({ uuid, name, certificatePem }) => ({ uuid, name, certificatePem })),
});
