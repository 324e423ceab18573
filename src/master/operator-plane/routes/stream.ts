import { Readable } from "node:stream";
import { Type } from "typebox";
import { ApiError } from "../../../wire/api/common.ts";
import type { LiveMessage } from "../../live.ts";
import { isStillThere } from "../caller.ts";
import type { App, Plane } from "../plane.ts";
import { TryLater } from "../refusal.ts";
import { maySee } from "../visible.ts";

const MAX_STREAMS = 200;
const KEEP_ALIVE_MS = 15_000;
/** Beyond it a client is too slow: it is cut, and resumes by Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export function streamRoutes(app: App, plane: Plane): void {
  const { live, counters } = plane;
  app.get(
    "/stream",
    {
      exposeHeadRoute: false,
      config: { needs: "fleet.read" },
      schema: {
        tags: ["stream"],
        summary:
          "Every change that the caller may read, in order, as server-sent events: hello, change, seen, status, reset",
        querystring: Type.Object(
          {
            since: Type.Optional(
              Type.Integer({ minimum: 0, description: "seq to resume after; Last-Event-ID wins" }),
            ),
          },
          { additionalProperties: false },
        ),
        headers: Type.Object({ "last-event-id": Type.Optional(Type.Integer({ minimum: 0 })) }),
        response: {
          200: {
            description: "Never ends",
            content: { "text/event-stream": { schema: Type.Unsafe<Readable>({ type: "string" }) } },
          },
          "4xx": ApiError,
          "5xx": ApiError,
        },
      },
    },
    async (request, reply) => {
      if (counters.openStreams >= MAX_STREAMS) throw new TryLater("overloaded", 5_000);
      const since = request.headers["last-event-id"] ?? request.query.since ?? null;
      const closed = new AbortController();
      const stream = new Readable({ read() {} });
      const send = (message: LiveMessage): boolean => {
        const { change } = message;
        if (change !== null && !maySee(request.caller, change)) return !stream.destroyed;
        return write(stream, framed(message));
      };
      const unsubscribe = live.subscribe(since, send);
      counters.openStreams += 1;
      stream.once("close", () => {
        counters.openStreams -= 1;
        unsubscribe();
        closed.abort();
      });
      /** @returns Whether the stream goes on. */
      const recheck = async (): Promise<boolean> => {
        if (await isStillThere(plane, request.caller)) return true;
        unsubscribe();
        if (!stream.destroyed) stream.push(null);
        return false;
      };
      const forget = plane.streams.add(async () => void (await recheck()));
      stream.once("close", forget);
      void keepAlive(plane, { stream, recheck }, closed.signal);
      return reply
        .header("content-type", "text/event-stream; charset=utf-8")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .send(stream);
    },
  );
}

/** HTML Living Standard, section 9.2.6. JSON has no line breaks of its own. */
function framed({ event, change, json }: LiveMessage): string {
  const id = change === null ? "" : `id: ${change.seq}\n`;
  return `${id}event: ${event}\ndata: ${json}\n\n`;
}

/** @returns False once the client is gone or cut. */
function write(stream: Readable, text: string): boolean {
  if (stream.destroyed) return false;
  stream.push(text);
  if (stream.readableLength <= MAX_BUFFERED_BYTES) return true;
  stream.destroy();
  return false;
}

/** Keeps middlemen from closing the stream, and closes it when its session is over. */
async function keepAlive(
  { clock, log }: Plane,
  { stream, recheck }: { readonly stream: Readable; readonly recheck: () => Promise<boolean> },
  closed: AbortSignal,
): Promise<void> {
  while (!closed.aborted) {
    try {
      await clock.sleep(KEEP_ALIVE_MS, closed);
      if (!(await recheck())) return;
    } catch (error) {
      if (closed.aborted) return;
      log.warn("a stream's session could not be checked; it goes on", { error });
    }
    if (!write(stream, ": keep-alive\n\n")) return;
  }
}
