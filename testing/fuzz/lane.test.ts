import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import type { Identity } from "../../src/agent/identity.ts";
import { openSwarm } from "../e2e/identity/swarm-of-parts.ts";
import { heartbeatBody, tlsOf } from "../e2e/swarm.ts";
import { type Chance, createChance } from "../simulation/chance.ts";

/*
 * Plain requests are read by the agents' own lane, all others by node:http, on the same connection.
 * Nobody can tell where one ends and the other begins: however the bytes come, each request is
 * answered once, in order. DECNET_FUZZ_SEED replays.
 */

const seed = Number(process.env["DECNET_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = 60;

interface Exchange {
  readonly request: string;
  readonly statuses: readonly number[];
  readonly isHead?: boolean;
}

/** @returns Requests that the lane reads itself, and others that it hands over. */
function exchangesOf({
  hostUuid,
}: Identity): Readonly<Record<"plain" | "odd", readonly Exchange[]>> {
  const beat = "/swarm/heartbeat HTTP/1.1\r\nHost: m\r\n";
  const body = heartbeatBody(hostUuid, ["d1", "d2"]);
  const bytes = Buffer.byteLength(body);
  const chunked = `${bytes.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return {
    plain: [
      { request: `POST ${beat}Content-Length: ${bytes}\r\n\r\n${body}`, statuses: [204] },
      { request: `POST ${beat}content-length:9\r\n\r\n{not json`, statuses: [400] },
      { request: `POST ${beat}Connection: keep-alive\r\n\r\n`, statuses: [400] },
      { request: "GET /swarm/desired HTTP/1.1\r\nHost: m\r\n\r\n", statuses: [200] },
      { request: "GET /swarm/nowhere?x HTTP/1.1\r\nHost: m\r\n\r\n", statuses: [404] },
      { request: `GET ${beat}\r\n`, statuses: [405] },
    ],
    odd: [
      { request: `POST ${beat}Transfer-Encoding: chunked\r\n\r\n${chunked}`, statuses: [204] },
      {
        request: `POST ${beat}Expect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n${body}`,
        statuses: [100, 204],
      },
      { request: `POST ${beat}X: caf\xe9\r\nContent-Length: 2\r\n\r\n{}`, statuses: [422] },
      { request: `HEAD ${beat}\r\n`, statuses: [405], isHead: true },
      { request: `PUT ${beat}Content-Length: 3\r\n\r\nabc`, statuses: [405] },
    ],
  };
}

/** Status of each answer, interim ones too; what is left must be none. */
function readStatuses(answers: string, exchanges: readonly Exchange[]): number[] {
  const statuses: number[] = [];
  let rest = answers;
  for (const { statuses: expected, isHead = false } of exchanges) {
    for (const _ of expected) {
      const end = rest.indexOf("\r\n\r\n");
      const head = rest.slice(0, end);
      const length = isHead ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      statuses.push(Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]));
      rest = rest.slice(end + 4 + length);
    }
  }
  assert.equal(rest, "", "more than was asked for");
  return statuses;
}

/** Sends bytes in pieces, some together and some apart. */
async function sendInPieces(
  t: TestContext,
  identity: Identity,
  bytes: Buffer,
  chance: Chance,
): Promise<string> {
  const socket = connect(tlsOf(identity) as never);
  t.after(() => socket.destroy());
  socket.setNoDelay(true);
  let answers = "";
  socket.on("data", (data: Buffer) => {
    answers += data.toString("latin1");
  });
  const closed = once(socket, "close");
  await once(socket, "secureConnect");
  for (let at = 0; at < bytes.length; ) {
    const size = chance.happens(0.3) ? chance.between(1, 8) : chance.between(1, 2500);
    socket.write(bytes.subarray(at, at + size));
    at += size;
    if (chance.happens(0.3)) await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return answers;
}

test("however requests come in pieces, each is answered once, in order", async (t) => {
  t.diagnostic(`replay: DECNET_FUZZ_SEED=${seed}`);
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("alpha");
  const { plain, odd } = exchangesOf(identity);
  const chance = createChance(seed);
  const last = {
    request: "GET /swarm/nowhere HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n",
    statuses: [404],
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const exchanges = Array.from({ length: chance.between(1, 12) }, () => {
      const of = chance.happens(0.8) ? plain : odd;
      return of[chance.between(0, of.length - 1)] ?? last;
    });
    exchanges.push(last);
    const bytes = Buffer.from(exchanges.map(({ request }) => request).join(""), "latin1");
    const answers = await sendInPieces(t, identity, bytes, chance);
    assert.deepEqual(
      readStatuses(answers, exchanges),
      exchanges.flatMap(({ statuses }) => statuses),
      `round ${round}`,
    );
  }
});
