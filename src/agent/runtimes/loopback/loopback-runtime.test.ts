import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { createPersona } from "../../../decoys/persona.ts";
import { personaInputOf } from "../decoy-process/persona-input.ts";
import { converse, createOutside, deckyOf, lives, type Outside } from "../testbed.ts";
import { createLoopbackRuntime, type LoopbackRuntime } from "./loopback-runtime.ts";

function setUp(t: TestContext): { runtime: LoopbackRuntime; outside: Outside } {
  const outside = createOutside();
  const runtime = createLoopbackRuntime(outside);
  t.after(() => runtime.close());
  return { runtime, outside };
}

async function accepts(ip: string, port: number): Promise<boolean> {
  const socket = connect(port, ip);
  try {
    await once(socket, "connect");
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}

async function occupy(t: TestContext, ip: string, port: number): Promise<Server> {
  const server = createServer().listen(port, ip);
  await once(server, "listening");
  t.after(() => server.close());
  return server;
}

test("a decky answers at its address, and its events tell who, where and what", async (t) => {
  const { runtime, outside } = setUp(t);
  const decky = deckyOf("127.77.1.1");
  await runtime.start(decky);
  const status = runtime.status().get(decky.name);
  const persona = createPersona(personaInputOf(decky));
  assert.equal(status?.running, true);
  assert.equal(status.reason, null);
  assert.deepEqual(status.services, {
    example: { running: true, ip: "127.77.1.1", port: 7007 },
  });
  assert.equal(status.identity.hostname, persona.hostname);
  assert.deepEqual(Object.keys(status.identity), ["hostname", "distro", "baseImage", "nmapOs"]);

  const heard = await converse("127.77.1.1", 7007, "hello\r\nquit\r\n");
  assert.match(heard, new RegExp(`^${persona.hostname}\\.`));
  assert.match(heard, /bye/);
  await outside.until(() => outside.events.at(-1)?.kind === "session.close");
  assert.deepEqual(
    outside.events.map(({ kind }) => kind),
    ["session.open", "example.line", "example.line", "session.close"],
  );
  const [open, line] = outside.events;
  for (const event of outside.events) {
    const { event_id: _id, kind: _kind, at: _at, data: _data, ...bound } = event;
    assert.deepEqual(bound, {
      host_uuid: outside.hostUuid,
      decky: decky.name,
      service: "example",
      session: open?.session,
      src_ip: "127.0.0.1",
      src_port: open?.src_port,
      dst_ip: "127.77.1.1",
      dst_port: 7007,
    });
    assert.match(event.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  assert.deepEqual(line?.data, { line: "hello" });
  const close = outside.events.at(-1)?.data;
  assert.equal(close?.["bytes_in"], "hello\r\nquit\r\n".length);
  assert.equal(close["bytes_out"], heard.length);
  assert.equal(typeof close["duration_ms"], "number");
  const ids = outside.events.map(({ event_id }) => event_id);
  assert.deepEqual(ids, ids.toSorted());
});

test("curl and redis-cli are answered at the mapped ports, and events tell the real ones", async (t) => {
  const { runtime, outside } = setUp(t);
  const decky = deckyOf("127.77.2.1", { services: ["http", "redis"] });
  await runtime.start(decky);
  const { services } = runtime.status().get(decky.name) ?? {};
  assert.deepEqual(services, {
    http: { running: true, ip: "127.77.2.1", port: 10080 },
    redis: { running: true, ip: "127.77.2.1", port: 6379 },
  });
  const run = promisify(execFile);
  const page = await run("curl", ["-sS", "--include", "http://127.77.2.1:10080/"]);
  assert.match(page.stdout, /^HTTP\/1\.1 \d{3} /);
  const pong = await run("redis-cli", ["-h", "127.77.2.1", "ECHO", "hello"]);
  assert.match(pong.stdout, /hello|NOAUTH/);
  const seen = (kind: string, port: number) =>
    outside.events.some((event) => event.kind === kind && event.dst_port === port);
  await outside.until(() => seen("http.request", 80) && seen("redis.command", 6379));
});

test("a service that cannot be started leaves the others be and says why", async (t) => {
  const { runtime } = setUp(t);
  const decky = deckyOf("127.77.3.1", { services: ["example", "gopher"] });
  await runtime.start(decky);
  const status = runtime.status().get(decky.name);
  const reason = "this version of decnet has no such service";
  assert.equal(status?.running, false);
  assert.equal(status.reason, `gopher: ${reason}`);
  assert.deepEqual(status.services, {
    example: { running: true, ip: "127.77.3.1", port: 7007 },
    gopher: { running: false, reason },
  });
  assert.match(await converse("127.77.3.1", 7007, "quit\r\n"), /bye/);
});

test("start() rejects, and leaves nothing, when nothing of a decky could be started", async (t) => {
  const { runtime } = setUp(t);
  const gopher = deckyOf("127.77.4.1", { services: ["gopher"] });
  await assert.rejects(runtime.start(gopher), /gopher: this version of decnet has no such/);
  const outside = deckyOf("192.0.2.1");
  await assert.rejects(runtime.start(outside), /needs an address of 127\.0\.0\.0\/8, not 192/);
  assert.equal(runtime.status().size, 0);
});

test("a service whose port is taken moves up", async (t) => {
  const { runtime } = setUp(t);
  await occupy(t, "127.77.5.1", 7007);
  const decky = deckyOf("127.77.5.1");
  await runtime.start(decky);
  const { services } = runtime.status().get(decky.name) ?? {};
  assert.deepEqual(services?.["example"], { running: true, ip: "127.77.5.1", port: 17007 });
  assert.match(await converse("127.77.5.1", 17007, "quit\r\n"), /bye/);
});

test("a decky moves to new ports when it is started with another list of services", async (t) => {
  const { runtime } = setUp(t);
  const decky = deckyOf("127.77.6.1", { services: ["example", "gopher"] });
  await runtime.start(decky);
  await runtime.start({ ...decky, services: ["example"] });
  const status = runtime.status().get(decky.name);
  assert.equal(status?.running, true);
  assert.deepEqual(Object.keys(status.services), ["example"]);
});

test("start() of a decky that runs just so does not cut its connections", async (t) => {
  const { runtime } = setUp(t);
  const decky = deckyOf("127.77.7.1");
  await runtime.start(decky);
  const socket = connect(7007, "127.77.7.1");
  await once(socket, "data");
  await runtime.start({ ...decky });
  socket.write("quit\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "bye\r\n");
  socket.destroy();
});

test("stop() cuts connections, tells their end, and frees the ports", async (t) => {
  const { runtime, outside } = setUp(t);
  const decky = deckyOf("127.77.8.1");
  await runtime.start(decky);
  const socket = connect(7007, "127.77.8.1");
  await once(socket, "data");
  const ended = once(socket, "close");
  await runtime.stop(decky.name);
  assert.equal(outside.events.at(-1)?.kind, "session.close");
  await ended;
  await occupy(t, "127.77.8.1", 7007);
  assert.equal(runtime.status().size, 0);
  await runtime.stop(decky.name);
});

test("no connection made while sockets are handed over is lost", async (t) => {
  const { runtime, outside } = setUp(t);
  const decky = deckyOf("127.77.9.1");
  let refused = 0;
  const answers: string[] = [];
  const attack = async (): Promise<void> => {
    while (answers.length < 50 && !t.signal.aborted) {
      const socket = connect(7007, "127.77.9.1");
      const outcome = await new Promise<string | null>((resolve) => {
        let heard = "";
        let asked = false;
        socket.on("data", (chunk) => {
          heard += chunk.toString();
          if (asked) return;
          asked = true;
          socket.write("quit\r\n");
        });
        socket.on("close", () => resolve(heard));
        socket.on("error", (error: NodeJS.ErrnoException) => {
          assert.equal(error.code, "ECONNREFUSED");
          resolve(null);
        });
      });
      if (outcome === null) refused += 1;
      else answers.push(outcome);
    }
  };
  const attacks = Array.from({ length: 4 }, attack);
  await runtime.start(decky);
  await Promise.all(attacks);
  assert.ok(refused > 0, "the attack began before the hand-over");
  for (const answer of answers) assert.match(answer, /ready\.\r\nbye\r\n$/);
  const closes = () => outside.events.filter(({ kind }) => kind === "session.close").length;
  await outside.until(() => closes() === answers.length);
});

test("a killed decoy process shows at once and is soon back on the same ports", async (t) => {
  const { runtime, outside } = setUp(t);
  const decky = deckyOf("127.77.10.1");
  await runtime.start(decky);
  const before = runtime.status().get(decky.name);
  const pid = runtime.decoyPid;
  assert.ok(pid !== undefined);
  const running = () => runtime.status().get(decky.name)?.running;
  const killedMs = Date.now();
  process.kill(pid, "SIGKILL");
  await outside.until(() => running() === false);
  assert.ok(Date.now() - killedMs < 1_000);
  const status = runtime.status().get(decky.name);
  assert.match(status?.reason ?? "", /^example: decoy process ended \(SIGKILL\)/);
  // The port stays the decky's: who connects meanwhile waits and is served.
  const heard = await converse("127.77.10.1", 7007, "quit\r\n");
  assert.match(heard, /bye/);
  await outside.until(() => running() === true);
  assert.ok(Date.now() - killedMs < 5_000);
  assert.deepEqual(runtime.status().get(decky.name), before);
  assert.notEqual(runtime.decoyPid, pid);
});

test("the decoy process ends with its agent, however that ends", async (t) => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const agent = spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { createLoopbackRuntime } from ${url("./loopback-runtime.ts")};
      import { createOutside, deckyOf } from ${url("../testbed.ts")};
      await createLoopbackRuntime(createOutside()).start(deckyOf("127.77.12.1"));
      console.log("started");`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  t.after(() => agent.kill("SIGKILL"));
  await once(agent.stdout, "data");
  const socket = connect(7007, "127.77.12.1");
  await once(socket, "data");
  agent.kill("SIGKILL");
  await once(socket, "close");
  // It closes one socket after the other; the port is the last sign of it.
  while (await accepts("127.77.12.1", 7007)) assert.equal(t.signal.aborted, false);
});

test("fifty deckies start within seconds and leave nothing behind", async () => {
  const outside = createOutside();
  const runtime = createLoopbackRuntime(outside);
  const beganMs = Date.now();
  const deckies = Array.from({ length: 50 }, (_, index) => deckyOf(`127.77.11.${index + 1}`));
  for (const decky of deckies) await runtime.start(decky);
  assert.ok(Date.now() - beganMs < 10_000);
  const banners = await Promise.all(deckies.map(({ ip }) => converse(ip, 7007, "quit\r\n")));
  assert.equal(new Set(banners).size, 50);
  const pid = runtime.decoyPid ?? 0;
  assert.equal(lives(pid), true);
  await runtime.close();
  assert.equal(lives(pid), false);
  assert.equal(runtime.status().size, 0);
  // Handles close at the end of a turn of the event loop.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((it) => /TCPServer|Process/.test(it)),
    [],
  );
  await assert.rejects(runtime.start(deckyOf("127.77.11.1")), /closed/);
});
