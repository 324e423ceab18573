import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Decoy, ServeConnection } from "../../../decoys/decoy.ts";
import { converse, createOutside, deckyOf } from "../testbed.ts";
import { bindTcp } from "./bound-socket.ts";
import { createDeckyServer } from "./decky-server.ts";
import { createEventIds } from "./event-id.ts";
import type { UnboundEvent } from "./messages.ts";
import { createOutbox } from "./outbox.ts";

/** Serves one decky in this process with a decoy of the test's own. */
async function serveWith(t: TestContext, ip: string, serve: ServeConnection) {
  const events: UnboundEvent[] = [];
  const faults: unknown[] = [];
  const outside = createOutside();
  const held: (() => void)[] = [];
  let holding = false;
  const outbox = createOutbox<UnboundEvent>((event, taken) => {
    events.push(event);
    if (holding) held.push(taken);
    else taken();
    outside.onChange();
  }, 4);
  const example: Decoy = { service: "example", create: () => serve };
  const server = createDeckyServer({
    decoys: { example, http: example, redis: example, ssh: example, telnet: example },
    gate: outbox.gate,
    nowMs: () => Date.now(),
    nextId: createEventIds({ nowMs: () => Date.now(), randomBytes }),
    record: (event) => outbox.post(event),
    after: () => () => {},
    onFault: (_message, fault) => faults.push(fault),
  });
  const bound = bindTcp(ip, 0);
  assert.ok(bound.kind === "bound");
  const decky = deckyOf(ip);
  await server.serve(decky, "example", 7007, bound.socket.handle);
  t.after(() => server.stop(decky.name));
  return {
    server,
    decky,
    port: bound.socket.port,
    events,
    faults,
    until: (condition: () => boolean) => outside.until(condition),
    hold: () => {
      holding = true;
    },
    release() {
      holding = false;
      for (const taken of held.splice(0)) taken();
    },
  };
}

const echo: ServeConnection = (stream, session) => {
  stream.on("data", (chunk: Buffer) => {
    session.emit("example.line", { line: chunk.toString() });
    stream.write(chunk);
  });
};

test("what a decoy tells as its connection closes comes before the end of the session", async (t) => {
  const { port, events, until } = await serveWith(t, "127.79.1.9", (stream, session) => {
    stream.on("close", () => session.emit("example.line", { line: "last word" }));
    stream.resume();
  });
  const client = connect(port, "127.79.1.9");
  await once(client, "connect");
  client.destroy();
  await until(() => events.some(({ kind }) => kind === "session.close"));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["session.open", "example.line", "session.close"],
  );
});

test("a decoy that throws loses that connection and no other", async (t) => {
  const { port, faults } = await serveWith(t, "127.79.1.1", (stream, session) => {
    stream.on("data", (chunk: Buffer) => {
      if (chunk.toString() === "throw") throw new Error("bad bytes");
      if (chunk.toString() === "destroy") stream.destroy(new Error("bad stream"));
      else stream.end(`${session.dstIp}:${session.dstPort}`);
    });
  });
  assert.equal(await converse("127.79.1.1", port, "throw"), "");
  assert.equal(await converse("127.79.1.1", port, "destroy"), "");
  assert.equal(await converse("127.79.1.1", port, "good"), "127.79.1.1:7007");
  assert.deepEqual(faults.map(String), ["Error: bad bytes", "Error: bad stream"]);
});

test("a decoy that throws at once loses that connection, and its end is told", async (t) => {
  const { port, events, faults, until } = await serveWith(t, "127.79.2.1", () => {
    throw new Error("no");
  });
  assert.equal(await converse("127.79.2.1", port, "x"), "");
  await until(() => events.length === 2);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["session.open", "session.close"],
  );
  assert.equal(faults.length, 1);
});

test("one source address gets 128 connections and no more", async (t) => {
  const { port, server } = await serveWith(t, "127.79.3.1", echo);
  const sockets: Socket[] = [];
  for (let index = 0; index < 128; index += 1) {
    const socket = connect(port, "127.79.3.1");
    socket.write("x");
    await once(socket, "data");
    sockets.push(socket);
  }
  assert.equal(await converse("127.79.3.1", port, ""), "");
  assert.deepEqual(server.counts(), { connections: 128, refused: 1 });
  const other = connect({ port, host: "127.79.3.1", localAddress: "127.79.3.2" });
  other.write("y");
  await once(other, "data");
  for (const socket of [...sockets, other]) socket.destroy();
});

test("attackers wait while the agent takes no events, and nothing is lost", async (t) => {
  const served = await serveWith(t, "127.79.4.1", echo);
  const { port, events } = served;
  const lines = () =>
    events.filter(({ kind }) => kind === "example.line").map(({ data }) => data["line"]);
  const socket = connect(port, "127.79.4.1");
  socket.setNoDelay();
  await once(socket, "connect");
  served.hold();
  // One more than the outbox holds. The echo comes before the next is sent: each is an event.
  for (let index = 0; index < 5; index += 1) {
    socket.write(`line ${index}`);
    await once(socket, "data");
  }
  socket.write("unread");
  const second = connect(port, "127.79.4.1");
  second.write("unread too");
  await served.until(() => events.filter(({ kind }) => kind === "session.open").length === 2);
  assert.equal(lines().length, 5);
  served.release();
  await served.until(() => lines().length === 7);
  assert.deepEqual(new Set(lines().slice(5)), new Set(["unread", "unread too"]));
  socket.destroy();
  second.destroy();
});

test("a client that ends its side gets the rest of the answer", async (t) => {
  const { port } = await serveWith(t, "127.79.5.1", echo);
  const socket = connect(port, "127.79.5.1");
  let bytes = 0;
  socket.on("data", (chunk) => {
    bytes += chunk.length;
  });
  socket.end("x".repeat(500_000));
  await once(socket, "close");
  assert.equal(bytes, 500_000);
});

test("stop() ends a decky's connections and waits for their last events", async (t) => {
  const { port, server, decky, events } = await serveWith(t, "127.79.6.1", echo);
  const socket = connect(port, "127.79.6.1");
  socket.write("x");
  await once(socket, "data");
  const ended = once(socket, "close");
  await server.stop(decky.name);
  assert.equal(events.at(-1)?.kind, "session.close");
  assert.deepEqual(server.counts(), { connections: 0, refused: 0 });
  await ended;
});
