import { isDeepStrictEqual } from "node:util";
import { createPersona, type DeckyIdentity } from "../../../decoys/persona.ts";
import { isServiceName, SERVICES } from "../../../domain/service.ts";
import type { ServiceStatus } from "../../../domain/shard.ts";
import type { DesiredDecky } from "../../../wire/desired.ts";
import type { BoundSocket } from "../decoy-process/bound-socket.ts";
import { spawnDecoyProcess } from "../decoy-process/decoy-process.ts";
import { personaInputOf } from "../decoy-process/persona-input.ts";
import type { DeckyStatus, Runtime, RuntimeDeps } from "../runtime.ts";
import { bindNearest } from "./bind.ts";
import { isLoopbackIp } from "./ports.ts";

/** One port of one service. */
interface Endpoint {
  readonly service: string;
  readonly port: number;
  /** Null if it could not be started, for `reason`. */
  socket: BoundSocket | null;
  reason: string;
}

interface Running {
  readonly decky: DesiredDecky;
  readonly identity: DeckyIdentity;
  readonly endpoints: readonly Endpoint[];
}

export interface LoopbackRuntime extends Runtime {
  /** Process id of what serves the deckies; undefined while none does. */
  readonly decoyPid: number | undefined;
}

/**
 * Deckies on addresses of 127.0.0.0/8 with ports mapped above 1024: needs no privilege and any
 * system. Each service that cannot be started says so in the status, and leaves the others be;
 * starting the same decky again tries only what does not run.
 */
export function createLoopbackRuntime(deps: RuntimeDeps): LoopbackRuntime {
  const decoys = spawnDecoyProcess(deps);
  const deckies = new Map<string, Running>();
  const turns = new Map<string, Promise<void>>();

  /** Does one thing with a decky after the other. */
  function inTurn(name: string, action: () => Promise<void>): Promise<void> {
    const turn = (turns.get(name) ?? Promise.resolve()).then(action);
    const settled = turn
      .catch(() => {})
      .finally(() => {
        if (turns.get(name) === settled) turns.delete(name);
      });
    turns.set(name, settled);
    return turn;
  }

  async function startEndpoint(decky: DesiredDecky, endpoint: Endpoint): Promise<void> {
    const { service, port } = endpoint;
    try {
      if (!isServiceName(service)) throw new Error("this version of decnet has no such service");
      const socket = bindNearest(decky.ip, port);
      endpoint.socket = socket;
      await decoys.serve({ decky, service, port, socket });
    } catch (error) {
      endpoint.socket?.close();
      endpoint.socket = null;
      endpoint.reason = error instanceof Error ? error.message : String(error);
      deps.log.warn("service could not be started", {
        decky: decky.name,
        service,
        reason: endpoint.reason,
      });
    }
  }

  async function start(decky: DesiredDecky): Promise<void> {
    if (!isLoopbackIp(decky.ip)) {
      throw new Error(`the loopback runtime needs an address of 127.0.0.0/8, not ${decky.ip}`);
    }
    if (!isDeepStrictEqual(deckies.get(decky.name)?.decky, decky)) await stop(decky.name);
    const running = deckies.get(decky.name) ?? plan(decky);
    deckies.set(decky.name, running);
    const missing = running.endpoints.filter(({ socket }) => socket === null);
    await Promise.all(missing.map((endpoint) => startEndpoint(decky, endpoint)));
    if (running.endpoints.some(({ socket }) => socket !== null)) {
      if (missing.length > 0) deps.onChange();
      return;
    }
    await stop(decky.name);
    throw new Error(running.endpoints.map((it) => `${it.service}: ${it.reason}`).join("; "));
  }

  async function stop(name: string): Promise<void> {
    const running = deckies.get(name);
    if (!running) return;
    await decoys.stop(name);
    for (const { socket } of running.endpoints) socket?.close();
    deckies.delete(name);
    deps.onChange();
  }

  function statusOf({ decky, identity, endpoints }: Running): DeckyStatus {
    const services: Record<string, ServiceStatus> = {};
    const reasons: string[] = [];
    for (const { service, port, socket, reason } of endpoints) {
      const state = isServiceName(service) ? decoys.state(decky.name, service, port) : null;
      const why = socket === null ? reason : state?.kind === "down" ? state.reason : null;
      if (why !== null) reasons.push(`${service}: ${why}`);
      const where = socket === null ? {} : { ip: socket.ip, port: socket.port };
      const status = { running: why === null, ...where, ...(why === null ? {} : { reason: why }) };
      // A service of several ports is shown by its first, unless another is down.
      if (services[service]?.running !== false && (why !== null || !services[service])) {
        services[service] = status;
      }
    }
    const reason = reasons.length === 0 ? null : reasons.join("; ");
    return { running: reason === null, reason, services, identity };
  }

  return {
    get decoyPid() {
      return decoys.pid;
    },
    start: (decky) => inTurn(decky.name, () => start(decky)),
    stop: (name) => inTurn(name, () => stop(name)),
    status: () => new Map([...deckies].map(([name, running]) => [name, statusOf(running)])),
    async close() {
      await decoys.close();
      await Promise.all([...deckies.keys()].map((name) => inTurn(name, () => stop(name))));
    },
  };
}

/** A decky of which nothing has been started. */
function plan(decky: DesiredDecky): Running {
  const { hostname, distro, baseImage, nmapOs } = createPersona(personaInputOf(decky));
  return {
    decky,
    identity: { hostname, distro, baseImage, nmapOs },
    endpoints: [...new Set(decky.services)].flatMap((service) =>
      (isServiceName(service) ? SERVICES[service] : [0]).map((port) => ({
        service,
        port,
        socket: null,
        reason: "starting",
      })),
    ),
  };
}
