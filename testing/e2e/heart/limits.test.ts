import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect } from "node:tls";
import type { Identity } from "../../../src/agent/identity.ts";
import { listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, openMaster, tlsOf } from "../swarm.ts";

const BEAT = "/swarm/heartbeat";

async function rawConnection(identity: Identity) {
  const socket = connect(tlsOf(identity) as never);
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

test("a body of 100 MB is refused before it is read, and the master stays small", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const socket = await rawConnection(alpha);
  const bytes = 100 * 1024 * 1024;
  socket.write(`POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: ${bytes}\r\n\r\n`);
  const before = process.memoryUsage().rss;
  let answer = "";
  socket.on("data", (data: Buffer) => {
    answer += data.toString();
  });
  const closed = once(socket, "close");
  const part = Buffer.alloc(1024 * 1024, " ");
  let sent = 0;
  while (socket.writable && sent < bytes) {
    sent += part.length;
    await new Promise((resolve) => {
      socket.write(part, resolve);
      socket.once("close", resolve);
    });
  }
  await closed;
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /decnet-error: body-too-large/i);
  assert.ok(sent < bytes / 2, `${sent} bytes could be sent`);
  assert.ok(process.memoryUsage().rss - before < 100e6);
  assert.equal((await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid))).status, 204);
});

test("a body without a length is cut off at the limit", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const socket = await rawConnection(alpha);
  socket.write(`POST ${BEAT} HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n`);
  let answer = "";
  socket.on("data", (data: Buffer) => {
    answer += data.toString();
  });
  const part = `100000\r\n${" ".repeat(0x100000)}\r\n`;
  for (let n = 0; n < 4; n += 1) socket.write(part);
  await once(socket, "close");
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test("a client asked to wait for 100 Continue learns of the limit before it sends", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const socket = await rawConnection(alpha);
  socket.write(
    `POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`,
  );
  const [data] = (await once(socket, "data")) as [Buffer];
  assert.match(data.toString(), /^HTTP\/1\.1 413 /);
});

test("slow clients do not hold up the heartbeats of others", async (t) => {
  const master = await openMaster(t);
  const [slow, alpha] = [await enrollHost(t, master, "slow"), await enrollHost(t, master, "alpha")];
  const sockets = await Promise.all(Array.from({ length: 50 }, () => rawConnection(slow)));
  for (const socket of sockets) {
    socket.write(`POST ${BEAT} HTTP/1.1\r\nHost: m\r\nContent-Length: 500\r\n\r\n{"host_uuid":`);
  }
  const call = callerOf(t, alpha);
  for (let n = 0; n < 5; n += 1) {
    const answer = await call("POST", BEAT, heartbeatBody(alpha.hostUuid, [`d${n}`]));
    assert.equal(answer.status, 204);
  }
  const hosts = await listOf<{ name: string; state: string }>(master, "/api/v1/hosts");
  assert.deepEqual(
    hosts.map(({ name, state }) => `${name} ${state}`),
    ["alpha active", "slow enrolled"],
    "half a heartbeat is none",
  );
  for (const socket of sockets) socket.destroy();
});

test("one certificate cannot send without end, and another is not held up by it", async (t) => {
  const master = await openMaster(t);
  const [loud, alpha] = [await enrollHost(t, master, "loud"), await enrollHost(t, master, "alpha")];
  const call = callerOf(t, loud);
  const statuses = new Set<number>();
  for (let n = 0; n < 120; n += 1) {
    const answer = await call("POST", BEAT, heartbeatBody(loud.hostUuid));
    statuses.add(answer.status);
    if (answer.status === 429) {
      assert.equal(answer.headers["retry-after"], "5");
      break;
    }
  }
  assert.deepEqual([...statuses], [204, 429]);
  assert.equal((await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid))).status, 204);
});

test("what is not HTTP is answered with 400 and hung up on", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const socket = await rawConnection(alpha);
  socket.write("\x00\x01\x02 nonsense\r\n\r\n");
  const [data] = (await once(socket, "data")) as [Buffer];
  assert.match(data.toString(), /^HTTP\/1\.1 400 /);
  await once(socket, "close");
});
