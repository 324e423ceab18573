import { createHmac } from "node:crypto";
import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { loopbackAddress } from "../domain/placement.ts";
import { writeFileDurably } from "../pki/durable-file.ts";
import { makePrivateDirectory, readPrivateFile } from "../pki/private-file.ts";

/** What every decky's appearance and address are derived from. It never leaves the master. */
export interface FleetSecret {
  /** 32 bytes in hex: all that a decky's persona is derived from. */
  readonly personaSeed: (deckyName: string) => string;
  /** A loopback address for a decky; another one for each attempt, from 0. */
  readonly addressFor: (deckyName: string, attempt: number) => string;
}

const SECRET = /^[0-9a-f]{64}\n$/;

/**
 * Loads the fleet's secret from `dir`, or makes it there the first time (mode 0600).
 * @throws DecnetError data-unusable if others may read it, or it is damaged.
 */
export async function openFleetSecret(
  dir: string,
  random: (bytes: number) => Buffer,
): Promise<FleetSecret> {
  const path = join(dir, "fleet.secret");
  await makePrivateDirectory(dir);
  let text = await readPrivateFile(path);
  if (text === null) {
    text = `${random(32).toString("hex")}\n`;
    await writeFileDurably(path, text, 0o600);
  }
  if (!SECRET.test(text)) throw new DecnetError("data-unusable", `${path} is damaged`);
  const secret = Buffer.from(text.trim(), "hex");
  const derive = (label: string) => createHmac("sha256", secret).update(label).digest();
  return {
    personaSeed: (name) => derive(`persona ${name}`).toString("hex"),
    addressFor: (name, attempt) => loopbackAddress(derive(`address ${attempt} ${name}`)),
  };
}
