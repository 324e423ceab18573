import assert from "node:assert/strict";
import type { Identity } from "../../../src/agent/identity.ts";
import { makeSigningRequest } from "../../../src/pki/csr.ts";
import type { Caller } from "../swarm.ts";

/** Renews as whoever `call` is; the new certificate becomes current with its first use. */
export async function renewedBy(call: Caller, identity: Identity): Promise<Identity> {
  const { keyPem, requestPem } = await makeSigningRequest();
  const answer = await call("POST", "/swarm/renew", JSON.stringify({ csr: requestPem }));
  assert.equal(answer.status, 200, answer.text);
  const { certificate } = JSON.parse(answer.text) as { readonly certificate: string };
  return { ...identity, keyPem, certificatePem: certificate };
}

/** A batch of one event, well-formed, of a decky of the host's. */
export function eventsBody(hostUuid: string, decky: string): string {
  const event = {
    event_id: "01900000-0000-7000-8000-000000000001",
    kind: "ssh.login.attempt",
    host_uuid: hostUuid,
    decky,
    service: "ssh",
    session: "s",
    src_ip: "127.0.0.1",
    src_port: 5,
    dst_ip: "127.99.0.1",
    dst_port: 22,
    at: new Date().toISOString(),
    data: { user: "root" },
  };
  return JSON.stringify({ events: [event] });
}
