import { createSecureContext, type TLSSocket } from "node:tls";
import { benchBody } from "./bodies.ts";
import { open, readAnswer, writeBeat } from "./connection.ts";
import type { BenchHost, LoadPlan, LoadResult } from "./messages.ts";

/*
 * The load: one connection a host, one heartbeat under way on each. Requests are bytes made
 * beforehand, but for the sequence, so that the server is what is measured.
 */

/** Bodies that a host goes through when each heartbeat is to differ from the last. */
const VARIANTS = 8;

process.on("message", (plan: LoadPlan) => {
  void run(plan).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function run(plan: LoadPlan): Promise<LoadResult> {
  const others: Record<string, number> = {};
  let beats = 0;
  const startedMs = performance.now();
  const overMs = startedMs + plan.durationMs;
  await Promise.all(
    plan.hosts.map((host) =>
      beatUntil(plan, host, overMs, (status) => {
        if (status === "204") beats += 1;
        else others[status] = (others[status] ?? 0) + 1;
      }),
    ),
  );
  return { beats, elapsedMs: performance.now() - startedMs, others };
}

async function beatUntil(
  plan: LoadPlan,
  host: BenchHost,
  overMs: number,
  count: (status: string) => void,
): Promise<void> {
  const context = createSecureContext({
    key: plan.keyPem,
    cert: host.certificatePem,
    ca: plan.authorityPem,
  });
  const variants = plan.changing ? VARIANTS : 1;
  const bodies = Array.from({ length: variants }, (_, change) =>
    benchBody(host.uuid, host.name, plan.deckies, change),
  );
  let sequence = 0;
  let echo: string | null = null;
  let socket: TLSSocket | null = null;
  while (performance.now() < overMs) {
    socket ??= await open(plan.port, context);
    sequence += 1;
    const body = bodies[sequence % variants] ?? Buffer.alloc(0);
    const answer = readAnswer(socket);
    writeBeat(socket, body, { boot: plan.boot, sequence, echo });
    const { status, nonce } = await answer;
    echo = nonce ?? echo;
    count(status);
    if (plan.newConnections) {
      socket.destroy();
      socket = null;
    }
  }
  socket?.destroy();
}
