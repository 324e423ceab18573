import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { readAuthorities, type TrustedAuthority } from "../pki/trust.ts";
import { writeFileDurably } from "./durable-file.ts";
import { AUTHORITY_FILE } from "./identity.ts";

/** The authorities that this machine trusts; on disk, the old set or the new one, whole at any time. */
export interface Trust {
  /** PEM, the newest first. */
  pem(): string;
  /** The newest first. */
  fingerprints(): readonly string[];
  /**
   * One more, the newest. Only for what came over a connection that one of the others vouched for.
   * @returns False if it is no authority, or there would be too many: nothing was changed.
   * @throws {DecnetError} `data-unusable` if it could not be kept: nothing was changed.
   */
  add(pem: string): Promise<boolean>;
  /** These and no others; all else as `add`. */
  replace(pems: readonly string[]): Promise<boolean>;
}

/** @param pem As the identity has it. */
export function createTrust(dataDir: string, pem: string): Trust {
  const initial = readAuthorities(pem);
  if (initial === null) throw new DecnetError("data-unusable", `${dataDir}: no authority`);
  let trusted: readonly TrustedAuthority[] = initial;
  const pemOf = (set: readonly TrustedAuthority[]) =>
    set.map(({ certificatePem }) => certificatePem).join("");
  let text = pemOf(trusted);

  async function become(wanted: string): Promise<boolean> {
    const next = readAuthorities(wanted);
    if (next === null) return false;
    const nextText = pemOf(next);
    if (nextText === text) return true;
    try {
      await writeFileDurably(join(dataDir, AUTHORITY_FILE), nextText, 0o644);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DecnetError("data-unusable", `${dataDir}: ${why}`, { cause });
    }
    trusted = next;
    text = nextText;
    return true;
  }

  return {
    pem: () => text,
    fingerprints: () => trusted.map(({ fingerprint }) => fingerprint),
    async add(more) {
      const one = readAuthorities(more);
      if (one === null || one.length !== 1) return false;
      const known = trusted.some(({ fingerprint }) => fingerprint === one[0]?.fingerprint);
      return known || (await become(pemOf(one) + text));
    },
    replace: (pems) => become(pems.join("\n")),
  };
}
