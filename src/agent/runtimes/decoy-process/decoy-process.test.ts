import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createVirtualClock } from "../../../domain/virtual-clock.ts";
import { createOutside, deckyOf, realClock } from "../testbed.ts";
import { bindTcp } from "./bound-socket.ts";
import { type ServeRequest, spawnDecoyProcess } from "./decoy-process.ts";

/** A program in the decoy process's place that is not as good as it should be. */
async function programOf(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), "decnet-decoys-"));
  t.after(() => rm(folder, { recursive: true }));
  const main = join(folder, "main.mjs");
  await writeFile(
    main,
    `const say = (message) => process.send(message);
    const which = ({ decky, service, port }) => ({ decky: decky.name, service, port });
    ${script}
    process.on("disconnect", () => process.exit());
    say({ type: "ready" });`,
  );
  const confinement = {
    command: process.execPath,
    argv: [],
    env: {},
    cwd: "/",
    dropsPrivilege: false,
    offline: false,
  };
  return { confinement, main };
}

function requestOf(t: TestContext, ip: string): ServeRequest {
  const outcome = bindTcp(ip, 0);
  assert.ok(outcome.kind === "bound");
  t.after(() => outcome.socket.close());
  return { decky: deckyOf(ip), service: "example", port: 7007, socket: outcome.socket };
}

test("events are taken only from deckies, services, ports and addresses that are served", async (t) => {
  const program = await programOf(
    t,
    `let number = 0;
    process.on("message", (message) => {
      if (message.type !== "serve") return;
      const event = (changes) => ({
        type: "event",
        event: {
          event_id: "01a20957-39b0-7476-832b-36e1f206480" + number++, kind: "session.open",
          decky: message.decky.name, service: "example", session: "s", src_ip: "127.0.0.1",
          src_port: 1, dst_ip: message.decky.ip, dst_port: 7007, at: "2026-01-01T00:00:00.000Z",
          data: {}, ...changes,
        },
      });
      say(event({ decky: "another" }));
      say(event({ service: "ssh" }));
      say(event({ dst_port: 22 }));
      say(event({ dst_ip: "127.0.0.1" }));
      say(event({ data: { mine: true } }));
      say({ type: "serving", decky: "another", service: "example", port: 7007 });
      say({ type: "stopped", decky: "another" });
      say({ type: "serving", ...which(message) });
    });`,
  );
  const outside = createOutside();
  const decoys = spawnDecoyProcess(outside, program);
  await decoys.serve(requestOf(t, "127.78.1.1"));
  assert.deepEqual(
    outside.events.map(({ data, host_uuid }) => ({ data, host_uuid })),
    [{ data: { mine: true }, host_uuid: outside.hostUuid }],
  );
  await closeUnanswered(decoys);
});

/** Closes a process that does not answer `stop`: it is killed for it. */
async function closeUnanswered(decoys: ReturnType<typeof spawnDecoyProcess>): Promise<void> {
  const { pid } = decoys;
  const closed = decoys.close();
  if (pid !== undefined) process.kill(pid, "SIGKILL");
  await closed;
}

test("a process that hangs is killed and started again", async (t) => {
  const program = await programOf(
    t,
    `process.on("message", (message) => {
      if (message.type === "serve") say({ type: "serving", ...which(message) });
    });`,
  );
  const clock = createVirtualClock(0);
  const outside = createOutside(clock);
  const decoys = spawnDecoyProcess(outside, program);
  const request = requestOf(t, "127.78.2.1");
  await decoys.serve(request);
  const state = () => decoys.state(request.decky.name, "example", 7007);
  assert.deepEqual(state(), { kind: "serving" });
  const { pid } = decoys;
  await clock.advance(30_000);
  await outside.until(() => state().kind === "down");
  assert.deepEqual(state(), { kind: "down", reason: "decoy process ended (SIGKILL)" });
  // The pause before the next start begins a few promises after the end was told.
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(250);
  await outside.until(() => state().kind === "serving");
  assert.notEqual(decoys.pid, pid);
  await closeUnanswered(decoys);
});

test("serve() rejects with what the process said when it cannot even start", async (t) => {
  const program = await programOf(t, `console.error("no such module"); process.exit(7);`);
  const decoys = spawnDecoyProcess(createOutside(), program);
  const request = requestOf(t, "127.78.3.1");
  await assert.rejects(
    decoys.serve(request),
    /decoy process ended \(exit code 7\): no such module/,
  );
  assert.deepEqual(decoys.state(request.decky.name, "example", 7007), {
    kind: "down",
    reason: "not served",
  });
  await decoys.close();
  await assert.rejects(decoys.serve(request), /closed/);
});

test("serve() rejects with the reason of the decoy, and others go on", async (t) => {
  const program = await programOf(
    t,
    `process.on("message", (message) => {
      if (message.type === "stop") say({ type: "stopped", decky: message.decky });
      if (message.type !== "serve") return;
      const answer = message.decky.ip === "127.78.4.1"
        ? { type: "failed", ...which(message), reason: "bad banner" }
        : { type: "serving", ...which(message) };
      say(answer);
    });`,
  );
  const decoys = spawnDecoyProcess(createOutside(realClock), program);
  await assert.rejects(decoys.serve(requestOf(t, "127.78.4.1")), /^Error: bad banner$/);
  await decoys.serve(requestOf(t, "127.78.4.2"));
  await decoys.close();
});
