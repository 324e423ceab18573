import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { openAuthority } from "../../../src/pki/authorities.ts";
import { makeSigningRequest, readSigningRequest } from "../../../src/pki/csr.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, deckyConfig, enrollHost, heartbeatBody, openMaster, tlsOf } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

const BEAT = "/swarm/heartbeat";

test("POST /swarm/heartbeat answers as the contract says, over real mutual TLS", async (t) => {
  const master = await openMaster(t);
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  const call = callerOf(t, alpha);

  const accepted = await call("POST", BEAT, heartbeatBody(alpha.hostUuid, ["d1"]));
  assert.equal(accepted.status, 204);
  assert.equal(accepted.text, "");
  assert.equal(accepted.headers["decnet-interval-ms"], "30000");
  assert.equal(accepted.headers["decnet-generation"], "0");

  const before = await everything(master);
  const detail = async (body: string, status: number) => {
    const answer = await call("POST", BEAT, body);
    assert.equal(answer.status, status, answer.text);
    return (JSON.parse(answer.text) as { detail: unknown }).detail;
  };
  assert.equal(await detail(heartbeatBody(beta.hostUuid), 403), "cert fingerprint mismatch");
  assert.equal(await detail(heartbeatBody("never-enrolled"), 404), "unknown host");
  assert.equal(typeof (await detail("{not json", 400)), "string");
  assert.equal(typeof (await detail("\xff\xfe", 400)), "string");
  assert.deepEqual(await detail('{"host_uuid": 7, "status": []}', 422), [
    { field: "/host_uuid", fault: "must be string" },
    { field: "/status", fault: "must be object" },
  ]);
  assert.ok(Array.isArray(await detail("[]", 422)));
  const large = await call("POST", BEAT, Buffer.alloc(3 * 1024 * 1024, " "));
  assert.equal(large.status, 413);
  for (const headers of [
    { "decnet-boot": "1" },
    { "decnet-boot": "x", "decnet-sequence": "1" },
    { "decnet-boot": "-1", "decnet-sequence": "1" },
    { "decnet-boot": "1", "decnet-sequence": "99999999999999999" },
  ]) {
    const answer = await call("POST", BEAT, heartbeatBody(alpha.hostUuid), headers);
    assert.equal(answer.headers["decnet-error"], "header-invalid");
  }
  assert.equal((await call("GET", BEAT)).status, 405);
  assert.equal((await call("POST", "/api/v1/tokens", "{}")).status, 404);
  assert.deepEqual(await everything(master), before, "P4: nothing was written");
});

test("a heartbeat as the seed's agents send it is taken in", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  const body = JSON.stringify({
    host_uuid: alpha.hostUuid,
    agent_version: null,
    status: {
      deployed: true,
      mode: "unihost",
      compose_path: "/var/lib/decnet/compose.yml",
      deckies: [
        {
          ...deckyConfig("up"),
          build_base: "debian:bookworm-slim",
          archetype: null,
          service_config: { ssh: { port: 22 } },
          nmap_os: "windows",
          mutate_interval: 30,
          last_mutated: 1776000000.5,
          last_login_attempt: 0,
          host_uuid: null,
        },
        deckyConfig("down"),
        deckyConfig("unmentioned"),
        deckyConfig("odd"),
        { ...deckyConfig("broken"), services: [] },
      ],
      runtime: { up: { running: true, id: "c0ffee" }, down: { running: false }, odd: "up" },
    },
  });
  assert.equal((await call("POST", BEAT, body)).status, 204);
  const shards = await listOf<{ name: string; state: string; config: { nmap_os?: string } }>(
    master,
    "/api/v1/shards",
  );
  assert.deepEqual(Object.fromEntries(shards.map(({ name, state }) => [name, state])), {
    up: "running",
    down: "degraded",
    unmentioned: "degraded",
    odd: "degraded",
  });
  assert.equal(shards.find(({ name }) => name === "up")?.config.nmap_os, "windows");
  const [problem] = await listOf<{ decky: string; detail: string }>(master, "/api/v1/problems");
  assert.equal(problem?.decky, "broken");
  assert.match(problem.detail, /services/);
  const idle = JSON.stringify({ host_uuid: alpha.hostUuid, status: {} });
  assert.equal((await call("POST", BEAT, idle)).status, 204);
  const after = await listOf<{ state: string }>(master, "/api/v1/shards");
  assert.ok(
    after.every(({ state }) => state === "absent"),
    "P6: nothing deployed, nothing listed",
  );
});

test("an entry nested without end is malformed, and its siblings are kept", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const body = `{"host_uuid":"${alpha.hostUuid}","status":{"deployed":true,"deckies":[{"name":"deep","x":${deep}},${JSON.stringify(deckyConfig("fine"))}]}}`;
  const answer = await callerOf(t, alpha)("POST", BEAT, body);
  assert.equal(answer.status, 204);
  const shards = await listOf<{ name: string }>(master, "/api/v1/shards");
  assert.deepEqual(
    shards.map(({ name }) => name),
    ["fine"],
  );
  const problems = await listOf<{ decky: string }>(master, "/api/v1/problems");
  assert.deepEqual(
    problems.map(({ decky }) => decky),
    ["deep"],
  );
});

test("an empty body with the digest of the last one counts; another digest asks for the whole", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  const body = heartbeatBody(alpha.hostUuid, ["d1"]);
  const { createHash } = await import("node:crypto");
  const digest = createHash("sha256").update(body).digest("hex");
  const omitted = () => call("POST", BEAT, "", { "decnet-status-digest": digest });
  assert.equal((await omitted()).headers["decnet-error"], "status-unknown");
  assert.equal((await call("POST", BEAT, body)).status, 204);
  assert.equal((await omitted()).status, 204);
  await call("POST", BEAT, heartbeatBody(alpha.hostUuid, []));
  assert.equal((await omitted()).status, 409, "that digest is no longer the host's state");
});

test("the agent plane lets nobody in without a certificate of its authority and role", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const nowMs = Date.now();
  const attempt = (over: object) =>
    callerOf(t, alpha, over)("POST", BEAT, heartbeatBody(alpha.hostUuid));

  await assert.rejects(attempt({ key: undefined, cert: undefined }), "no certificate");

  const foreign = await openAuthority({ dir: await temporaryDir(t), nowMs, random: randomBytes });
  const signing = await makeSigningRequest();
  const read = readSigningRequest(signing.requestPem);
  assert.ok(read.kind !== "refused");
  const forged = await foreign.issueAgent({ ...read, hostUuid: alpha.hostUuid, nowMs, ttlMs: 1e6 });
  await assert.rejects(
    attempt({ key: signing.keyPem, cert: forged.certificatePem }),
    "a certificate of another authority",
  );

  const own = await openAuthority({ dir: `${master.dir}/authority`, nowMs, random: randomBytes });
  const server = await own.issueMaster({ nowMs, ttlMs: 1e6 });
  await assert.rejects(
    attempt({ key: server.keyPem, cert: server.certificatePem }),
    "a master's certificate as a client",
  );

  const expired = await own.issueAgent({
    ...read,
    hostUuid: alpha.hostUuid,
    nowMs: nowMs - 1e9,
    ttlMs: 1e6,
  });
  await assert.rejects(
    attempt({ key: signing.keyPem, cert: expired.certificatePem }),
    "an expired certificate",
  );

  // Well signed, right role, right name in it: and yet not the one that is pinned.
  const twin = await own.issueAgent({ ...read, hostUuid: alpha.hostUuid, nowMs, ttlMs: 1e6 });
  const answer = await attempt({ key: signing.keyPem, cert: twin.certificatePem });
  assert.equal(answer.status, 403);
  assert.equal(answer.text, '{"detail":"cert fingerprint mismatch"}');
  assert.equal((await attempt({ maxVersion: "TLSv1.2" })).status, 204);
  await assert.rejects(attempt({ maxVersion: "TLSv1.1", minVersion: "TLSv1" }));
});

test("a forwarding header or a name in the body gives nobody another identity", async (t) => {
  const master = await openMaster(t);
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  const answer = await callerOf(t, beta)("POST", BEAT, heartbeatBody(alpha.hostUuid), {
    "x-forwarded-for": "127.0.0.1",
    "x-ssl-client-cert": encodeURIComponent(alpha.certificatePem),
    "x-client-cert-fingerprint": "0".repeat(64),
  });
  assert.equal(answer.status, 403);
});

test("a resumed session is checked like a new one", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const options = { ...tlsOf(alpha), host: "127.0.0.1", port: master.agentPort };
  const beatOver = async (session?: Buffer) => {
    const socket = tlsConnect({ ...options, ...(session && { session }) } as never);
    let ticket: Buffer | undefined;
    socket.on("session", (fresh: Buffer) => {
      ticket = fresh;
    });
    await once(socket, "secureConnect");
    const body = heartbeatBody(alpha.hostUuid);
    socket.write(
      `POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [data] = (await once(socket, "data")) as [Buffer];
    const reused = socket.isSessionReused();
    socket.destroy();
    return { status: data.toString().split(" ")[1], reused, ticket };
  };
  const first = await beatOver();
  assert.equal(first.status, "204");
  const resumed = await beatOver(first.ticket);
  assert.deepEqual([resumed.status, resumed.reused], ["204", true], "resumption is on");
  await callMaster(master, "POST", `/api/v1/hosts/${alpha.hostUuid}/decommission`, {
    confirmName: "alpha",
  });
  const after = await beatOver(first.ticket);
  assert.equal(after.status, "403");
});

async function everything(master: { readonly socketPath: string }): Promise<unknown> {
  const paths = ["hosts?decommissioned=true", "shards", "problems", "deckies", "tokens", "events"];
  return Promise.all(paths.map((path) => listOf(master, `/api/v1/${path}`)));
}
