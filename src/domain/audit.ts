/** Who did what, with what outcome. */
export interface AuditEntry {
  readonly atMs: number;
  /**
   * `operator:NAME`, `operator:NAME/TOKEN` for an API token of that operator, `local:UID` for the
   * command line on the master's machine, `host:UUID`, `system`, `anonymous`.
   */
  readonly actor: string;
  /** Dotted, such as `token.create`, `host.decommission`, `login`. */
  readonly action: string;
  /** What it was done to: a uuid, a name, an id. */
  readonly target: string | null;
  /** `ok`, or the code of the refusal. */
  readonly outcome: string;
  readonly address: string | null;
}

/** A row as it stands in the log: its hash covers itself and, by the one before, all before it. */
export interface AuditRow extends AuditEntry {
  /** From 1, without gaps. */
  readonly id: number;
  readonly hash: string;
}

/** Where the log ends. Who noted one elsewhere can tell later whether the log still holds it. */
export interface AuditHead {
  /** Of the newest row; 0 before the first. */
  readonly id: number;
  readonly hash: string;
}

/** Why a log is not what was written. */
export const AUDIT_FAULTS = {
  changed: "the row, or one that was put in its place, is not as it was written",
  missing: "the row is gone, and there are rows after it",
  truncated: "the row is gone, and so is all that came after it",
  foreign: "the row was added behind the end of the log",
  "head-forged": "the note of where the log ends was not written by this master",
  "head-unknown": "the log does not hold the row that was noted elsewhere",
} as const;
export type AuditFault = keyof typeof AUDIT_FAULTS;

export type AuditVerdict =
  | { readonly kind: "whole"; readonly head: AuditHead }
  | {
      readonly kind: "broken";
      readonly fault: AuditFault;
      /** The first row that cannot be believed. */
      readonly firstBadId: number;
    };

/** Lowercase hex SHA-256 of a text's UTF-8 bytes: an argument, since this room imports nothing. */
export type Sha256 = (text: string) => string;

/** The head of a log without rows. */
export const EMPTY_HEAD: AuditHead = { id: 0, hash: "0".repeat(64) };

/** So that no hash of anything else can ever pass for one of these. */
const DOMAIN = "decnet-audit-1";

/**
 * The hash of a row that follows `head`: SHA-256 of three lines, which are the domain, the hash
 * before, and the row as a JSON array. JSON leaves one way to read where each field ends.
 */
export function chainHash(head: AuditHead, entry: AuditEntry, sha256: Sha256): string {
  const { atMs, actor, action, target, outcome, address } = entry;
  const row = JSON.stringify([head.id + 1, atMs, actor, action, target, outcome, address]);
  return sha256(`${DOMAIN}\n${head.hash}\n${row}`);
}

/** @returns The head once `row` follows `head`, or why it does not. */
export function follow(head: AuditHead, row: AuditRow, sha256: Sha256): AuditHead | AuditFault {
  if (row.id !== head.id + 1) return "missing";
  return row.hash === chainHash(head, row, sha256) ? { id: row.id, hash: row.hash } : "changed";
}

/**
 * Reads a whole log, oldest row first.
 *
 * @param noted Where the log ends, by the note that is written with each row.
 * @param known A head that somebody kept elsewhere; null for none.
 */
export async function verifyChain(
  rows: Iterable<AuditRow> | AsyncIterable<AuditRow>,
  { noted, known, sha256 }: { noted: AuditHead; known: AuditHead | null; sha256: Sha256 },
): Promise<AuditVerdict> {
  let head = EMPTY_HEAD;
  let knownSeen = known === null || sameHead(known, head);
  for await (const row of rows) {
    if (row.id > noted.id && head.id === noted.id) return broken("foreign", row.id);
    const next = follow(head, row, sha256);
    if (typeof next === "string") return broken(next, head.id + 1);
    head = next;
    knownSeen ||= known !== null && sameHead(known, head);
  }
  if (head.id < noted.id) return broken("truncated", head.id + 1);
  if (head.hash !== noted.hash) return broken("changed", head.id);
  if (known !== null && !knownSeen) return broken("head-unknown", Math.min(known.id, head.id + 1));
  return { kind: "whole", head };
}

export function sameHead(a: AuditHead, b: AuditHead): boolean {
  return a.id === b.id && a.hash === b.hash;
}

function broken(fault: AuditFault, firstBadId: number): AuditVerdict {
  return { kind: "broken", fault, firstBadId };
}
