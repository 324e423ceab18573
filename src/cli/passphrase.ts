import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { readPrivateFile } from "../pki/private-file.ts";
import { areKeysEncrypted } from "../pki/recrypt.ts";
import type { Shell } from "./command.ts";
import { ask } from "./prompt.ts";

const LEAST_BYTES = 12;
/** What OpenSSL takes. */
const MOST_BYTES = 1000;

/** Where the master keeps its authorities. */
export function authorityDirectory(masterDir: string): string {
  return join(masterDir, "authority");
}

/**
 * The passphrase of the authority's key: from the file, else by asking on the terminal if it is
 * needed.
 * @returns null if none is given and none needed, or there is no terminal to ask on.
 * @throws {DecnetError} config-invalid, data-unusable.
 */
export async function findPassphrase(
  keyFile: string,
  masterDir: string,
  shell: Shell,
): Promise<string | null> {
  if (keyFile !== "") return await readPassphrase(keyFile);
  if (!shell.stdin.isTTY) return null;
  if ((await areKeysEncrypted(authorityDirectory(masterDir))) !== true) return null;
  return await ask(shell, "Passphrase of the authority's key: ", true);
}

/** A passphrase to encrypt with: from the file, else asked for twice. */
export async function choosePassphrase(keyFile: string, shell: Shell): Promise<string> {
  if (keyFile !== "") return await readPassphrase(keyFile);
  if (!shell.stdin.isTTY) {
    throw new DecnetError(
      "config-invalid",
      "no terminal to ask for a passphrase on: --authority-key-file names a file that holds it",
    );
  }
  const passphrase = checked(await ask(shell, "New passphrase: ", true), "the passphrase");
  if ((await ask(shell, "The same once more: ", true)) !== passphrase) {
    throw new DecnetError("config-invalid", "the two passphrases differ; nothing was changed");
  }
  return passphrase;
}

async function readPassphrase(path: string): Promise<string> {
  let text: string | null;
  try {
    text = await readPrivateFile(path);
  } catch (cause) {
    if (cause instanceof DecnetError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DecnetError("config-invalid", `authorityKeyFile: ${why}`, { cause });
  }
  if (text === null) {
    throw new DecnetError("config-invalid", `authorityKeyFile: there is no file ${path}`);
  }
  return checked(text.replace(/\r?\n$/, ""), `authorityKeyFile: ${path}`);
}

function checked(passphrase: string, where: string): string {
  const bytes = Buffer.byteLength(passphrase);
  const isText = !/[\p{Cc}\uFFFD]/u.test(passphrase);
  if (isText && bytes >= LEAST_BYTES && bytes <= MOST_BYTES) return passphrase;
  throw new DecnetError(
    "config-invalid",
    `${where} must be one line of text, of ${LEAST_BYTES} to ${MOST_BYTES} bytes: ` +
      "openssl rand -base64 32 makes one",
  );
}
