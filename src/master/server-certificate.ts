import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";

/** Nobody keeps or pins a listener's certificate, so a short life costs nothing. */
export const MASTER_CERTIFICATE_TTL_MS = 30 * 86_400_000;

/**
 * Keeps what listeners present fresh: issues another at half its life, for as long as they live.
 * Connections that are open keep theirs.
 *
 * @param apply Hands it to a listener, such as by `server.setSecureContext`.
 * @returns Once `signal` aborts.
 */
export async function keepServerCertificate<T>(deps: {
  /** Such as `authority.issueOperatorServer`. */
  readonly issue: (times: { readonly nowMs: number; readonly ttlMs: number }) => Promise<T>;
  readonly clock: Clock;
  readonly log: Log;
  readonly apply: (issued: T) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { issue, clock, log, apply, signal } = deps;
  for (;;) {
    try {
      await clock.sleep(MASTER_CERTIFICATE_TTL_MS / 2, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    try {
      apply(await issue({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS }));
    } catch (error) {
      // Half its life is left, and another try comes before that ends.
      log.error("could not renew a listener's certificate", { error });
    }
  }
}
