import type { RuntimeName } from "../domain/decky.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The runtimes that this host has. */
export type Runtimes = Readonly<Partial<Record<RuntimeName, Runtime>>>;

/** One runtime out of several: each decky goes to the one that it names. */
export function routeRuntimes(runtimes: Runtimes): Runtime {
  const all = Object.values(runtimes);
  return {
    async start(decky) {
      const runtime = runtimes[decky.runtime];
      if (runtime === undefined) throw new Error(`this host has no ${decky.runtime} runtime`);
      await runtime.start(decky);
    },
    async stop(name) {
      // The one that has it knows it; to the others it is nothing.
      await Promise.all(all.map((runtime) => runtime.stop(name)));
    },
    status: () => new Map(all.flatMap((runtime) => [...runtime.status()])),
    async close() {
      await Promise.all(all.map((runtime) => runtime.close()));
    },
  };
}
