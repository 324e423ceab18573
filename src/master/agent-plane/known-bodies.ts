import type { KnownBody } from "../../wire/heartbeat-change.ts";

/** The last body of each certificate, as far as there is room. */
export interface KnownBodies {
  get(fingerprint: string): KnownBody | null;
  set(fingerprint: string, known: KnownBody | null): void;
}

/** Of all bodies together; about as much again is kept of their parts. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The one that was used least recently goes first. */
export function createKnownBodies(mostBytes: number = MOST_BYTES): KnownBodies {
  const bodies = new Map<string, KnownBody>();
  let bytes = 0;

  function remove(fingerprint: string): void {
    bytes -= bodies.get(fingerprint)?.body.length ?? 0;
    bodies.delete(fingerprint);
  }

  return {
    get: (fingerprint) => bodies.get(fingerprint) ?? null,
    set(fingerprint, known) {
      remove(fingerprint);
      if (known === null || known.deckies.length === 0) return;
      bodies.set(fingerprint, known);
      bytes += known.body.length;
      for (const oldest of bodies.keys()) {
        if (bytes <= mostBytes) break;
        remove(oldest);
      }
    },
  };
}
