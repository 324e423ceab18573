import { randomBytes } from "node:crypto";
import { Agent, type RequestOptions, request } from "node:https";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { enroll } from "../../src/agent/enroll.ts";
import type { Identity } from "../../src/agent/identity.ts";
import { createSystemClock } from "../../src/cli/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { RECOVERY_BOUNDS } from "../../src/domain/renewal.ts";
import { type Master, type MasterOptions, startMaster } from "../../src/master/master.ts";
import { MASTER_NAME } from "../../src/pki/certificate.ts";
import { callMaster } from "./operator.ts";
import { temporaryDir } from "./temporary.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

export function masterOptions(dataDir: string, over: Partial<MasterOptions> = {}): MasterOptions {
  return {
    dataDir,
    agentPlane: LOOPBACK,
    enrollment: LOOPBACK,
    operator: LOOPBACK,
    operatorCertificate: null,
    eventsKeptMs: 90 * 86_400_000,
    advertiseHost: "127.0.0.1",
    heartbeatIntervalMs: 30_000,
    agentCertificateTtlMs: null,
    recoveryBounds: RECOVERY_BOUNDS,
    trustClock: false,
    dashboardDir: null,
    clock: createSystemClock(),
    log: silentLog,
    random: randomBytes,
    version: "0.0.0-test",
    ...over,
  };
}

/** A master of the test's own on loopback, with everything real; closed when the test is over. */
export async function openMaster(
  t: TestContext,
  over: Partial<MasterOptions> = {},
): Promise<Master & { readonly dir: string }> {
  const dir = over.dataDir ?? (await temporaryDir(t));
  const master = await startMaster(masterOptions(dir, over));
  t.after(() => master.close());
  return { ...master, dir };
}

/** Enrolls a host over the network, as an agent does, into a directory of its own or into `dir`. */
export async function enrollHost(
  t: TestContext,
  master: Pick<Master, "socketPath">,
  hostName: string,
  dir?: string,
): Promise<Identity> {
  const made = await callMaster(master, "POST", "/api/v1/tokens", {});
  const { secret } = made.json as { secret: string };
  return enroll({
    tokenText: secret,
    dir: dir ?? join(await temporaryDir(t), "agent"),
    hostName,
    agentVersion: "test",
    nowMs: Date.now(),
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** How an agent's requests reach a master: one keep-alive connection at most. */
export interface Caller {
  (
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  readonly agent: Agent;
}

/** TLS as the identity of a host; `over` replaces parts of it. */
export function tlsOf(identity: Identity, over: RequestOptions = {}): RequestOptions {
  return {
    host: identity.agentHost,
    port: identity.agentPort,
    key: identity.keyPem,
    cert: identity.certificatePem,
    ca: identity.authorityPem,
    servername: MASTER_NAME,
    ...over,
  };
}

export function callerOf(t: TestContext, identity: Identity, over: RequestOptions = {}): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const call = (
    method: string,
    path: string,
    body: string | Buffer = "",
    headers: Record<string, string> = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request({ ...tlsOf(identity, over), agent, method, path, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          text += part;
        });
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
        );
      });
      sent.on("error", reject);
      sent.end(body);
    });
  return Object.assign(call, { agent });
}

/** DeckyConfig as the seed has it. */
export function deckyConfig(name: string) {
  return {
    name,
    ip: "127.99.0.1",
    services: ["ssh"],
    distro: "debian-11",
    base_image: "debian:bullseye",
    hostname: name,
  };
}

/** A heartbeat's body, every decky running. */
export function heartbeatBody(hostUuid: string, names: readonly string[] = []): string {
  return JSON.stringify({
    host_uuid: hostUuid,
    agent_version: "test",
    status: {
      deployed: true,
      deckies: names.map(deckyConfig),
      runtime: Object.fromEntries(names.map((name) => [name, { running: true }])),
    },
  });
}

/** A body of `POST /swarm/events` with one event of a decky called web; `place` tells it from others. */
export function eventBatch(hostUuid: string, place: number, kind: string, data: object): string {
  const event = {
    event_id: `01900000-0000-7000-8000-${String(place).padStart(12, "0")}`,
    kind,
    host_uuid: hostUuid,
    decky: "web",
    service: "ssh",
    session: "session-1",
    src_ip: "192.0.2.7",
    src_port: 40_000,
    dst_ip: "127.99.0.1",
    dst_port: 22,
    at: "2026-01-01T00:00:00.000Z",
    data,
  };
  return JSON.stringify({ events: [event] });
}
