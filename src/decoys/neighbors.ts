import type { Persona } from "./persona.ts";

/** Bytes for a service and its answer, as Latin-1. */
export type Ask = (request: string) => string;

/**
 * What the services of one decky answer to its own shells, so that `curl localhost` shows the page
 * that the network shows. No socket is opened: it is one function that calls another.
 */
const neighbors = new WeakMap<Persona, Map<number, Ask>>();

export function offerToNeighbors(persona: Persona, port: number, ask: Ask): void {
  const known = neighbors.get(persona) ?? new Map<number, Ask>();
  neighbors.set(persona, known.set(port, ask));
}

/** The service on a port of the same machine; undefined if none has offered itself. */
export function neighborOf(persona: Persona, port: number): Ask | undefined {
  return neighbors.get(persona)?.get(port);
}
