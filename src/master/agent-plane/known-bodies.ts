import type { KnownBody } from "../../wire/heartbeat-change.ts";

/** A body that was read, and the digest of its bytes. */
interface Remembered {
  readonly known: KnownBody;
  readonly digest: string;
}

/** The last body of each certificate that was read, as far as there is room. */
export interface KnownBodies {
  get(fingerprint: string): Remembered | null;
  /** @param known Null forgets the last one. */
  set(fingerprint: string, known: KnownBody | null, digest: string): void;
}

/** Of all bodies together; about as much again is kept of their parts. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The one that was read least recently goes first. */
export function createKnownBodies(mostBytes: number = MOST_BYTES): KnownBodies {
  const bodies = new Map<string, Remembered>();
  let bytes = 0;

  function remove(fingerprint: string): void {
    bytes -= bodies.get(fingerprint)?.known.body.length ?? 0;
    bodies.delete(fingerprint);
  }

  return {
    get: (fingerprint) => bodies.get(fingerprint) ?? null,
    set(fingerprint, known, digest) {
      remove(fingerprint);
      if (known === null || known.deckies.length === 0) return;
      bodies.set(fingerprint, { known, digest });
      bytes += known.body.length;
      for (const oldest of bodies.keys()) {
        if (bytes <= mostBytes) break;
        remove(oldest);
      }
    },
  };
}
