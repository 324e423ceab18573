import { createHash } from "node:crypto";

/**
 * A host's place in the interval, in [0, 1), drawn from its uuid: a fleet spreads evenly, whenever
 * its agents started.
 */
export function phaseOf(hostUuid: string): number {
  return createHash("sha256").update(hostUuid).digest().readUInt32BE(0) / 2 ** 32;
}

/** @returns The first moment after `afterMs` that is k * interval + phase, Unix milliseconds. */
export function nextSlotMs(phase: number, intervalMs: number, afterMs: number): number {
  const phaseMs = Math.floor(phase * intervalMs);
  return (Math.floor((afterMs - phaseMs) / intervalMs) + 1) * intervalMs + phaseMs;
}
