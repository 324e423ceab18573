import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { issuerOf, readAuthorities } from "../pki/trust.ts";
import { syncDirectory, writeFileDurably } from "./durable-file.ts";
import { finishPromotion, NEXT_FILES, nullIfMissing, overwrite } from "./next-identity.ts";

/** Who this machine is in its swarm, and what proves it. */
export interface Identity {
  readonly hostUuid: string;
  readonly hostName: string;
  /** Where the master's agent plane listens. */
  readonly agentHost: string;
  readonly agentPort: number;
  /**
   * Where it takes enrollments, and recovers hosts whose certificate ran out; on the same host. Null
   * of an identity that was made before there was recovery.
   */
  readonly enrollmentPort?: number | null;
  /** PKCS #8, PEM: made on this machine, never to leave it. */
  readonly keyPem: string;
  readonly certificatePem: string;
  /** The swarm's authorities, PEM, the newest first: all that this machine trusts. */
  readonly authorityPem: string;
}

const KEY = "key.pem";
const CERTIFICATE = "certificate.pem";
export const CURRENT_FILES = { key: KEY, certificate: CERTIFICATE } as const;
/** What a crash in the middle of a write leaves behind: it may hold a key. */
const HALF_WRITTEN = /^\.[a-z]+\.pem\.[0-9a-f]{12}\.temporary$/;
/** All that are trusted, the newest first; `trust.ts` writes it while the agent runs. */
export const AUTHORITY_FILE = "authority.pem";
/** Written last and removed first: while it is not there, there is no identity. */
const IDENTITY = "identity.json";

/**
 * @returns null if `dir` holds no identity, be it that enrollment was cut short.
 * @throws {DecnetError} `data-unusable` if it holds one that cannot be used: other users can read
 *   the key, or its files are damaged or do not fit each other.
 */
export async function loadIdentity(dir: string): Promise<Identity | null> {
  return await usingDirectory(dir, async () => {
    const json = await readFile(join(dir, IDENTITY), "utf8").catch(nullIfMissing);
    if (json === null) return null;
    await finishPromotion(dir, CURRENT_FILES);
    const keyPath = join(dir, KEY);
    if (((await stat(keyPath)).mode & 0o077) !== 0) {
      throw new Error(`${keyPath} may be read by other users: chmod 600 ${keyPath}`);
    }
    const identity = {
      ...readFacts(json, join(dir, IDENTITY)),
      keyPem: await readFile(keyPath, "utf8"),
      certificatePem: await readFile(join(dir, CERTIFICATE), "utf8"),
      authorityPem: await readFile(join(dir, AUTHORITY_FILE), "utf8"),
    };
    if (!fits(identity)) throw new Error(`key and certificates in ${dir} do not fit each other`);
    return identity;
  });
}

/**
 * Writes the whole identity; it is there once this resolves, and not before.
 * @throws {DecnetError} `data-unusable`.
 */
export async function saveIdentity(dir: string, identity: Identity): Promise<void> {
  const { hostUuid, hostName, agentHost, agentPort, enrollmentPort = null } = identity;
  const places = { agentHost, agentPort, enrollmentPort };
  const facts = JSON.stringify({ hostUuid, hostName, ...places }, null, 2);
  await saveKey(dir, identity.keyPem);
  await usingDirectory(dir, async () => {
    await writeFileDurably(join(dir, CERTIFICATE), identity.certificatePem, 0o644);
    await writeFileDurably(join(dir, AUTHORITY_FILE), identity.authorityPem, 0o644);
    await writeFileDurably(join(dir, IDENTITY), `${facts}\n`, 0o600);
  });
}

/**
 * Writes a key that has no certificate yet, so that a disk that cannot keep it is found out before
 * a join token is spent on it. Makes `dir` with mode 0700.
 * @throws {DecnetError} `data-unusable`.
 */
export async function saveKey(dir: string, keyPem: string): Promise<void> {
  await usingDirectory(dir, async () => {
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o700);
    await writeFileDurably(join(dir, KEY), keyPem, 0o600);
  });
}

/**
 * Takes back a key that `saveKey` wrote and that was not certified; nothing else.
 * @throws {DecnetError} `data-unusable`.
 */
export async function dropKey(dir: string, keyPem: string): Promise<void> {
  await usingDirectory(dir, async () => {
    const path = join(dir, KEY);
    const [found, facts] = await Promise.all([
      readFile(path, "utf8").catch(nullIfMissing),
      readFile(join(dir, IDENTITY), "utf8").catch(nullIfMissing),
    ]);
    // Somebody else may have enrolled into the same directory meanwhile.
    if (found !== keyPem || facts !== null) return;
    await overwrite(path);
    await unlink(path).catch(nullIfMissing);
  });
}

/**
 * Removes the identity for good: the key's bytes are overwritten before its file goes. May be called
 * again if it was cut short.
 * @throws {DecnetError} `data-unusable`.
 */
export async function wipeIdentity(dir: string): Promise<void> {
  await usingDirectory(dir, async () => {
    await unlink(join(dir, IDENTITY)).catch(nullIfMissing);
    for (const name of [KEY, ...NEXT_FILES]) await overwrite(join(dir, name));
    for (const name of [KEY, CERTIFICATE, AUTHORITY_FILE, ...NEXT_FILES]) {
      await unlink(join(dir, name)).catch(nullIfMissing);
    }
    await wipeHalfWritten(dir);
  });
}

/**
 * Removes what a crash in the middle of a write left behind, since it may hold a key. Only for who
 * has the directory to itself.
 * @throws {DecnetError} `data-unusable`.
 */
export async function wipeHalfWritten(dir: string): Promise<void> {
  await usingDirectory(dir, async () => {
    const there = await readdir(dir).catch(nullIfMissing);
    if (there === null) return;
    for (const name of there.filter((name) => HALF_WRITTEN.test(name))) {
      await overwrite(join(dir, name));
      await unlink(join(dir, name)).catch(nullIfMissing);
    }
    await syncDirectory(dir);
  });
}

function readFacts(
  json: string,
  path: string,
): Pick<Identity, "hostUuid" | "hostName" | "agentHost" | "agentPort" | "enrollmentPort"> {
  const damaged = () => new Error(`${path} is damaged`);
  let value: Readonly<Record<string, unknown>>;
  try {
    value = { ...JSON.parse(json) };
  } catch {
    throw damaged();
  }
  const { hostUuid, hostName, agentHost, agentPort, enrollmentPort = null } = value;
  if (
    typeof hostUuid !== "string" ||
    typeof hostName !== "string" ||
    typeof agentHost !== "string" ||
    typeof agentPort !== "number" ||
    (typeof enrollmentPort !== "number" && enrollmentPort !== null)
  ) {
    throw damaged();
  }
  return { hostUuid, hostName, agentHost, agentPort, enrollmentPort };
}

/** Whether the certificate is of this key and under one of these authorities. */
export function fits(
  identity: Pick<Identity, "keyPem" | "certificatePem" | "authorityPem">,
): boolean {
  try {
    const certificate = new X509Certificate(identity.certificatePem);
    return (
      certificate.checkPrivateKey(createPrivateKey(identity.keyPem)) &&
      issuerOf(certificate, readAuthorities(identity.authorityPem) ?? []) !== null
    );
  } catch {
    return false;
  }
}

async function usingDirectory<T>(dir: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DecnetError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DecnetError("data-unusable", `identity in ${dir}: ${why}`, { cause: error });
  }
}
