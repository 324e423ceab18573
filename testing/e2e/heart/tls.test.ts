import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import type { Identity } from "../../../src/agent/identity.ts";
import { createManualClock } from "../../../src/master/operator-plane/manual-clock.ts";
import { MASTER_NAME } from "../../../src/pki/certificate.ts";
import { openSwarm } from "../identity/swarm-of-parts.ts";
import { heartbeatBody, tlsOf } from "../swarm.ts";

const HOUR_MS = 3_600_000;

interface Client {
  /** All that it said, of what went well and what did not. */
  readonly text: string;
}

/** A TLS client that can do what is long forbidden, if it is asked to. */
async function openssl(
  port: number,
  dir: string,
  options: readonly string[],
  input = "Q\n",
): Promise<Client> {
  const identity = ["-cert", join(dir, "certificate.pem"), "-key", join(dir, "key.pem")];
  const peer = ["-connect", `127.0.0.1:${port}`, "-servername", MASTER_NAME];
  const child = spawn("openssl", ["s_client", ...peer, ...identity, ...options]);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  }
  child.stdin.on("error", () => {}).end(input);
  await once(child, "close");
  return { text };
}

const ACCEPTED: readonly (readonly [options: string, said: RegExp])[] = [
  ["", /New, TLSv1\.3, Cipher is TLS_/],
  ["-tls1_2", /New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/],
  [
    "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305:AES128-GCM-SHA256",
    /Cipher is ECDHE-ECDSA-CHACHA20/,
  ],
];
/** By an alert of the master, not by what this client would not do. */
const REFUSED = [
  "-tls1_1 -cipher ALL:@SECLEVEL=0",
  "-tls1 -cipher ALL:@SECLEVEL=0",
  "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256",
  "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA",
  "-tls1_2 -cipher AES128-GCM-SHA256",
  "-tls1_2 -cipher AES128-SHA",
  "-tls1_2 -cipher ALL:!ECDHE",
];

test("TLS is 1.3 where it can be, 1.2 with forward secrecy at the least, and nothing else", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("alpha");
  for (const port of [identity.agentPort, swarm.enrollmentPort]) {
    for (const [options, said] of ACCEPTED) {
      assert.match((await openssl(port, dir, options.split(" ").filter(Boolean))).text, said);
    }
    for (const options of REFUSED) {
      const { text } = await openssl(port, dir, options.split(" "));
      assert.match(text, /alert (protocol version|handshake failure)/, options);
      assert.match(text, /Cipher is \(NONE\)/, options);
    }
  }
});

test("a TLS 1.2 connection cannot be renegotiated", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("alpha");
  const { text } = await openssl(identity.agentPort, dir, ["-tls1_2"], "R\n");
  assert.match(text, /RENEGOTIATING/);
  assert.match(text, /no renegotiation/);
});

async function beatOver(
  identity: Identity,
  maxVersion: "TLSv1.2" | "TLSv1.3",
  session: Buffer | null,
) {
  const options = { ...tlsOf(identity), maxVersion, ...(session && { session }) };
  const socket = connect(options as never);
  const tickets: Buffer[] = [];
  socket.on("session", (ticket: Buffer) => tickets.push(ticket));
  await once(socket, "secureConnect");
  const body = heartbeatBody(identity.hostUuid);
  socket.write(
    `POST /swarm/heartbeat HTTP/1.1\r\nHost: m\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const [data] = (await once(socket, "data")) as [Buffer];
  const told = {
    version: socket.getProtocol(),
    resumed: socket.isSessionReused(),
    status: data.toString().split(" ")[1],
    code: /decnet-error: (\S+)/i.exec(data.toString())?.[1] ?? null,
  };
  socket.destroy();
  return { told, ticket: tickets.at(-1) ?? null };
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`a resumed session of ${version} outlives neither its certificate nor its host`, async (t) => {
    const clock = createManualClock(Date.now());
    const swarm = await openSwarm(t, { ttlMs: 2 * HOUR_MS, clock });
    const [{ identity: alpha }, { identity: beta }] = [
      await swarm.enroll("alpha"),
      await swarm.enroll("beta"),
    ];
    const told = { version, resumed: true, status: "204", code: null };
    const fresh = await beatOver(alpha, version, null);
    assert.deepEqual(fresh.told, { ...told, resumed: false });
    const again = await beatOver(alpha, version, fresh.ticket);
    assert.deepEqual(again.told, told, "resumption is on");

    const { ticket } = await beatOver(beta, version, null);
    await swarm.store.decommissionHost(beta.hostUuid, clock.nowMs());
    const gone = await beatOver(beta, version, ticket);
    assert.deepEqual(gone.told, { ...told, status: "403", code: "host-decommissioned" });

    // TLS looks at neither the time nor the certificate of a session that it takes up again.
    clock.advance(3 * HOUR_MS);
    const late = await beatOver(alpha, version, again.ticket ?? fresh.ticket);
    assert.deepEqual(late.told, { ...told, status: "403", code: "certificate-expired" });
  });
}
