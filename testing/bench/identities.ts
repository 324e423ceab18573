import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import type { Authority } from "../../src/pki/authority.ts";
import type { BenchHost } from "./messages.ts";

/** Certificates for a fleet, all over one key. */
export async function makeHosts(
  authority: Authority,
  count: number,
): Promise<{
  readonly keyPem: string;
  readonly hosts: readonly (BenchHost & {
    readonly fingerprint: string;
    readonly notAfterMs: number;
  })[];
}> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const hosts = [];
  for (let n = 0; n < count; n += 1) {
    const uuid = randomUUID();
    const issued = await authority.issueAgent({
      publicKey: spki,
      hostUuid: uuid,
      nowMs: Date.now(),
      ttlMs: 86_400_000,
    });
    hosts.push({
      uuid,
      name: `bench-${n}-${randomBytes(3).toString("hex")}`,
      certificatePem: issued.certificatePem,
      fingerprint: issued.fingerprint,
      notAfterMs: issued.notAfterMs,
    });
  }
  return { keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), hosts };
}
