import { createPrivateKey, X509Certificate } from "node:crypto";
import { open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, writeFileDurably } from "./durable-file.ts";

/** A key that is to follow the current one: asked for, or certified already. */
export interface NextIdentity {
  /** PKCS #8, PEM. */
  readonly keyPem: string;
  /** The request for it, PEM: the same one each time, so that a lost answer is given again. */
  readonly requestPem: string;
  /** Null until the master has answered. */
  readonly certificatePem: string | null;
}

/** Called before each step that a crash may come between; may throw, for tests of just that. */
export type Step = (name: RenewalStep) => void | Promise<void>;

/** Every step of a renewal, in order. */
export const RENEWAL_STEPS = [
  "make-key",
  "send-request",
  "save-certificate",
  "try-certificate",
  "promote",
  "write-key",
  "write-certificate",
  "clean-up",
] as const;
export type RenewalStep = (typeof RENEWAL_STEPS)[number];

/** Key, request and certificate in one file, so that no crash can part them. */
const NEXT = "next.pem";
/** What next.pem is called once the master has accepted it: from here on there is no way back. */
const PROMOTED = "promoted.pem";

export const NEXT_FILES = [NEXT, PROMOTED] as const;

/** @returns null if there is none, or what there is cannot be used: then it is as good as none. */
export async function loadNext(dir: string): Promise<NextIdentity | null> {
  const text = await readFile(join(dir, NEXT), "utf8").catch(nullIfMissing);
  return text === null ? null : readNext(text);
}

/** Durable when it resolves; whole or not at all. */
export async function saveNext(dir: string, next: NextIdentity): Promise<void> {
  const text = next.keyPem + next.requestPem + (next.certificatePem ?? "");
  await writeFileDurably(join(dir, NEXT), text, 0o600);
}

/** Forgets the next key: its bytes are overwritten before its file goes. */
export async function dropNext(dir: string): Promise<void> {
  await overwrite(join(dir, NEXT));
  await unlink(join(dir, NEXT)).catch(nullIfMissing);
  await syncDirectory(dir);
}

/**
 * Makes the next key and certificate the current ones. The rename decides: before it the old ones
 * are current, after it the new ones, whatever is cut short.
 */
export async function promoteNext(
  dir: string,
  files: { readonly key: string; readonly certificate: string },
  step: Step,
): Promise<void> {
  await step("promote");
  await rename(join(dir, NEXT), join(dir, PROMOTED));
  await syncDirectory(dir);
  await finishPromotion(dir, files, step);
}

/** Brings to its end what a crash cut short; nothing if there is nothing to finish. */
export async function finishPromotion(
  dir: string,
  files: { readonly key: string; readonly certificate: string },
  step: Step = () => {},
): Promise<void> {
  const text = await readFile(join(dir, PROMOTED), "utf8").catch(nullIfMissing);
  if (text === null) return;
  const next = readNext(text);
  if (next === null || next.certificatePem === null) throw new Error(`${PROMOTED} is damaged`);
  const key = join(dir, files.key);
  await step("write-key");
  if ((await readFile(key, "utf8").catch(nullIfMissing)) !== next.keyPem) {
    await overwrite(key);
    await writeFileDurably(key, next.keyPem, 0o600);
  }
  await step("write-certificate");
  await writeFileDurably(join(dir, files.certificate), next.certificatePem, 0o644);
  await step("clean-up");
  // Not overwritten: it holds the key that is current now.
  await unlink(join(dir, PROMOTED)).catch(nullIfMissing);
  await syncDirectory(dir);
}

/** Replaces a file's bytes by zeros, on disk; nothing if there is no such file. */
export async function overwrite(path: string): Promise<void> {
  const file = await open(path, "r+").catch(nullIfMissing);
  if (file === null) return;
  try {
    const { size } = await file.stat();
    await file.write(new Uint8Array(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

export function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

function readNext(text: string): NextIdentity | null {
  const keyPem = blockOf(text, "PRIVATE KEY");
  const requestPem = blockOf(text, "CERTIFICATE REQUEST");
  const certificatePem = blockOf(text, "CERTIFICATE");
  if (keyPem === null || requestPem === null) return null;
  try {
    const key = createPrivateKey(keyPem);
    if (certificatePem !== null && !new X509Certificate(certificatePem).checkPrivateKey(key)) {
      return null;
    }
  } catch {
    return null;
  }
  return { keyPem, requestPem, certificatePem };
}

function blockOf(text: string, label: string): string | null {
  const begin = text.indexOf(`-----BEGIN ${label}-----`);
  const end = text.indexOf(`-----END ${label}-----\n`, begin);
  return begin === -1 || end === -1 ? null : text.slice(begin, end + label.length + 15);
}
