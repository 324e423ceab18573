import { createHmac, timingSafeEqual } from "node:crypto";
import type { RandomBytes } from "../../pki/issue.ts";

/** Hands out challenges and tells its own from others. */
export interface Challenges {
  /** A nonce for this host, base64url. Costs nothing to keep: it is not kept. */
  issue(hostUuid: string, nowMs: number): string;
  /** Whether it was issued here, to this host, a minute ago at most, and not spent. */
  isOpen(nonce: string, hostUuid: string, nowMs: number): boolean;
  /** From now on it is not open any more. To be called for who proved a key, and only then. */
  spend(nonce: string, nowMs: number): void;
}

const LIFE_MS = 60_000;
const RANDOM_BYTES = 16;
const MAC_BYTES = 32;

/**
 * A challenge carries its time and a code over all of it (HMAC-SHA-256), under a key that lives as
 * long as this process: whoever asks for many fills no memory. What is remembered is the few that
 * were answered with a valid proof, until they are too old anyway.
 */
export function createChallenges(random: RandomBytes): Challenges {
  const key = random(32);
  const spent = new Map<string, number>();
  const code = (hostUuid: string, head: Uint8Array) =>
    createHmac("sha256", key).update(hostUuid).update(head).digest();

  return {
    issue(hostUuid, nowMs) {
      const head = Buffer.alloc(8 + RANDOM_BYTES);
      head.writeBigUInt64BE(BigInt(nowMs));
      head.set(random(RANDOM_BYTES), 8);
      return Buffer.concat([head, code(hostUuid, head)]).toString("base64url");
    },
    isOpen(nonce, hostUuid, nowMs) {
      const bytes = Buffer.from(nonce, "base64url");
      if (bytes.length !== 8 + RANDOM_BYTES + MAC_BYTES) return false;
      // One spelling only, or a spent one could come back in another.
      if (bytes.toString("base64url") !== nonce || spent.has(nonce)) return false;
      const head = bytes.subarray(0, 8 + RANDOM_BYTES);
      const mac = bytes.subarray(8 + RANDOM_BYTES);
      const ageMs = nowMs - Number(head.readBigUInt64BE());
      return ageMs >= 0 && ageMs < LIFE_MS && timingSafeEqual(mac, code(hostUuid, head));
    },
    spend(nonce, nowMs) {
      for (const [old, spentMs] of spent) {
        if (nowMs - spentMs < LIFE_MS) break;
        spent.delete(old);
      }
      spent.set(nonce, nowMs);
    },
  };
}
