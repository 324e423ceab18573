import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Decoy } from "./decoy.ts";
import { createPersona, type Persona, type PersonaInput } from "./persona.ts";

/** A decoy that a test serves. For tests only: it opens a port. */
export interface RunningDecoy {
  readonly port: number;
  /** What was emitted so far, in order. */
  readonly events: { kind: string; data: Readonly<Record<string, unknown>> }[];
  nowMs(): number;
  /** Resolves once every connection that was made has ended, so that all of its events are there. */
  settled(): Promise<void>;
  /** Moves time on and runs what has fallen due. */
  pass(ms: number): void;
}

export function personaOf(
  archetype: string,
  index: number,
  changes: Partial<PersonaInput> = {},
): Persona {
  return createPersona({
    seed: createHash("sha256").update(`harness ${index}`).digest("hex"),
    name: `decky-${index}`,
    ip: "127.0.0.1",
    archetype,
    distro: null,
    hostname: null,
    services: [],
    createdMs: Date.UTC(2026, 4, 1),
    ...changes,
  });
}

/** Serves a decoy on a loopback port until the test ends, under a clock that only `pass` moves. */
export async function startDecoy(
  t: TestContext,
  decoy: Decoy,
  persona: Persona,
  config: Readonly<Record<string, unknown>> = {},
): Promise<RunningDecoy> {
  let nowMs = Date.UTC(2026, 4, 20, 12, 34, 56);
  const events: RunningDecoy["events"] = [];
  const timers = new Map<object, { atMs: number; callback: () => void }>();
  const serve = await decoy.create({
    persona,
    config,
    nowMs: () => nowMs,
    after(ms, callback) {
      const timer = {};
      timers.set(timer, { atMs: nowMs + ms, callback });
      return () => timers.delete(timer);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, {
      id: "session",
      srcIp: "127.0.0.1",
      srcPort: socket.remotePort ?? 0,
      dstIp: "127.0.0.1",
      dstPort: 0,
      emit: (kind, data) => events.push({ kind, data }),
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    events,
    nowMs: () => nowMs,
    async settled() {
      // A client that resets its connection is gone too: that is no error of the test's.
      const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
      await Promise.all([...sockets].map(closed));
    },
    pass(ms) {
      nowMs += ms;
      for (const [timer, { atMs, callback }] of timers) {
        if (atMs > nowMs) continue;
        timers.delete(timer);
        callback();
      }
    },
  };
}
