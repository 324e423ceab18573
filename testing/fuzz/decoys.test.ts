import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { DECOYS } from "../../src/decoys/registry.ts";
import { parsePacket, SftpReader } from "../../src/decoys/ssh/sftp-protocol.ts";
import { personaOf, startDecoy } from "../../src/decoys/testbed.ts";
import type { ServiceName } from "../../src/domain/service.ts";
import { createChance } from "../simulation/chance.ts";

/* Whatever comes, a decoy goes on serving, and keeps nothing of who is gone. DECNET_FUZZ_SEED replays. */

const seed = Number(process.env["DECNET_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const replay = `(replay: DECNET_FUZZ_SEED=${seed})`;
const CONNECTIONS = 400;
const AT_ONCE = 40;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

/** What a client of each protocol begins with, to be cut and spoiled. */
const OPENINGS: Readonly<Record<ServiceName, readonly string[]>> = {
  example: ["hello\n"],
  http: [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nx",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${"X: y\r\n".repeat(300)}\r\n`,
  ],
  redis: [
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n",
    "*2147483647\r\n$-5\r\n",
    "EVAL 'return redis.call(1)' 0\r\nINFO\r\nMONITOR\r\n",
    `*1\r\n$999999\r\n${"z".repeat(40_000)}`,
  ],
  ssh: [
    "SSH-2.0-OpenSSH_9.2\r\n",
    "SSH-2.0-x\r\n\x00\x00\x01\x2c\x06\x14",
    "GET / HTTP/1.0\r\n\r\n",
  ],
  telnet: [
    "\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0root\r\nxc3511\r\n",
    "\xff\xfa\x18\x00",
  ],
};

for (const [service, decoy] of Object.entries(DECOYS) as [
  ServiceName,
  (typeof DECOYS)[ServiceName],
][]) {
  test(`the ${service} decoy survives noise, cut and spoiled clients, and forgets them ${replay}`, {
    timeout: 120_000,
  }, async (t) => {
    const chance = createChance(seed);
    const running = await startDecoy(
      t,
      decoy,
      personaOf("linux-server", 1, { distro: "debian-11" }),
    );
    const attack = async () => {
      const openings = OPENINGS[service];
      const opening = Buffer.from(openings[chance.between(0, openings.length - 1)] ?? "", "latin1");
      const noise = Buffer.from(
        Array.from({ length: chance.between(0, 2000) }, () => chance.between(0, 255)),
      );
      const bytes = Buffer.concat([opening.subarray(0, chance.between(0, opening.length)), noise]);
      for (let count = chance.between(0, 4); count > 0 && bytes.length > 0; count -= 1) {
        bytes[chance.between(0, bytes.length - 1)] = chance.between(0, 255);
      }
      const cut = chance.between(0, bytes.length);
      const leaves = chance.happens(0.5);
      const socket = connect(running.port, "127.0.0.1");
      const closed = new Promise((resolve) => socket.once("close", resolve));
      const connected = new Promise((resolve) => socket.once("connect", resolve));
      socket.on("error", () => {});
      socket.resume();
      await Promise.race([connected, closed]);
      socket.write(bytes.subarray(0, cut));
      if (leaves) socket.resetAndDestroy();
      else socket.end(bytes.subarray(cut));
      running.pass(50);
      await closed;
    };
    const wave = async (count: number) => {
      for (let done = 0; done < count; done += AT_ONCE) {
        const left = new Set(Array.from({ length: AT_ONCE }, () => attack()));
        for (const one of left) void one.finally(() => left.delete(one));
        // A decoy may let a guess wait; its clock is the test's.
        while (left.size > 0) {
          running.pass(1000);
          await new Promise(setImmediate);
        }
      }
    };
    await wave(CONNECTIONS / 4);
    const before = process.memoryUsage().heapUsed;
    await wave(CONNECTIONS);
    await running.settled();
    running.events.length = 0;
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < MAX_GROWTH_BYTES, `${grown} bytes more than before`);
  });
}

test(`the sftp parser reads whatever comes, however it is cut ${replay}`, () => {
  const chance = createChance(seed);
  for (let round = 0; round < 3000; round += 1) {
    const body = Buffer.from(
      Array.from({ length: chance.between(0, 80) }, () => chance.between(0, 255)),
    );
    if (body.length > 0) body[0] = chance.between(0, 21);
    parsePacket(body);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(chance.happens(0.9) ? body.length : chance.between(0, 2 ** 31));
    const whole = Buffer.concat([head, body, head, body]);
    const cut = chance.between(0, whole.length);
    const kinds = (chunks: readonly Buffer[]) => {
      const reader = new SftpReader();
      return chunks.flatMap((chunk) => [...reader.read(chunk)].map((fact) => JSON.stringify(fact)));
    };
    assert.deepEqual(kinds([whole.subarray(0, cut), whole.subarray(cut)]), kinds([whole]));
  }
});
