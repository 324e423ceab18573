import { createHmac } from "node:crypto";

/** Derives `length` bytes (at most 32) of a decky's seed for one purpose (HMAC-SHA-256). */
export function deriveBytes(seed: string, label: string, length = 32): Buffer {
  return createHmac("sha256", Buffer.from(seed, "hex")).update(label).digest().subarray(0, length);
}

/** A choice that is the same whenever its label is. */
export interface Pick {
  /** Whole number from 0 up to, not including, `below`. */
  (label: string, below: number): number;
  of<T>(label: string, choices: readonly T[]): T;
  /** Lowercase hex. */
  hex(label: string, digits: number): string;
}

/** Choices of one decky. 48 bits of an HMAC leave no bias that anybody could measure. */
export function createPick(seed: string): Pick {
  const pick = (label: string, below: number) =>
    deriveBytes(seed, `pick:${label}`).readUIntBE(0, 6) % below;
  return Object.assign(pick, {
    of<T>(label: string, choices: readonly T[]): T {
      return choices[pick(label, choices.length)] as T;
    },
    hex: (label: string, digits: number) =>
      deriveBytes(seed, `hex:${label}`).toString("hex").slice(0, digits),
  });
}
