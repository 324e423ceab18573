import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { AUTHORITY_FILE } from "./authorities.ts";
import { isEncryptedFile, readAuthorityFile, writeAuthorityFile } from "./authority-file.ts";
import type { RandomBytes } from "./issue.ts";
import { readPrivateFile, usable } from "./private-file.ts";

/**
 * Whether the authorities' keys in `dir` are encrypted; null if there are none yet.
 * @throws {DecnetError} `data-unusable` if other users may read them, or this one may not.
 */
export async function areKeysEncrypted(dir: string): Promise<boolean | null> {
  const text = await usable(() => readPrivateFile(join(dir, AUTHORITY_FILE)));
  return text === null ? null : isEncryptedFile(text);
}

/**
 * Encrypts the authorities' keys on disk, or decrypts them: all, or none of them. No master may run
 * on them meanwhile.
 *
 * @param from Null if they are not encrypted.
 * @param to Null leaves them unencrypted.
 * @throws {DecnetError} `data-unusable` if there are none, or they are damaged; `authority-locked`,
 *   `passphrase-wrong`. Then nothing was changed.
 */
export async function recryptAuthorities(deps: {
  readonly dir: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly random: RandomBytes;
}): Promise<void> {
  const path = join(deps.dir, AUTHORITY_FILE);
  const text = await usable(() => readPrivateFile(path));
  if (text === null) throw new DecnetError("data-unusable", `${path}: there is no such file`);
  const { pairs } = readAuthorityFile(path, text, deps.from);
  await usable(() => writeAuthorityFile(path, pairs, deps.to, deps.random));
}
