import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import type { Identity } from "../../../src/agent/identity.ts";
import { AGENT_PLANE_LIMITS as LIMITS } from "../../../src/master/agent-plane/limits.ts";
import { openSwarm } from "../identity/swarm-of-parts.ts";
import { callerOf, heartbeatBody, tlsOf } from "../swarm.ts";

const BEAT = "/swarm/heartbeat";
/** Far above all limits here, and far below those that are not set small. */
const SOON_MS = 8000;

/** Resolves when it is closed, with what it had been sent by then. */
function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

function silent(t: TestContext, port: number, localAddress = "127.0.0.1") {
  const socket = createConnection({ host: "127.0.0.1", port, localAddress });
  t.after(() => socket.destroy());
  return { socket, closed: untilClosed(socket) };
}

async function secure(t: TestContext, identity: Identity) {
  const socket: TLSSocket = connect(tlsOf(identity) as never);
  t.after(() => socket.destroy());
  const closed = untilClosed(socket);
  await once(socket, "secureConnect");
  return { socket, closed };
}

/** Writes `text` a byte at a time for as long as it is let, and never its end. */
function dribble(t: TestContext, socket: Socket, text: string | Buffer): void {
  let place = 0;
  const timer = setInterval(() => {
    if (place + 1 < text.length && socket.writable) socket.write(text.slice(place, ++place));
  }, 20);
  const stop = () => clearInterval(timer);
  socket.once("close", stop);
  t.after(stop);
}

/** The first flight of a real client. */
async function clientHello(): Promise<Buffer> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ host: "127.0.0.1", port: (server.address() as { port: number }).port });
  client.on("error", () => {});
  const [accepted] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(accepted, "data")) as [Buffer];
  client.destroy();
  accepted.destroy();
  server.close();
  return hello;
}

test("who says nothing, half a hello, or a hello byte by byte is cut in time", async (t) => {
  const swarm = await openSwarm(t, { limits: { handshakeMs: 500 } });
  const { agentPort } = (await swarm.enroll("alpha")).identity;
  const hello = await clientHello();
  const startedMs = performance.now();
  const [mute, half, slow] = [silent(t, agentPort), silent(t, agentPort), silent(t, agentPort)];
  half.socket.write(hello.subarray(0, hello.length / 2));
  dribble(t, slow.socket, hello);
  await Promise.all([mute.closed, half.closed, slow.closed]);
  assert.ok(performance.now() - startedMs < SOON_MS);
});

test("what is not TLS is hung up on at once", async (t) => {
  const swarm = await openSwarm(t);
  const { agentPort } = (await swarm.enroll("alpha")).identity;
  const startedMs = performance.now();
  for (const port of [agentPort, swarm.enrollmentPort]) {
    const { socket, closed } = silent(t, port);
    socket.write("GET / HTTP/1.1\r\nHost: m\r\n\r\n");
    await closed;
  }
  assert.ok(performance.now() - startedMs < SOON_MS, "before the time for a handshake is up");
});

test("who shows a certificate and then says nothing, or nothing more, is cut in time", async (t) => {
  const swarm = await openSwarm(t, { limits: { headersMs: 500, keepAliveMs: 500, checkMs: 100 } });
  const { identity } = await swarm.enroll("alpha");
  const startedMs = performance.now();
  const mute = await secure(t, identity);
  const once = await secure(t, identity);
  const body = heartbeatBody(identity.hostUuid);
  once.socket.write(
    `POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.match(await mute.closed, /^HTTP\/1\.1 408 .*decnet-error: body-too-slow/s);
  assert.match(await once.closed, /^HTTP\/1\.1 204 /);
  assert.ok(performance.now() - startedMs < SOON_MS);
});

test("who does not read what it is answered is cut in time", async (t) => {
  const swarm = await openSwarm(t, { limits: { idleMs: 500 } });
  const { identity } = await swarm.enroll("alpha");
  const { socket, closed } = await secure(t, identity);
  const startedMs = performance.now();
  socket.pause();
  const requests = "GET /swarm/nowhere HTTP/1.1\r\nHost: m\r\n\r\n".repeat(2000);
  const write = () => socket.writable && socket.write(requests, write);
  write();
  await closed;
  assert.ok(performance.now() - startedMs < SOON_MS);
});

test("200 connections that dribble headers and bodies hold up nobody, and are cut in time", async (t) => {
  const swarm = await openSwarm(t, {
    limits: { headersMs: 1000, requestMs: 2000, checkMs: 100, perCertificate: 200 },
  });
  const [slow, alpha] = [await swarm.enroll("slow"), await swarm.enroll("alpha")];
  const call = callerOf(t, alpha.identity);
  const attackers: Awaited<ReturnType<typeof secure>>[] = [];
  while (attackers.length < 200) attackers.push(await secure(t, slow.identity));
  const startedMs = performance.now();
  for (const [n, { socket }] of attackers.entries()) {
    const head = `POST ${BEAT} HTTP/1.1\r\nHost: m\r\nX-Slow: ${"x".repeat(4000)}`;
    if (n % 2 === 0) dribble(t, socket, head);
    else {
      socket.write(`POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: 5000\r\n\r\n`);
      dribble(t, socket, `{"host_uuid":"${slow.identity.hostUuid}","x":"${"x".repeat(4000)}`);
    }
  }
  const cut = Promise.all(attackers.map(({ closed }) => closed));
  let [beats, slowestMs] = [0, 0];
  while (attackers.some(({ socket }) => !socket.destroyed)) {
    const sentMs = performance.now();
    const answer = await call("POST", BEAT, heartbeatBody(alpha.identity.hostUuid, [`d${beats}`]));
    assert.equal(answer.status, 204);
    slowestMs = Math.max(slowestMs, performance.now() - sentMs);
    beats += 1;
  }
  for (const answer of await cut) assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - startedMs < SOON_MS);
  assert.ok(beats > 20 && slowestMs < 1000, `${beats} beats, the slowest took ${slowestMs} ms`);
  const host = await swarm.store.getHost(slow.identity.hostUuid);
  assert.equal(host?.state, "enrolled", "half a heartbeat is none");
});

test("an address may hold only so many connections that have not shown who they are", async (t) => {
  const swarm = await openSwarm(t, { limits: { handshakeMs: 3000, unprovenPerAddress: 20 } });
  const { identity } = await swarm.enroll("alpha");
  const { agentPort, hostUuid } = identity;
  const beat = async (localAddress?: string) =>
    (await callerOf(t, identity, { localAddress })("POST", BEAT, heartbeatBody(hostUuid))).status;
  const early = callerOf(t, identity);
  assert.equal((await early("POST", BEAT, heartbeatBody(hostUuid))).status, 204);

  const crowd = Array.from({ length: 60 }, () => silent(t, agentPort));
  let left = crowd.length;
  await new Promise<void>((resolve) => {
    for (const { socket } of crowd) {
      socket.on("close", () => {
        left -= 1;
        if (left === 20) resolve();
      });
    }
  });
  assert.deepEqual([...new Set(swarm.refusals)], ["overloaded"]);
  assert.equal((await early("POST", BEAT, heartbeatBody(hostUuid))).status, 204, "who was in");
  assert.equal(await beat("127.0.0.2"), 204, "another address");
  await assert.rejects(beat(), "no more of this one");
  assert.equal(left, 20);
  await Promise.all(crowd.map(({ closed }) => closed));
  assert.equal(await beat(), 204, "and again, once they were cut");
});

test("connections that have shown a certificate are limited by address and by certificate", async (t) => {
  const swarm = await openSwarm(t, { limits: { perAddress: 6, perCertificate: 4 } });
  const [alpha, beta] = [await swarm.enroll("alpha"), await swarm.enroll("beta")];
  const open = [];
  for (let n = 0; n < 4; n += 1) open.push(await secure(t, alpha.identity));
  const call = callerOf(t, alpha.identity);
  const body = heartbeatBody(alpha.identity.hostUuid);
  await assert.rejects(call("POST", BEAT, body), "a fifth of one certificate");
  assert.deepEqual(swarm.refusals, ["overloaded"]);
  for (let n = 0; n < 2; n += 1) open.push(await secure(t, beta.identity));
  await assert.rejects(secure(t, beta.identity), "a seventh of one address");
  assert.deepEqual(swarm.refusals, ["overloaded", "overloaded"]);
  for (const { socket, closed } of open) {
    socket.end();
    await closed;
  }
  assert.equal((await call("POST", BEAT, body)).status, 204);
});

test("one address cannot use up the enrollment listener", async (t) => {
  const swarm = await openSwarm(t);
  const crowd = Array.from({ length: 70 }, () => silent(t, swarm.enrollmentPort));
  await Promise.race(crowd.map(({ closed }) => closed));
  const other = silent(t, swarm.enrollmentPort, "127.0.0.2");
  other.socket.write(await clientHello());
  await once(other.socket, "data");
});

test("docs/protocol.md tells what connections may cost", async () => {
  const path = join(import.meta.dirname, "../../../docs/protocol.md");
  const page = (await readFile(path, "utf8")).replace(/\s+/g, " ");
  const seconds = (ms: number) => `${ms / 1000}`;
  for (const text of [
    `${LIMITS.headerBytes / 1024} KiB of headers, ${seconds(LIMITS.handshakeMs)} seconds for a handshake`,
    `${seconds(LIMITS.headersMs)} for headers, ${seconds(LIMITS.requestMs)} for a whole request`,
    `open for ${seconds(LIMITS.keepAliveMs)} seconds without a request`,
    `${seconds(LIMITS.idleMs)} seconds in which nothing moves`,
    `${LIMITS.connections.toLocaleString("en-US")} connections at a time`,
    `${LIMITS.perCertificate} of one certificate`,
    `${LIMITS.perAddress.toLocaleString("en-US")} of one address`,
    `${LIMITS.unprovenPerAddress} of those before`,
  ]) {
    assert.ok(page.includes(text), text);
  }
});
