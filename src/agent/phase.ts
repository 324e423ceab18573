import { createHash } from "node:crypto";

/**
 * The moments of a host's beats: k * interval + phase, with the phase drawn from its uuid, so that a
 * fleet spreads evenly over the interval whenever its agents started.
 *
 * @returns The first such moment after `afterMs`, Unix milliseconds.
 */
export function nextSlotMs(hostUuid: string, intervalMs: number, afterMs: number): number {
  const phaseMs = Math.floor(fractionOf(hostUuid) * intervalMs);
  return (Math.floor((afterMs - phaseMs) / intervalMs) + 1) * intervalMs + phaseMs;
}

/** Evenly spread over [0, 1). */
function fractionOf(hostUuid: string): number {
  return createHash("sha256").update(hostUuid).digest().readUInt32BE(0) / 2 ** 32;
}
