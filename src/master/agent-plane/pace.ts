/** Holds each certificate to a rate: a token bucket each, forgotten once it is full again. */
export interface Pace {
  allows(fingerprint: string, nowMs: number): boolean;
}

/** Buckets that are kept before full ones are thrown out. */
const SWEEP_AT = 16_384;

export function createPace(rate: { readonly burst: number; readonly perSecond: number }): Pace {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const refilled = ({ tokens, atMs }: { tokens: number; atMs: number }, nowMs: number) =>
    Math.min(rate.burst, tokens + (Math.max(0, nowMs - atMs) * rate.perSecond) / 1000);

  return {
    allows(fingerprint, nowMs) {
      const bucket = buckets.get(fingerprint) ?? { tokens: rate.burst, atMs: nowMs };
      const tokens = refilled(bucket, nowMs);
      if (buckets.size >= SWEEP_AT) {
        for (const [key, old] of buckets) {
          if (refilled(old, nowMs) >= rate.burst) buckets.delete(key);
        }
      }
      const allowed = tokens >= 1;
      buckets.set(fingerprint, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs });
      return allowed;
    },
  };
}
