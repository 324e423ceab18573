import type { X509Certificate } from "node:crypto";
import type { KeyPair } from "./authority-file.ts";
import { fingerprintOf, validityOf } from "./certificate.ts";
import {
  type IssuedCertificate,
  type RandomBytes,
  type Signer,
  signAgent,
  signMaster,
  signOperatorServer,
} from "./issue.ts";
import { masterNameUnder } from "./trust.ts";

/** One certificate authority of the swarm's own; `authorities.ts` has all of them. */
export interface Authority {
  readonly certificate: X509Certificate;
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
   * @param names DNS names by which it can be reached, beside `MASTER_NAME` and `masterNameUnder`.
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

/** @param pair As `readAuthorityFile` gives it: of a P-256 key. */
export function authorityOf({ key, certificate }: KeyPair, random: RandomBytes): Authority {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const signer: Signer = { key: key.toCryptoKey(algorithm, false, ["sign"]), certificate };
  const certificatePem = certificate.toString();
  const fingerprint = fingerprintOf(certificate.raw);
  return {
    certificate,
    certificatePem,
    fingerprint,
    notAfterMs: validityOf(certificate).notAfterMs,
    issueAgent: (agent) => signAgent(signer, random, agent),
    async issueOperatorServer(server) {
      const issued = await signOperatorServer(signer, random, server);
      return { ...issued, chainPem: issued.certificatePem + certificatePem };
    },
    async issueMaster({ addresses = [], names = [], ...times }) {
      const all = [masterNameUnder(fingerprint), ...names];
      const issued = await signMaster(signer, random, { ...times, addresses, names: all });
      return { ...issued, chainPem: issued.certificatePem + certificatePem };
    },
  };
}
