import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";
import {
  type AgentAnswer,
  type Body,
  bodyOf,
  keepPart,
  pathOf,
  refuse,
  type Serve,
} from "../exchange.ts";
import { bodyLimitOf } from "../limits.ts";
import { TOO_SLOW } from "./lane.ts";

/** Serves by node:http, in all its ways, what connections are handed over. */
export interface Fallback {
  readonly handOver: (socket: TLSSocket, chunk: Buffer) => void;
  /** Cuts all; resolves when the last request has been dealt with. */
  close(): Promise<void>;
}

/**
 * Takes the server's connections from node:http, which gets back those that are handed over.
 * @param server Its limits are those of node:http.
 */
export function createFallback(
  server: Server,
  serve: Serve,
  onBug: (error: unknown) => void,
): Fallback {
  const [toHttp, ...others] = server.listeners("secureConnection");
  if (toHttp === undefined || others.length > 0) throw new Error("node:https is not as it was");
  server.removeAllListeners("secureConnection");
  const serving = new Set<Promise<void>>();

  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const bad = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    socket.end(error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? TOO_SLOW : bad);
  });
  server.on("request", (request, response) => {
    const served = answer(serve, request, response).catch((error: unknown) => {
      onBug(error);
      request.socket.destroy();
    });
    serving.add(served);
    void served.then(() => serving.delete(served));
  });
  // Asked before a large body is sent: refuse it before, too.
  server.on("checkContinue", (request, response) => {
    if (!tooLarge(request)) response.writeContinue();
    server.emit("request", request, response);
  });

  return {
    handOver(socket, chunk) {
      toHttp.call(server, socket);
      // At once, not by unshift(): what comes next goes to the parser without passing the stream.
      socket.emit("data", chunk);
    },
    async close() {
      server.closeAllConnections();
      await Promise.all(serving);
    },
  };
}

async function answer(
  serve: Serve,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === "gone") return;
  if (body === "too-large") return hangUp(request, response, refuse("body-too-large"));
  const closed = request.method === "GET" ? new AbortController() : null;
  if (closed !== null) response.once("close", () => closed.abort());
  // The listener is TLS alone, so its sockets are.
  const answer = await serve(request.socket as TLSSocket, {
    method: request.method ?? "",
    path: pathOf(request.url ?? "/"),
    headers: request.headers,
    body,
    signal: closed?.signal ?? null,
  });
  send(response, answer);
}

function send(response: ServerResponse, { status, headers, body }: AgentAnswer): void {
  if (response.destroyed) return;
  if (body === null) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

/** Answers, then closes without reading on: the rest of the body is nobody's. */
function hangUp(request: IncomingMessage, response: ServerResponse, answer: AgentAnswer): void {
  request.pause();
  response.shouldKeepAlive = false;
  send(response, answer);
  response.once("finish", () => request.socket.destroySoon());
}

function tooLarge(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > bodyLimitOf(request.url ?? "");
}

function readBody(request: IncomingMessage): Promise<Body | "too-large" | "gone"> {
  return new Promise((resolve) => {
    if (tooLarge(request)) return resolve("too-large");
    const limit = bodyLimitOf(request.url ?? "");
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > limit) resolve("too-large");
      else keepPart(parts, part);
    });
    request.on("end", () => resolve(bodyOf(parts)));
    request.on("close", () => resolve("gone"));
  });
}
