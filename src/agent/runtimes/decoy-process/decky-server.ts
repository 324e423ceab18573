import { createServer, type Server, type Socket } from "node:net";
import type { Decoy, DecoyContext, ServeConnection } from "../../../decoys/decoy.ts";
import { createPersona, type Persona } from "../../../decoys/persona.ts";
import type { ServiceName } from "../../../domain/service.ts";
import type { DesiredDecky } from "../../../wire/desired.ts";
import { Connection } from "./connection.ts";
import type { Gate } from "./outbox.ts";
import { personaInputOf } from "./persona-input.ts";
import { openSession, plainAddress, type SessionDeps } from "./session.ts";

/** Most connections of one decky at a time. */
const MAX_CONNECTIONS = 512;
/** Most of them from one address, so that one attacker cannot shut the others out. */
const MAX_CONNECTIONS_PER_SOURCE = 128;

export interface DeckyServerDeps extends SessionDeps {
  readonly decoys: Readonly<Record<ServiceName, Decoy>>;
  readonly gate: Gate;
  after(ms: number, callback: () => void): () => void;
  /** A decoy threw: told, so that it is mended; only that connection is lost. */
  onFault(message: string, fault: unknown): void;
}

export interface DeckyServer {
  /** Connections open now, and those cut so far because a limit was reached. */
  counts(): { readonly connections: number; readonly refused: number };
  /** Prepares the service and listens on the bound socket. @throws If it cannot. */
  serve(decky: DesiredDecky, service: ServiceName, port: number, socket: unknown): Promise<void>;
  /** Ends the connections of a decky and closes its sockets; resolves when all are closed. */
  stop(decky: string): Promise<void>;
}

interface Hosted {
  readonly persona: Persona;
  readonly services: Map<ServiceName, Promise<ServeConnection>>;
  readonly servers: Server[];
  readonly connections: Set<Connection>;
  readonly perSource: Map<string, number>;
}

/** Runs the decoys of all deckies of this process on sockets that the agent has bound. */
export function createDeckyServer(deps: DeckyServerDeps): DeckyServer {
  const hosted = new Map<string, Hosted>();
  let refused = 0;

  function prepare(host: Hosted, decky: DesiredDecky, service: ServiceName) {
    const prepared = host.services.get(service);
    if (prepared) return prepared;
    const context: DecoyContext = {
      persona: host.persona,
      config: decky.service_config[service] ?? {},
      nowMs: () => deps.nowMs(),
      after: (ms, callback) => deps.after(ms, callback),
    };
    const serve = (async () => deps.decoys[service].create(context))();
    host.services.set(service, serve);
    return serve;
  }

  function accept(
    host: Hosted,
    service: ServiceName,
    port: number,
    serve: ServeConnection,
    socket: Socket,
  ): void {
    const source = plainAddress(socket.remoteAddress ?? "");
    const fromSource = host.perSource.get(source) ?? 0;
    if (host.connections.size >= MAX_CONNECTIONS || fromSource >= MAX_CONNECTIONS_PER_SOURCE) {
      refused += 1;
      socket.destroy();
      return;
    }
    const onFault = (fault: unknown) =>
      deps.onFault(`${service} of ${host.persona.name} failed on a connection`, fault);
    const connection = new Connection(socket, deps.gate, onFault);
    const destination = { decky: host.persona.name, service, ip: host.persona.ip, port };
    const session = openSession(deps, destination, socket, connection);
    if (!session) {
      connection.destroy();
      return;
    }
    host.connections.add(connection);
    host.perSource.set(source, fromSource + 1);
    connection.on("close", () => {
      host.connections.delete(connection);
      const left = (host.perSource.get(source) ?? 1) - 1;
      if (left === 0) host.perSource.delete(source);
      else host.perSource.set(source, left);
    });
    try {
      serve(connection, session);
    } catch (fault) {
      onFault(fault);
      connection.destroy();
    }
  }

  return {
    counts() {
      let connections = 0;
      for (const host of hosted.values()) connections += host.connections.size;
      return { connections, refused };
    },
    async serve(decky, service, port, socket) {
      let host = hosted.get(decky.name);
      if (!host) {
        host = {
          persona: createPersona(personaInputOf(decky)),
          services: new Map(),
          servers: [],
          connections: new Set(),
          perSource: new Map(),
        };
        hosted.set(decky.name, host);
      }
      const here = host;
      const serveConnection = await prepare(here, decky, service);
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
      server.on("connection", (it) => accept(here, service, port, serveConnection, it));
      here.servers.push(server);
      await listen(server, socket);
      if (hosted.get(decky.name) !== here) server.close();
    },
    async stop(decky) {
      const host = hosted.get(decky);
      if (!host) return;
      hosted.delete(decky);
      for (const connection of host.connections) connection.destroy();
      await Promise.all(host.servers.map((server) => closed(server)));
    },
  };
}

function listen(server: Server, socket: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      server.off("error", reject);
      // Accepting may fail while descriptors are short; the next connection may find some.
      server.on("error", () => {});
      resolve();
    });
  });
}

/** Resolves when a server and all its connections are closed; also if it never listened. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
