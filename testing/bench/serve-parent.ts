import type { ServerReady, ServerUsage } from "./messages.ts";

/** Tells the parent that this server listens, and from then on, when asked, what it has used. */
export function serveParent(ready: ServerReady): void {
  process.on("message", () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const usage: ServerUsage = {
      cpuMicros: user + system,
      rssBytes: rss,
      heapBytes: heapUsed + external,
    };
    process.send?.(usage);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(ready);
}
