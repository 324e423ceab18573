/** Life of an agent's certificate unless the operator sets another. */
export const AGENT_CERTIFICATE_TTL_MS = 7 * 86_400_000;

/** When a certificate was issued and when it runs out, Unix milliseconds. */
export interface CertificateLife {
  readonly sinceMs: number;
  readonly notAfterMs: number;
}

/** Half its life: renewal is due, give or take a tenth of the life. */
export function renewalDueMs({ sinceMs, notAfterMs }: CertificateLife): number {
  return Math.floor(sinceMs + (notAfterMs - sinceMs) / 2);
}

/**
 * When an agent renews: at half the life, plus or minus a tenth, so that a fleet that was enrolled
 * together does not come back together.
 * @param random Uniform in [0, 1).
 */
export function renewalTimeMs(life: CertificateLife, random: () => number): number {
  const tenthMs = (life.notAfterMs - life.sinceMs) / 10;
  return Math.floor(renewalDueMs(life) + (random() * 2 - 1) * tenthMs);
}

/** Past two thirds of its life: a host that renews by itself would long have done so. */
export function isRenewalOverdue({ sinceMs, notAfterMs }: CertificateLife, nowMs: number): boolean {
  return 3 * nowMs >= sinceMs + 2 * notAfterMs;
}

/** Certificates name whole seconds; the last one still counts. */
export function isExpired(notAfterMs: number, nowMs: number): boolean {
  return nowMs >= notAfterMs + 1000;
}

/** How far hosts whose certificate ran out may help themselves; the operator sets it. */
export interface RecoveryBounds {
  /** Recoveries of one host within `RECOVERY_WINDOW_MS`; 0: none. */
  readonly most: number;
  /** Longest time since the certificate ran out; 0: none. */
  readonly withinMs: number;
}

export const RECOVERY_WINDOW_MS = 30 * 86_400_000;
export const RECOVERY_BOUNDS: RecoveryBounds = { most: 3, withinMs: 30 * 86_400_000 };

export type RecoveryRefusal =
  | "host-decommissioned"
  | "host-quarantined"
  | "certificate-still-valid"
  | "recovery-refused";

/**
 * Decides whether a host that has proved its pinned key gets a certificate again.
 *
 * @param host As stored; its certificate is the current one.
 * @param recoveries How many this host had within the last `RECOVERY_WINDOW_MS`.
 * @returns null if it does.
 */
export function judgeRecovery(
  host: { readonly state: string; readonly certificateNotAfterMs: number },
  recoveries: number,
  nowMs: number,
  bounds: RecoveryBounds,
): RecoveryRefusal | null {
  if (host.state === "decommissioned") return "host-decommissioned";
  if (host.state === "quarantined") return "host-quarantined";
  if (!isExpired(host.certificateNotAfterMs, nowMs)) return "certificate-still-valid";
  const late = nowMs - host.certificateNotAfterMs > bounds.withinMs;
  return late || recoveries >= bounds.most ? "recovery-refused" : null;
}
