import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { DecnetError } from "../domain/errors.ts";
import { type Authority, authorityOf } from "./authority.ts";
import { type KeyPair, readAuthorityFile, writeAuthorityFile } from "./authority-file.ts";
import { isValidAt, validityOf } from "./certificate.ts";
import { makeAuthority, type RandomBytes } from "./issue.ts";
import { makePrivateDirectory, readPrivateFile, usable } from "./private-file.ts";

/** Keys and certificates in one file, so that no crash can part them. */
export const AUTHORITY_FILE = "authority.pem";

/** The swarm's authorities: one or, while it is rotated, the new one and the old one. */
export interface Authorities {
  /** The newest: issues agents' certificates, and its fingerprint goes into join tokens. */
  newest(): Authority;
  /** The same for who keeps it: whichever is the newest when it is used. */
  readonly issuing: Authority;
  /** All that are trusted, the newest first. */
  trusted(): readonly Authority[];
  /** The oldest that is trusted: what those know who know one alone, of whatever age. */
  oldest(): Authority;
  /** Whether the keys on disk are encrypted. */
  readonly isEncrypted: boolean;
  /**
   * Introduces a new authority beside the old one: durable, and known to all who follow, before
   * anything is issued under it.
   * @returns False if a rotation is under way already.
   */
  rotate(nowMs: number): Promise<boolean>;
  /**
   * Ends the trust in the old authority and destroys its key.
   * @returns It; null if there is none.
   */
  retire(): Promise<Authority | null>;
  /** Calls `follow`, and waits for it, whenever another set is trusted. */
  onChange(follow: () => Promise<void>): void;
}

export interface AuthoritiesDeps {
  /** Made with mode 0700 if it is not there, its file with 0600. */
  readonly dir: string;
  readonly nowMs: number;
  readonly random: RandomBytes;
  /** Of keys that are encrypted; a new authority's key is, too. Null, or left out: none was given. */
  readonly passphrase?: string | null;
}

/**
 * Loads the swarm's authorities, or makes the first.
 *
 * @throws {DecnetError} `data-unusable` if directory or file cannot be used: another user could
 *   read a key, the file is damaged, or the authority ran out; `authority-locked`,
 *   `passphrase-wrong`. Then nothing was changed.
 */
export async function openAuthorities(deps: AuthoritiesDeps): Promise<Authorities> {
  const { random, nowMs, passphrase = null } = deps;
  const path = join(deps.dir, AUTHORITY_FILE);
  const file = await usable(async () => {
    await makePrivateDirectory(deps.dir);
    const text = await readPrivateFile(path);
    if (text !== null) return readAuthorityFile(path, text, passphrase);
    const pairs = [await makePair(nowMs, random)];
    await writeAuthorityFile(path, pairs, passphrase, random);
    return { pairs, isEncrypted: passphrase !== null };
  });
  let known = file.pairs.map((pair) => ({ pair, authority: authorityOf(pair, random) }));
  let issuing = first(known).authority;
  checkValidity(path, issuing, nowMs);

  const followers: (() => Promise<void>)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time, each with what the one before left. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = turn.then(act);
    turn = done.catch(() => {});
    return done;
  };
  const become = async (next: typeof known): Promise<void> => {
    const pairs = next.map(({ pair }) => pair);
    await usable(() =>
      writeAuthorityFile(path, pairs, file.isEncrypted ? passphrase : null, random),
    );
    known = next;
    for (const follow of followers) await follow();
    issuing = first(known).authority;
  };

  return {
    newest: () => issuing,
    issuing: {
      get certificate() {
        return issuing.certificate;
      },
      get certificatePem() {
        return issuing.certificatePem;
      },
      get fingerprint() {
        return issuing.fingerprint;
      },
      get notAfterMs() {
        return issuing.notAfterMs;
      },
      issueAgent: (agent) => issuing.issueAgent(agent),
      issueMaster: (master) => issuing.issueMaster(master),
      issueOperatorServer: (server) => issuing.issueOperatorServer(server),
    },
    trusted: () => known.map(({ authority }) => authority),
    oldest: () => (known.at(-1) ?? first(known)).authority,
    isEncrypted: file.isEncrypted,
    rotate: (atMs) =>
      inTurn(async () => {
        if (known.length > 1) return false;
        const pair = await makePair(atMs, random);
        await become([{ pair, authority: authorityOf(pair, random) }, ...known]);
        return true;
      }),
    retire: () =>
      inTurn(async () => {
        const [newest, old] = known;
        if (newest === undefined || old === undefined) return null;
        await become([newest]);
        return old.authority;
      }),
    onChange: (follow) => void followers.push(follow),
  };
}

/** The newest authority alone, for who needs no rotation. */
export async function openAuthority(deps: AuthoritiesDeps): Promise<Authority> {
  return (await openAuthorities(deps)).newest();
}

async function makePair(nowMs: number, random: RandomBytes): Promise<KeyPair> {
  const made = await makeAuthority({ nowMs, random });
  return {
    key: createPrivateKey(made.keyPem),
    certificate: new X509Certificate(made.certificatePem),
  };
}

function first<T>([newest]: readonly T[]): T {
  if (newest === undefined) throw new Error("a swarm without an authority");
  return newest;
}

function checkValidity(path: string, { certificate }: Authority, nowMs: number): void {
  const validity = validityOf(certificate);
  if (isValidAt(validity, nowMs)) return;
  const { notBeforeMs, notAfterMs } = validity;
  throw new DecnetError(
    "data-unusable",
    `the authority in ${path} is valid from ${iso(notBeforeMs)} to ${iso(notAfterMs)}, ` +
      `and this machine's clock says ${iso(nowMs)}`,
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
