import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../domain/clock.ts";
import type { DecoyEvent } from "../../domain/event.ts";
import { silentLog } from "../../domain/log.ts";
import type { DesiredDecky } from "../../wire/desired.ts";
import type { RuntimeDeps } from "./runtime.ts";

/** For tests only: the outside of a runtime, as it came to be. */
export interface Outside extends RuntimeDeps {
  readonly events: readonly DecoyEvent[];
  /** Resolves once `condition` holds; it is asked anew at each event and change. */
  until(condition: () => boolean): Promise<void>;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
};

export function createOutside(clock: Clock = realClock): Outside {
  const events: DecoyEvent[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const wake of waiting) wake();
  };
  return {
    hostUuid: "9f0c2f6e-7c5e-4a53-9d5b-0a4a3a3f6f11",
    clock,
    log: silentLog,
    events,
    emit(event) {
      events.push(event);
      look();
    },
    onChange: look,
    async until(condition) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => condition() && resolve();
      waiting.add(wake);
      wake();
      await promise;
      waiting.delete(wake);
    },
  };
}

/** A decky on an address of its own, so that test files can run side by side. */
export function deckyOf(ip: string, changes: Partial<DesiredDecky> = {}): DesiredDecky {
  const name = `decky-${ip.replaceAll(".", "-")}`;
  return {
    name,
    archetype: "linux-server",
    distro: null,
    hostname: null,
    ip,
    services: ["example"],
    service_config: {},
    runtime: "loopback",
    created_ms: Date.UTC(2026, 0, 1),
    persona_seed: createHash("sha256").update(name).digest("hex"),
    ...changes,
  };
}

/** Says something to a service and resolves with all that it said, once it hangs up. */
export async function converse(ip: string, port: number, words: string): Promise<string> {
  const socket = connect(port, ip);
  let heard = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    heard += text;
  });
  socket.write(words);
  await once(socket, "close");
  return heard;
}

/** Whether a process of this id exists. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
