import type { IdentityRefused } from "./host-store.ts";

/** What hosts said of the swarm's authorities, so that an old one is not retired too early. */
export interface TrustStore {
  /** Under the same fence as a heartbeat. */
  noteTrust(report: {
    /** Of the certificate that the host shows. */
    readonly fingerprint: string;
    readonly nowMs: number;
    /** Fingerprint of the authority that issued it. */
    readonly authority: string;
    /** Fingerprints of those that the host trusts. */
    readonly trusted: readonly string[];
  }): Promise<{ readonly kind: "noted"; readonly hostUuid: string } | IdentityRefused>;
  /** What each host said last; a host that never said anything is not there. */
  listTrust(): Promise<
    readonly {
      readonly hostUuid: string;
      readonly authority: string;
      readonly trusted: readonly string[];
    }[]
  >;
}
