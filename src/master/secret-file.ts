import { createHmac } from "node:crypto";
import { dirname } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { writeFileDurably } from "../pki/durable-file.ts";
import { makePrivateDirectory, readPrivateFile, usable } from "../pki/private-file.ts";

/** A secret that never leaves the master. Keys are derived from it, one for each purpose. */
export interface Secret {
  /** 32 bytes; always the same for a label. */
  readonly derive: (label: string) => Buffer;
  /** Made just now. */
  readonly isNew: boolean;
}

const SECRET = /^[0-9a-f]{64}\n$/;

/**
 * Loads a secret from a file, or makes it there the first time (mode 0600).
 * @throws DecnetError data-unusable if others may read it, it is damaged, or cannot be written.
 */
export async function openSecret(path: string, random: (bytes: number) => Buffer): Promise<Secret> {
  return await usable(async () => {
    await makePrivateDirectory(dirname(path));
    const found = await loadSecret(path);
    if (found !== null) return found;
    const text = `${random(32).toString("hex")}\n`;
    await writeFileDurably(path, text, 0o600);
    return secretOf(path, text, true);
  });
}

/** The same, without making one. @returns null if there is no such file. */
export async function loadSecret(path: string): Promise<Secret | null> {
  const text = await readPrivateFile(path);
  return text === null ? null : secretOf(path, text, false);
}

function secretOf(path: string, text: string, isNew: boolean): Secret {
  if (!SECRET.test(text)) throw new DecnetError("data-unusable", `${path} is damaged`);
  const secret = Buffer.from(text.trim(), "hex");
  return { isNew, derive: (label) => createHmac("sha256", secret).update(label).digest() };
}
