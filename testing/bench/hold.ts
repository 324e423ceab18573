import { createSecureContext, type TLSSocket } from "node:tls";
import { benchBody } from "./bodies.ts";
import { open, readAnswer, writeBeat } from "./connection.ts";
import type { LoadPlan, LoadResult } from "./messages.ts";

/* Opens a connection for every host, sends one heartbeat on each, and keeps all of them open. */

/** Handshakes under way at once: more would only wait in the listener's queue. */
const TOGETHER = 32;

process.on("message", (plan: LoadPlan) => {
  void hold(plan).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

const kept: TLSSocket[] = [];

async function hold(plan: LoadPlan): Promise<LoadResult> {
  const startedMs = performance.now();
  const others: Record<string, number> = {};
  let beats = 0;
  const waiting = [...plan.hosts];
  const worker = async () => {
    for (let host = waiting.pop(); host !== undefined; host = waiting.pop()) {
      const { keyPem: key, authorityPem: ca } = plan;
      const socket = await open(
        plan.port,
        createSecureContext({ key, ca, cert: host.certificatePem }),
      );
      kept.push(socket);
      const answer = readAnswer(socket);
      const body = benchBody(host.uuid, host.name, plan.deckies, 0);
      writeBeat(socket, body, { boot: plan.boot, sequence: 1, echo: null });
      const { status } = await answer;
      if (status === "204") beats += 1;
      else others[status] = (others[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return { beats, elapsedMs: performance.now() - startedMs, others };
}
