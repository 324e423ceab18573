import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { fingerprintOf, isValidAt, validityOf } from "./certificate.ts";
import { writeFileDurably } from "./durable-file.ts";
import {
  type IssuedCertificate,
  makeAuthority,
  type RandomBytes,
  type Signer,
  signAgent,
  signMaster,
  signOperatorServer,
} from "./issue.ts";
import { makePrivateDirectory, readPrivateFile } from "./private-file.ts";

/** Key and certificate in one file, so that no crash can part them. */
const FILE_NAME = "authority.pem";

/** The swarm's own certificate authority: all that its hosts and masters ever trust. */
export interface Authority {
  readonly certificatePem: string;
  /** Lowercase hex SHA-256 of the DER certificate: what a join token carries. */
  readonly fingerprint: string;
  readonly notAfterMs: number;

  /**
   * A certificate for a host's agent: clientAuth and the agent's role, never serverAuth.
   * @param publicKey SubjectPublicKeyInfo, DER, as `readSigningRequest` gives it.
   */
  issueAgent(agent: {
    readonly publicKey: Uint8Array;
    readonly hostUuid: string;
    readonly nowMs: number;
    readonly ttlMs: number;
  }): Promise<IssuedCertificate>;

  /**
   * A certificate for a listener of the master, over a new key that is kept nowhere: a master
   * issues itself another at each start.
   * @param addresses IP addresses, and
   * @param names DNS names by which it can be reached, beside `MASTER_NAME`.
   * @throws {RangeError} If an address is none: the caller's bug.
   */
  issueMaster(master: {
    readonly nowMs: number;
    readonly ttlMs: number;
    readonly addresses?: readonly string[];
    readonly names?: readonly string[];
  }): Promise<MasterCertificate>;

  /**
   * A certificate for the operators' listener, over a new key that is kept nowhere: its role is its
   * own, so that it cannot serve agents.
   * @param hosts Names and addresses by which operators reach it.
   */
  issueOperatorServer(server: {
    readonly nowMs: number;
    readonly ttlMs: number;
    readonly hosts: readonly string[];
  }): Promise<MasterCertificate>;
}

/** A listener's certificate, its key, and what it presents. */
export interface MasterCertificate extends IssuedCertificate {
  readonly keyPem: string;
  /** Leaf, then authority: what the listener presents. */
  readonly chainPem: string;
}

/**
 * Loads the authority of `dir`, or makes it there the first time. `dir` is made with mode 0700 and
 * the file with 0600.
 *
 * @throws {DecnetError} `data-unusable` if the directory or the file cannot be used: another user
 *   could read the key, the file is damaged, or the authority ran out.
 */
export async function openAuthority(deps: {
  readonly dir: string;
  readonly nowMs: number;
  readonly random: RandomBytes;
}): Promise<Authority> {
  const path = join(deps.dir, FILE_NAME);
  let text: string;
  try {
    await makePrivateDirectory(deps.dir);
    text = (await readPrivateFile(path)) ?? (await createFile(path, deps));
  } catch (error) {
    if (error instanceof DecnetError) throw error;
    throw new DecnetError("data-unusable", messageOf(error), { cause: error });
  }
  const { key, certificate } = readAuthority(path, text);
  const validity = validityOf(certificate);
  if (!isValidAt(validity, deps.nowMs)) {
    const { notBeforeMs, notAfterMs } = validity;
    throw new DecnetError(
      "data-unusable",
      `the authority in ${path} is valid from ${iso(notBeforeMs)} to ${iso(notAfterMs)}, ` +
        `and this machine's clock says ${iso(deps.nowMs)}`,
    );
  }
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const signer: Signer = { key: key.toCryptoKey(algorithm, false, ["sign"]), certificate };
  return authorityOf(signer, deps.random);
}

function authorityOf(signer: Signer, random: RandomBytes): Authority {
  const certificatePem = signer.certificate.toString();
  return {
    certificatePem,
    fingerprint: fingerprintOf(signer.certificate.raw),
    notAfterMs: validityOf(signer.certificate).notAfterMs,
    issueAgent: (agent) => signAgent(signer, random, agent),
    async issueOperatorServer(server) {
      const issued = await signOperatorServer(signer, random, server);
      return { ...issued, chainPem: issued.certificatePem + certificatePem };
    },
    async issueMaster({ addresses = [], names = [], ...times }) {
      const issued = await signMaster(signer, random, { ...times, addresses, names });
      return { ...issued, chainPem: issued.certificatePem + certificatePem };
    },
  };
}

async function createFile(
  path: string,
  deps: { readonly nowMs: number; readonly random: RandomBytes },
): Promise<string> {
  const made = await makeAuthority(deps);
  const text = made.certificatePem + made.keyPem;
  await writeFileDurably(path, text, 0o600);
  return text;
}

function readAuthority(
  path: string,
  text: string,
): { key: KeyObject; certificate: X509Certificate } {
  let key: KeyObject;
  let certificate: X509Certificate;
  try {
    // Each of the two skips the other's block.
    key = createPrivateKey(text);
    certificate = new X509Certificate(text);
  } catch (error) {
    throw new DecnetError("data-unusable", `${path} is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new DecnetError("data-unusable", `${path} is damaged: its key is not a P-256 key`);
  }
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    throw new DecnetError("data-unusable", `${path} is damaged: key and certificate do not match`);
  }
  return { key, certificate };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
