import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { bindNearest } from "./bind.ts";

function bind(ip: string, port: number): { ip: string; port: number } {
  const socket = bindNearest(ip, port);
  socket.close();
  return { ip: socket.ip, port: socket.port };
}

test("bindNearest() takes the next candidate while a port is taken, and says when none is left", async (t) => {
  for (const port of [10022, 20022, 30022, 40022, 50022, 60022]) {
    assert.deepEqual(bind("127.77.20.1", 22), { ip: "127.77.20.1", port });
    const taken = createServer().listen(port, "127.77.20.1");
    await once(taken, "listening");
    t.after(() => taken.close());
  }
  assert.throws(
    () => bind("127.77.20.1", 22),
    /^Error: no port for 22 on 127\.77\.20\.1: tried 10022, .*60022 \(EADDRINUSE\)$/,
  );
});

test("bindNearest() falls back to 127.0.0.1 where the address does not exist", () => {
  // An address for documentation (RFC 5737), which no machine has.
  const { ip, port } = bind("192.0.2.1", 22);
  assert.equal(ip, "127.0.0.1");
  assert.ok(port >= 1024);
});
