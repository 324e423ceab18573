import { join } from "node:path";
import { loopbackAddress } from "../domain/placement.ts";
import { openSecret } from "./secret-file.ts";

/** What every decky's appearance and address are derived from. It never leaves the master. */
export interface FleetSecret {
  /** 32 bytes in hex: all that a decky's persona is derived from. */
  readonly personaSeed: (deckyName: string) => string;
  /** A loopback address for a decky; another one for each attempt, from 0. */
  readonly addressFor: (deckyName: string, attempt: number) => string;
}

/**
 * Loads the fleet's secret from `dir`, or makes it there the first time (mode 0600).
 * @throws DecnetError data-unusable if others may read it, or it is damaged.
 */
export async function openFleetSecret(
  dir: string,
  random: (bytes: number) => Buffer,
): Promise<FleetSecret> {
  const { derive } = await openSecret(join(dir, "fleet.secret"), random);
  return {
    personaSeed: (name) => derive(`persona ${name}`).toString("hex"),
    addressFor: (name, attempt) => loopbackAddress(derive(`address ${attempt} ${name}`)),
  };
}
