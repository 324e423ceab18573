import { existsSync } from "node:fs";
import { join } from "node:path";
import files from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./plane.ts";
import { pathOf } from "./refusal.ts";

/** Sends the page for a path of the dashboard's own router; false if this is no such request. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Serves the dashboard as built or, without one, a page that says how to build it. */
export async function serveDashboard(app: App, dir: string | null): Promise<SendPage> {
  if (dir === null || !existsSync(join(dir, "index.html"))) {
    app.get("/", { schema: { hide: true } }, (_request, reply) =>
      reply.code(503).type("text/plain; charset=utf-8").send(missing(dir)),
    );
    return () => false;
  }
  await app.register(files, {
    root: dir,
    cacheControl: false,
    // The build lays `.br` and `.gz` beside each text file.
    preCompressed: true,
    // Names below assets/ hold a hash of the content, so they never change their meaning.
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(dir, "assets"));
      reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
    allowedPath: (path) => !path.startsWith("/api/"),
  });
  return (request, reply) => {
    const path = pathOf(request);
    const reads = request.method === "GET" || request.method === "HEAD";
    const isPage = request.headers.accept?.includes("text/html") ?? false;
    if (!reads || !isPage || path.startsWith("/api/") || /\.[a-z0-9]+$/i.test(path)) return false;
    void reply.sendFile("index.html");
    return true;
  };
}

function missing(dir: string | null): string {
  const where = dir === null ? "No directory was given for them." : `They are not in ${dir}.`;
  return (
    "DECNET's master is running, but the dashboard's files are missing.\n" +
    `${where}\nBuild them with: npm run build\n` +
    "The API is at /api/v1 (see /api/v1/openapi.json); the command line works as well.\n"
  );
}
