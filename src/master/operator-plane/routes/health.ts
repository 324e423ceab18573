import { createScraper } from "../metrics.ts";
import { isLoopback } from "../origin.ts";
import type { App, Plane } from "../plane.ts";

/** A sweep this many heartbeat intervals ago is no longer recent. */
const SWEEP_INTERVALS = 4;
const MIN_SWEEP_AGE_MS = 60_000;

/** For supervisors and Prometheus: without login where only this machine can ask. */
export function healthRoutes(app: App, plane: Plane): void {
  const { store, clock, metrics, startedMs, heartbeatIntervalMs } = plane;
  const scraper = createScraper(plane);
  const schema = { hide: true };
  const config = { needs: isLoopback(plane.listen.host) ? "open" : "fleet.read" } as const;
  const maxSweepAgeMs = Math.max(MIN_SWEEP_AGE_MS, SWEEP_INTERVALS * heartbeatIntervalMs);

  app.get("/healthz", { schema }, (_request, reply) => reply.type("text/plain").send("ok\n"));

  app.get("/readyz", { schema, config }, async (_request, reply) => {
    await store.headSeq();
    const sweepAgeMs = clock.nowMs() - (metrics.lastSweepMs() ?? startedMs);
    const isReady = sweepAgeMs <= maxSweepAgeMs;
    const text = isReady ? "ready\n" : `liveness was last checked ${sweepAgeMs} ms ago\n`;
    return reply
      .code(isReady ? 200 : 503)
      .type("text/plain")
      .send(text);
  });

  app.get("/metrics", { schema, config }, async (_request, reply) =>
    reply.type(scraper.contentType).send(await scraper.scrape()),
  );
}
