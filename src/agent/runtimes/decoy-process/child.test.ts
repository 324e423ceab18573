import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLog } from "../../../domain/log.ts";
import { startChild } from "./child.ts";
import type { FromDecoyProcess } from "./messages.ts";

/** Runs a script in the decoy process's place until it is gone. */
async function outcomeOf(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), "decnet-child-"));
  t.after(() => rm(folder, { recursive: true }));
  const main = join(folder, "main.mjs");
  await writeFile(
    main,
    `import { writeSync } from "node:fs";
    function writeAll(text) {
      for (let rest = Buffer.from(text); rest.length > 0; ) {
        try {
          rest = rest.subarray(writeSync(3, rest));
        } catch (error) {
          if (error.code !== "EAGAIN") throw error;
        }
      }
    }
    ${script}`,
  );
  const messages: FromDecoyProcess[] = [];
  const gone = Promise.withResolvers<void>();
  let reason = "";
  const confinement = {
    command: process.execPath,
    argv: [],
    env: {},
    cwd: "/",
    dropsPrivilege: false,
    offline: false,
  };
  const child = startChild({
    program: { confinement, main },
    log: silentLog,
    onMessage: (message) => messages.push(message) > 0,
    onGone(why) {
      reason = why;
      gone.resolve();
    },
  });
  await gone.promise;
  return { messages, reason, malformed: child.malformed };
}

const pong = '{ type: "pong", connections: 1, refused: 0 }';
/** Ends the script once all that it sent is in the channel. */
const end = `process.send(${pong}, () => process.disconnect());`;

test("messages that no sound decoy process sends are dropped and counted", async (t) => {
  const { messages, malformed } = await outcomeOf(
    t,
    `for (const message of [
      null, 7, "ready", [], {}, { type: "exec" }, { type: "ready", extra: 1 },
      { type: "serving", decky: "", service: "ssh", port: 22 },
      { type: "serving", decky: "a", service: "ssh", port: 70000 },
      { type: "failed", decky: "a", service: "ssh", port: 22, reason: "x".repeat(5000) },
      { type: "pong", connections: -1, refused: 0 },
      { type: "event", event: { kind: "session.open" } },
    ]) process.send(message);
    ${end}`,
  );
  assert.deepEqual(messages, [{ type: "pong", connections: 1, refused: 0 }]);
  assert.equal(malformed, 12);
});

test("an event that is too large, or names a host, is dropped", async (t) => {
  const { messages, malformed } = await outcomeOf(
    t,
    `const event = {
      event_id: "01a20957-39b0-7476-832b-36e1f206480d", kind: "session.open", decky: "a",
      service: "ssh", session: "s", src_ip: "127.0.0.1", src_port: 1, dst_ip: "127.0.0.2",
      dst_port: 22, at: "2026-01-01T00:00:00.000Z", data: {},
    };
    process.send({ type: "event", event });
    process.send({ type: "event", event: { ...event, host_uuid: "another" } });
    process.send({ type: "event", event: { ...event, data: { text: "x".repeat(140_000) } } });
    process.send({ type: "event", event: { ...event, at: "yesterday" } });
    ${end}`,
  );
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["event", "pong"],
  );
  assert.equal(malformed, 3);
});

for (const [what, bytes] of [
  ["bytes that are no JSON", "rubbish{\\n"],
  ["an acknowledgement of a handle that nobody sent", '{"cmd":"NODE_HANDLE_ACK"}\\n'],
  ["a handle of an unknown kind", '{"cmd":"NODE_HANDLE","type":"x"}\\n'],
  ["a line without an end", "x".repeat(1000)],
]) {
  test(`${what} on the channel end the decoy process, not the agent`, async (t) => {
    const { reason } = await outcomeOf(
      t,
      `for (let count = 0; count < (${bytes?.endsWith("n")} ? 1 : 10_000); count += 1) {
        writeAll('${bytes}');
      }
      process.on("message", () => {});
      setInterval(() => {}, 1000);`,
    );
    assert.match(reason, /decoy process ended \((SIGKILL|exit code 1)\)/);
  });
}

test("a process that keeps sending rubbish is killed", async (t) => {
  const { malformed, reason } = await outcomeOf(
    t,
    `setInterval(() => process.send({ type: "exec" }), 1);`,
  );
  assert.ok(malformed > 100);
  assert.match(reason, /SIGKILL/);
});

test("what the process printed last is part of the reason for its end", async (t) => {
  const { reason } = await outcomeOf(t, `console.error("out of cheese"); process.exit(3);`);
  assert.equal(reason, "decoy process ended (exit code 3): out of cheese");
});

test("a program that is not there is a reason, not a throw", async () => {
  const gone = Promise.withResolvers<void>();
  let reason = "";
  startChild({
    program: {
      confinement: {
        command: "/nonexistent/node",
        argv: [],
        env: {},
        cwd: "/",
        dropsPrivilege: false,
        offline: false,
      },
      main: "main.mjs",
    },
    log: silentLog,
    onMessage: () => true,
    onGone(why) {
      reason = why;
      gone.resolve();
    },
  });
  await gone.promise;
  assert.match(reason, /could not be started: .*ENOENT/);
});
