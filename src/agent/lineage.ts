import { readFile } from "node:fs/promises";
import type { Log } from "../domain/log.ts";
import { isNonce } from "../wire/headers.ts";
import { writeFileDurably } from "./durable-file.ts";

/**
 * The newest nonce that the master gave, kept over restarts: the next heartbeat echoes it, and so
 * shows that it comes from the one agent that got the last answer.
 */
export interface Lineage {
  /** Null before the first one, and for a start that cannot tell. */
  readonly nonce: string | null;
  /**
   * Goes to `nonce`, durably, before it resolves: what was echoed once is never forgotten again. If
   * the disk refuses, the nonce stays as it was, which the master takes for a lost answer.
   */
  keep(nonce: string): Promise<void>;
}

/**
 * Reads what the start before this one kept.
 *
 * It counts only if there was no start in between that did not know of it, such as one of an older
 * version: the master would have gone on to other nonces meanwhile.
 *
 * @param boot Number of this start and, later, of what it was raised to.
 */
export async function openLineage(
  path: string,
  boot: { readonly number: number },
  log: Log,
): Promise<Lineage> {
  let nonce = await read(path, boot.number - 1);
  let broken = false;

  async function write(text: string): Promise<boolean> {
    try {
      await writeFileDurably(path, `${boot.number} ${text}\n`, 0o600);
      broken = false;
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!broken) log.warn("the master's nonce could not be kept", { reason });
      broken = true;
      return false;
    }
  }

  if (nonce !== null) await write(nonce);
  return {
    get nonce() {
      return nonce;
    },
    async keep(next) {
      if (next !== nonce && (await write(next))) nonce = next;
    },
  };
}

/** @returns null if there is none, or it is of another start than `boot`. */
async function read(path: string, boot: number): Promise<string | null> {
  try {
    const [of, nonce = ""] = (await readFile(path, "utf8")).trim().split(" ");
    return of === String(boot) && isNonce(nonce) ? nonce : null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
