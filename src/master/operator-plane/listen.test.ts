import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createClient, openForTest } from "./open-for-test.ts";
import { openOperatorPlane } from "./operator-plane.ts";

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const listening = (server: Server, path: string) =>
  new Promise<void>((resolve) => server.listen(path, resolve));

test("openOperatorPlane() listens on loopback only", async (t) => {
  const { deps } = await openForTest(t);
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", ""]) {
    await assert.rejects(
      openOperatorPlane({ ...deps, socketPath: null, listen: { host, port: 0 } }),
      { code: "address-not-allowed" },
      host,
    );
  }
});

test("openOperatorPlane() names a port that is in use, and leaves no socket file", async (t) => {
  const { deps, port } = await openForTest(t);
  const socketPath = join(scratch(t), "operator.sock");
  await assert.rejects(
    openOperatorPlane({ ...deps, socketPath, listen: { host: "127.0.0.1", port } }),
    { code: "port-in-use", detail: `127.0.0.1:${port}` },
  );
  assert.equal(existsSync(socketPath), false);
});

test("the socket file is its owner's alone, nothing else is left beside it, and it goes at the end", async (t) => {
  const plane = await openForTest(t);
  assert.equal(statSync(plane.socketPath).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(plane.socketPath, "..")), ["operator.sock"]);
  const { deps } = plane;
  const socketPath = join(scratch(t), "operator.sock");
  const other = await openOperatorPlane({ ...deps, socketPath });
  await other.close();
  assert.equal(existsSync(socketPath), false);
});

test("a socket file that a killed master left behind is replaced", async (t) => {
  const { deps } = await openForTest(t);
  const dir = scratch(t);
  const socketPath = join(dir, "operator.sock");
  // Closing takes away the name it was bound to; the moved file stays, as after a kill.
  const killed = createServer();
  await listening(killed, join(dir, "bound"));
  const { renameSync } = await import("node:fs");
  renameSync(join(dir, "bound"), socketPath);
  killed.close();
  assert.ok(statSync(socketPath).isSocket());

  const plane = await openOperatorPlane({ ...deps, socketPath });
  const client = createClient({ socketPath }, {});
  assert.equal((await client.call("GET", "/api/v1/hosts")).status, 200);
  await plane.close();
});

test("a socket file that a living process answers on is left alone", async (t) => {
  const { deps, socketPath, local } = await openForTest(t);
  await assert.rejects(openOperatorPlane({ ...deps, socketPath }), {
    code: "port-in-use",
    detail: socketPath,
  });
  assert.equal((await local.call("GET", "/api/v1/hosts")).status, 200);
});

test("a path that cannot hold a socket is refused, and what stands there is kept", async (t) => {
  const { deps } = await openForTest(t);
  const dir = scratch(t);
  const file = join(dir, "notes.txt");
  writeFileSync(file, "keep me");
  for (const socketPath of [file, join(dir, "no/such/dir/s"), join(dir, "x".repeat(120))]) {
    await assert.rejects(openOperatorPlane({ ...deps, socketPath }), { code: "config-invalid" });
  }
  assert.deepEqual(readdirSync(dir), ["notes.txt"]);
});

test("close() ends open streams and idle connections at once", async (t) => {
  const plane = await openForTest(t);
  const stream = await plane.local.open("GET", "/api/v1/stream");
  const ended = new Promise((resolve) => stream.once("close", resolve));
  stream.on("error", () => {});
  stream.resume();
  await plane.close();
  await ended;
});
