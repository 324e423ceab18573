import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { loadIdentity } from "../../../src/agent/identity.ts";
import type { Master } from "../../../src/master/master.ts";
import { fingerprintOf } from "../../../src/pki/certificate.ts";
import { issuerOf, readAuthorities } from "../../../src/pki/trust.ts";
import type { ApiAuthorities } from "../../../src/wire/api/authority.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { callMaster, listOf } from "../operator.ts";

type ByMaster = Pick<Master, "socketPath">;

export async function readAuthoritiesOf(master: ByMaster): Promise<ApiAuthorities> {
  return (await callMaster(master, "GET", "/api/v1/authorities")).json as ApiAuthorities;
}

/** Names of those that would be cut off, sorted. */
export async function behindOf(master: ByMaster): Promise<readonly string[]> {
  return (await readAuthoritiesOf(master)).behind.map(({ name }) => name).toSorted();
}

/** Looks again and again, until it holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

/** Notes every state in which each host is seen, from when it was first active. */
export function watchStates(master: () => ByMaster | null) {
  const seen = new Map<string, Set<string>>();
  const stop = new AbortController();
  const look = async () => {
    const current = master();
    if (current === null) return;
    const hosts = await listOf<ApiHost>(current, "/api/v1/hosts").catch(() => []);
    for (const { name, state } of hosts) {
      if (state === "active" || seen.has(name)) {
        seen.set(name, (seen.get(name) ?? new Set()).add(state));
      }
    }
  };
  const done = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await sleep(50);
    }
  })();
  return {
    /** @returns By name, what each was. */
    async stop(): Promise<Readonly<Record<string, readonly string[]>>> {
      stop.abort();
      await done;
      return Object.fromEntries([...seen].map(([name, states]) => [name, [...states]]));
    },
  };
}

/** What an agent's directory holds: whom it trusts, and whose its certificate is. */
export async function trustIn(dir: string): Promise<{
  readonly trusted: readonly string[];
  readonly issuer: string | null;
  readonly fingerprint: string;
}> {
  const identity = await loadIdentity(dir);
  if (identity === null) throw new Error(`no identity in ${dir}`);
  const trusted = readAuthorities(identity.authorityPem) ?? [];
  const certificate = new X509Certificate(identity.certificatePem);
  return {
    trusted: trusted.map(({ fingerprint }) => fingerprint),
    issuer: issuerOf(certificate, trusted)?.fingerprint ?? null,
    fingerprint: fingerprintOf(certificate.raw),
  };
}
