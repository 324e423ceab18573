import { X509Certificate } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import { isExpired } from "../domain/renewal.ts";
import { lifeOf } from "../pki/certificate.ts";
import { CURRENT_FILES, type Identity } from "./identity.ts";
import type { Learning } from "./learning.ts";
import { type NextIdentity, promoteNext, type Step } from "./next-identity.ts";
import type { RenewalWatch } from "./renewal-watch.ts";
import type { Credentials, SwitchingTransport } from "./switching-transport.ts";
import type { AgentTransport } from "./transport.ts";
import type { Trust } from "./trust.ts";

/** Of one request about the certificate. */
export const TIMEOUT_MS = 10_000;

export interface RenewalParts {
  /** Holds the identity's files. */
  readonly dataDir: string;
  readonly identity: Identity;
  readonly open: (credentials: Credentials) => AgentTransport;
  readonly clock: Clock;
  readonly trust: Trust;
  /** Told of every answer, and when another certificate is the current one. */
  readonly learning: Pick<Learning, "heard" | "renewed">;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** For tests of what a crash leaves behind. */
  readonly step?: Step | undefined;
}

/** Where a renewal stands: what is current, what comes next, and what it works with. */
export interface RenewalState extends Omit<RenewalParts, "step"> {
  current: Credentials;
  next: NextIdentity | null;
  readonly step: Step;
  readonly transport: SwitchingTransport;
  readonly watch: RenewalWatch;
}

/** What one attempt came to. */
export type Attempt =
  | { readonly kind: "done" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "failed"; readonly reason: string };

/** The master has taken the next one: it is the current one from now on. */
export async function promote(state: RenewalState, next: NextIdentity): Promise<void> {
  if (next.certificatePem === null) throw new Error("a key without a certificate is not current");
  await promoteNext(state.dataDir, CURRENT_FILES, state.step);
  state.current = { keyPem: next.keyPem, certificatePem: next.certificatePem };
  state.next = null;
  state.learning.renewed();
}

export function hasExpired({ watch }: RenewalState, credentials: Credentials): boolean {
  const { notAfterMs } = lifeOf(new X509Certificate(credentials.certificatePem));
  return isExpired(notAfterMs, watch.nowMs()) || watch.saidExpired();
}

/** What the next identity connects with; null while it has no certificate. */
export function certified(next: NextIdentity | null): Credentials | null {
  if (next === null || next.certificatePem === null) return null;
  return { keyPem: next.keyPem, certificatePem: next.certificatePem };
}
