import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Identity } from "../../../src/agent/identity.ts";
import { fingerprintOf } from "../../../src/pki/certificate.ts";
import { makeSigningRequest } from "../../../src/pki/csr.ts";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { decnet } from "../decnet.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, openMaster } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

/** @returns The identity with its next certificate; null if there was no answer. */
async function renewed(t: TestContext, identity: Identity): Promise<Identity | null> {
  const { keyPem, requestPem } = await makeSigningRequest();
  const body = JSON.stringify({ csr: requestPem });
  const answer = await callerOf(t, identity)("POST", "/swarm/renew", body).catch(() => null);
  if (answer === null) return null;
  assert.equal(answer.status, 200, answer.text);
  const { certificate } = JSON.parse(answer.text) as { certificate: string };
  return { ...identity, keyPem, certificatePem: certificate };
}

const beat = (t: TestContext, identity: Identity) =>
  callerOf(t, identity)("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid));

async function waitForAlarm(master: { readonly socketPath: string }): Promise<ApiAlarm> {
  for (;;) {
    const [alarm] = await listOf<ApiAlarm>(master, "/api/v1/alarms");
    if (alarm !== undefined) return alarm;
  }
}

test("a retired certificate is refused, and the alarm is in the API and the commands", async (t) => {
  const data = await temporaryDir(t);
  const master = await openMaster(t, { dataDir: join(data, "master") });
  const identity = await enrollHost(t, master, "web-1");
  const next = (await renewed(t, identity)) ?? assert.fail();
  assert.equal((await beat(t, identity)).status, 204, "both count");
  assert.equal((await beat(t, next)).status, 204);
  const host = (await callMaster(master, "GET", "/api/v1/hosts/web-1")).json as ApiHost;
  assert.equal(host.fingerprint, fingerprintOf(new X509Certificate(next.certificatePem).raw));
  assert.notEqual(host.lastRenewalMs, null);

  const refused = await beat(t, identity);
  assert.deepEqual(
    [refused.status, JSON.parse(refused.text)],
    [403, { detail: "cert fingerprint mismatch" }],
  );
  const alarm = await waitForAlarm(master);
  assert.deepEqual([alarm.kind, alarm.hostUuid], ["retired-certificate", identity.hostUuid]);
  const list = await decnet(["alarm", "list", "--data", data]);
  assert.match(list.stdout, /retired-certificate +web-1 +127\.0\.0\.1/);
  const shown = await decnet(["host", "show", "web-1", "--data", data]);
  assert.match(shown.stdout, /renewal +due in \d+ d; last (now|\d+ s ago)/);
  assert.match(shown.stdout, /! alarm 1: retired-certificate, seen once from 127\.0\.0\.1/);
  const done = await decnet(["alarm", "acknowledge", String(alarm.id), "--data", data]);
  assert.deepEqual([done.code, done.stdout], [0, "Acknowledged 1.\n"]);
  assert.equal((await decnet(["alarm", "list", "--data", data])).stdout, "No alarms.\n");
  const all = await decnet(["alarm", "list", "--all", "--json", "--data", data]);
  assert.equal((JSON.parse(all.stdout) as ApiAlarm[]).length, 1);
  const none = await decnet(["alarm", "acknowledge", "7", "--data", data]);
  assert.deepEqual([none.code, /no such alarm/.test(none.stderr)], [3, true]);
  const bad = await decnet(["alarm", "acknowledge", "one", "--data", data]);
  assert.equal(bad.code, 2);
});

test("a master that is killed while hosts renew knows every certificate that it gave", async (t) => {
  const dir = await temporaryDir(t);
  const start = async (port = 0) => {
    const path = join(import.meta.dirname, "../heart/master-process.ts");
    const child = fork(path, [dir, String(port)]);
    t.after(() => child.kill("SIGKILL"));
    const [ready] = (await once(child, "message")) as [{ agentPort: number; socketPath: string }];
    return { ...ready, child };
  };
  const master = await start();
  const hosts = await Promise.all(
    Array.from({ length: 4 }, (_, n) => enrollHost(t, master, `host-${n}`)),
  );
  let given = 0;
  /** Current, and next if it was given: one of them must count after the restart. */
  const held = await Promise.all(
    hosts.map(async (host) => {
      let current = host;
      for (let round = 0; round < 6; round += 1) {
        const next = await renewed(t, current);
        if (next === null) return [current];
        given += 1;
        if (given === 9) master.child.kill("SIGKILL");
        const answer = await beat(t, next).catch(() => null);
        if (answer === null) return [next, current];
        assert.equal(answer.status, 204);
        current = next;
      }
      return [current];
    }),
  );
  await once(master.child, "exit");
  await start(master.agentPort);
  for (const [newest, former] of held) {
    const status = (await beat(t, newest ?? assert.fail())).status;
    assert.equal(status, 204, "the newest certificate that was given counts");
    if (former !== undefined) assert.equal((await beat(t, former)).status, 403, "then no other");
  }
});
