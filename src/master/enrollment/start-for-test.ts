import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { silentLog } from "../../domain/log.ts";
import { AGENT_CERTIFICATE_TTL_MS, RECOVERY_BOUNDS } from "../../domain/renewal.ts";
import { createVirtualClock } from "../../domain/virtual-clock.ts";
import { openAuthorities } from "../../pki/authorities.ts";
import { MASTER_NAME } from "../../pki/certificate.ts";
import { makeSigningRequest } from "../../pki/csr.ts";
import { mintJoinToken } from "../../pki/join-token.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { openPresenter } from "../presentation.ts";
import { openEnrollment } from "./enrollment.ts";

export const startMs = Date.now();
export const root = await mkdtemp(join(tmpdir(), "decnet-enrollment-"));
after(() => rm(root, { recursive: true }));
export const authorities = await openAuthorities({
  dir: join(root, "authority"),
  nowMs: startMs,
  random: randomBytes,
});
export const authority = authorities.newest();
export const { requestPem: csr } = await makeSigningRequest();

/** A listener over a store in memory, and what a test does with it. */
export async function startMaster(t: TestContext, storeFaults: Partial<Store> = {}) {
  const store = openSqliteStore(":memory:");
  const clock = createVirtualClock(startMs);
  const refusals: string[] = [];
  const closing = new AbortController();
  const presenter = await openPresenter({
    authorities,
    clock,
    log: silentLog,
    signal: closing.signal,
  });
  const enrollment = await openEnrollment({
    store: { ...store, ...storeFaults },
    clock,
    log: silentLog,
    authorities,
    presenter,
    random: randomBytes,
    listen: { host: "127.0.0.1", port: 0 },
    agentPlane: { host: "192.0.2.7", port: 8770 },
    agentCertificateTtlMs: AGENT_CERTIFICATE_TTL_MS,
    recoveryBounds: RECOVERY_BOUNDS,
    refused: (code) => refusals.push(code),
  });
  t.after(async () => {
    closing.abort();
    await enrollment.close();
    await store.close();
  });
  const { port } = enrollment;

  const mint = async (
    token: { hostName?: string; ttlMs?: number; fingerprint?: string } = {},
  ): Promise<{ id: string; text: string }> => {
    const minted = mintJoinToken({
      authorityFingerprint: token.fingerprint ?? authority.fingerprint,
      host: "127.0.0.1",
      port,
      random: randomBytes,
    });
    const created = {
      id: minted.id,
      createdMs: startMs,
      createdBy: "operator:admin",
      expiresMs: startMs + (token.ttlMs ?? 900_000),
      hostName: token.hostName ?? null,
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    };
    await store.createToken(created, minted.secretHash);
    return minted;
  };

  const unchanged = async () => {
    assert.deepEqual(await store.listHosts({ decommissioned: true }), []);
    assert.deepEqual(await store.listAudit({ limit: 10 }), []);
    assert.ok((await store.listTokens()).every(({ usedMs }) => usedMs === null));
  };
  const ask = (method: string, path: string, body?: string, headers?: OutgoingHttpHeaders) =>
    exchange({ port, method, path, body: body ?? null, headers: headers ?? {} });
  const enroll = (fields: object) => ask("POST", "/enroll", JSON.stringify(fields));
  return { store, clock, presenter, refusals, port, enrollment, mint, unchanged, ask, enroll };
}

interface Exchange {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function exchange(asked: {
  port: number;
  method: string;
  path: string;
  body: string | null;
  headers: OutgoingHttpHeaders;
}): Promise<Exchange> {
  const outgoing = httpsRequest({
    ...asked,
    host: "127.0.0.1",
    agent: false,
    ca: authority.certificatePem,
    servername: MASTER_NAME,
  });
  outgoing.end(asked.body ?? undefined);
  const [incoming] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of incoming) text += String(chunk);
  return { status: incoming.statusCode, headers: incoming.headers, text };
}

export function assertRefused(
  answer: Exchange,
  status: number,
  code: string,
  detail: string,
): void {
  assert.equal(answer.status, status);
  assert.equal(answer.headers["decnet-error"], code);
  assert.deepEqual(JSON.parse(answer.text), { detail });
}
