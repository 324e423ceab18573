import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { DecnetError } from "../domain/errors.ts";
import type { Authority } from "../pki/authority.ts";
import { isValidAt, validityOf } from "../pki/certificate.ts";
import { readPrivateFile } from "../pki/private-file.ts";
import type { ServerCertificate } from "./operator-plane/deps.ts";

/** Files of the operators' own certificate, in PEM. */
export interface CertificateFiles {
  /** Leaf first, then what stands between it and its root. */
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * Reads a certificate that the operators brought along.
 * @throws {DecnetError} `config-invalid` if it cannot be read, is not valid now, or is not of this
 *   key; `data-unusable` if other users may read the key.
 */
export async function readOperatorCertificate(
  { certPath, keyPath }: CertificateFiles,
  nowMs: number,
): Promise<ServerCertificate> {
  const chainPem = await reading(certPath, () => readFile(certPath, "utf8"));
  const keyPem = await reading(keyPath, () => readPrivateFile(keyPath));
  if (keyPem === null) throw unusable(keyPath, "there is no such file");
  const certificate = await reading(certPath, () => new X509Certificate(chainPem));
  const key = await reading(keyPath, () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) {
    throw unusable(keyPath, `its key is not that of the certificate in ${certPath}`);
  }
  if (!isValidAt(validityOf(certificate), nowMs)) {
    throw unusable(certPath, `it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
  }
  if (certificate.subjectAltName === undefined) {
    throw unusable(certPath, "it names no host (subjectAltName), so no browser takes it");
  }
  return { chainPem, keyPem };
}

/** How to issue one from the swarm's own authority, which browsers must then be told to trust. */
export function issueOperatorCertificate(
  authority: Pick<Authority, "issueOperatorServer">,
  hosts: readonly string[],
) {
  // An address on which everything listens is nobody's name.
  const names = hosts.filter((host) => host !== "0.0.0.0" && host !== "::");
  const all = [...new Set([...names, "localhost", "127.0.0.1", "::1"])];
  const usable = all.filter((host) => isIP(host) !== 0 || !host.includes(":"));
  return (times: { readonly nowMs: number; readonly ttlMs: number }) =>
    authority.issueOperatorServer({ ...times, hosts: usable });
}

async function reading<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof DecnetError) throw cause;
    throw unusable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unusable(path: string, why: string, cause?: unknown): DecnetError {
  return new DecnetError("config-invalid", `operator plane's certificate, ${path}: ${why}`, {
    cause,
  });
}
