import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { runAgent } from "../../../src/agent/agent.ts";
import { enroll } from "../../../src/agent/enroll.ts";
import { loadIdentity, saveIdentity } from "../../../src/agent/identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import { fingerprintOf } from "../../../src/pki/certificate.ts";
import { mintJoinToken } from "../../../src/pki/join-token.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import type { ApiStatus } from "../../../src/wire/api/status.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { eventsBody } from "./requests.ts";
import { keptIn, setScene } from "./scene.ts";

const BEAT = "/swarm/heartbeat";

test("another host's uuid in the body gives nobody its identity, nor a row of it", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  const own = heartbeatBody(alpha.hostUuid, ["gate"]);
  assert.equal((await callerOf(t, alpha)("POST", BEAT, own)).status, 204);
  const before = await scene.snapshot();

  const liar = callerOf(t, beta);
  for (const headers of [{}, { "decnet-boot": "900", "decnet-sequence": "1" }]) {
    const answer = await liar("POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"]), headers);
    assert.deepEqual([answer.status, answer.text], [403, '{"detail":"cert fingerprint mismatch"}']);
  }
  const receipt = await liar("POST", "/swarm/events", eventsBody(alpha.hostUuid, "gate"));
  assert.deepEqual(JSON.parse(receipt.text), {
    stored: 0,
    duplicates: 0,
    refused: ["01900000-0000-7000-8000-000000000001"],
  });
  await scene.assertTraces(before, { refused: { "certificate-mismatch": 2, "event-refused": 1 } });
  assert.ok(scene.log.some((line) => line.startsWith("events refused")));
});

const FORGED = "203.0.113.9";
const FORWARDED = {
  forwarded: `for=${FORGED};proto=https`,
  "x-forwarded-for": FORGED,
  "x-real-ip": FORGED,
};

test("forged forwarding headers give nobody an identity, and no other address in any record", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  const headers = {
    ...FORWARDED,
    "x-client-cert-fingerprint": fingerprintOf(Buffer.from(alpha.certificatePem)),
    "x-ssl-client-cert": encodeURIComponent(alpha.certificatePem),
    "x-ssl-client-verify": "SUCCESS",
    "x-forwarded-client-cert": `URI=decnet://host/${alpha.hostUuid}`,
  };
  const beat = (identity: typeof alpha, hostUuid: string) =>
    callerOf(t, identity)("POST", BEAT, heartbeatBody(hostUuid), headers);
  const before = await scene.snapshot();
  assert.equal((await beat(beta, alpha.hostUuid)).status, 403);
  await scene.assertTraces(before, { refused: { "certificate-mismatch": 1 } });

  assert.equal((await beat(beta, beta.hostUuid)).status, 204);
  const host = (await callMaster(master, "GET", "/api/v1/hosts/beta")).json as ApiHost;
  assert.equal(host.address, "127.0.0.1");
  await callMaster(master, "POST", "/api/v1/hosts/beta/decommission", { confirmName: "beta" });
  const buried = await scene.snapshot();
  assert.equal((await beat(beta, beta.hostUuid)).status, 403);
  await scene.assertTraces(buried, {
    refused: { "host-decommissioned": 1 },
    alarms: ["decommissioned-certificate beta 127.0.0.1"],
  });
  assert.ok(!JSON.stringify([await scene.snapshot(), scene.log]).includes(FORGED));
});

/** By the socket file, as the command line asks. */
async function textOf({ socketPath }: { readonly socketPath: string }, path: string) {
  const sent = request({ socketPath, path }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return (await answer.toArray()).join("");
}

test("an agent's certificate opens nothing on the operator plane, and the agent plane has no operator's route", async (t) => {
  const scene = await setScene(t, { operator: { host: "0.0.0.0", port: 0 } });
  const { master } = scene;
  const alpha = await enrollHost(t, master, "alpha");
  await enrollHost(t, master, "beta");
  const asAgent = (method: string, path: string, body: string, headers: object = {}) =>
    new Promise<number>((resolve, reject) => {
      const sent = httpsRequest(
        new URL(path, master.operatorUrl),
        {
          method,
          headers: { "content-type": "application/json", ...FORWARDED, ...headers },
          cert: alpha.certificatePem,
          key: alpha.keyPem,
          ca: alpha.authorityPem,
          agent: false,
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  const before = await scene.snapshot();
  const deeds = [
    ["GET", "/api/v1/hosts", ""],
    ["POST", "/api/v1/tokens", "{}"],
    ["POST", "/api/v1/hosts/beta/decommission", '{"confirmName":"beta"}'],
    ["POST", "/api/v1/deckies", '{"host":"beta","name":"planted"}'],
  ] as const;
  for (const [method, path, body] of deeds) {
    assert.equal(await asAgent(method, path, body), 401, path);
  }
  const bearer = { authorization: `Bearer decnet-api-${"a".repeat(43)}` };
  assert.equal(await asAgent("GET", "/metrics", "", bearer), 401);
  const text = await textOf(master, "/metrics");
  assert.match(text, /^decnet_operator_answers_total\{status="401"\} 5$/m);
  for (const [method, path, body] of deeds) {
    const answer = await callerOf(t, alpha)(method, path, body);
    assert.deepEqual([answer.status, answer.headers["decnet-error"]], [404, "route-unknown"]);
  }
  await scene.assertTraces(before, {
    refused: { "api-token-invalid": 1, "route-unknown": deeds.length },
  });
});

test("a master impostor with an agent's certificate is told nothing, and the agent says why", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const dir = join(await temporaryDir(t), "agent");
  const alpha = await enrollHost(t, master, "alpha", dir);
  const beta = await enrollHost(t, master, "beta");
  const heard: string[] = [];
  // Beta was broken into: its key serves, with the swarm's authority behind it.
  const impostor = createServer(
    { key: beta.keyPem, cert: beta.certificatePem + beta.authorityPem, requestCert: true },
    ({ url }, response) => {
      heard.push(url ?? "");
      response.writeHead(403, { "decnet-error": "host-decommissioned" }).end("{}");
    },
  );
  t.after(() => {
    impostor.close();
    impostor.closeAllConnections();
  });
  impostor.listen(0, "127.0.0.1");
  await once(impostor, "listening");
  const { port } = impostor.address() as AddressInfo;
  const before = await scene.snapshot();

  // Whoever holds the network leads the agent there, for beats, renewals and recoveries alike.
  const misled = { ...alpha, agentPort: port, enrollmentPort: port };
  await saveIdentity(dir, misled);
  const lines: string[] = [];
  const said = Promise.withResolvers<void>();
  const kept = keptIn(lines);
  const stop = new AbortController();
  const agent = runAgent({
    dataDir: dir,
    identity: misled,
    runtimes: () => ({}),
    clock: createSystemClock(),
    log: {
      ...kept,
      warn(message, facts) {
        kept.warn(message, facts);
        if (message.startsWith("heartbeat failed")) said.resolve();
      },
    },
    version: "test",
    random: Math.random,
    signal: stop.signal,
  });
  await said.promise;
  stop.abort();
  await agent;
  assert.match(
    lines.join("\n"),
    /heartbeat failed: the server is not the master .* somebody may be in between/,
  );
  assert.notEqual(await loadIdentity(dir), null, "no impostor can have it wipe its key");

  const { text: tokenText } = mintJoinToken({
    authorityFingerprint: ((await callMaster(master, "GET", "/api/v1/status")).json as ApiStatus)
      .authorityFingerprint,
    host: "127.0.0.1",
    port,
    random: (bytes) => Buffer.alloc(bytes, 7),
  });
  const fresh = join(await temporaryDir(t), "agent");
  const joining = { tokenText, dir: fresh, hostName: null, agentVersion: "test" };
  await assert.rejects(enroll({ ...joining, nowMs: Date.now() }), { code: "master-not-trusted" });
  assert.deepEqual(heard, [], "not one request");
  await scene.assertTraces(before, {});
  assert.equal((await listOf(master, "/api/v1/hosts")).length, 2);
});
