import type { TLSSocket } from "node:tls";
import { type AgentAnswer, bodyOf, keepPart, type Serve } from "../exchange.ts";
import { type AgentPlaneLimits, bodyLimitOf } from "../limits.ts";
import { createAnswerWriter } from "./answer.ts";
import { type Head, readHead } from "./head.ts";

/*
 * The agents' own lane. A heartbeat is a head that hardly differs from the last one and a body of
 * known length: to read and answer that on its socket costs a third of what node:http takes for it,
 * which is more than all else that a heartbeat costs. Whatever is not such a plain request goes to
 * node:http, its connection with it, byte for byte as it came.
 */

export interface Lanes {
  /** Serves a connection whose handshake is done. */
  open(socket: TLSSocket): void;
  /** Cuts those whose time is over: to be called every `checkMs`. */
  readonly look: () => void;
  /** Cuts all; resolves when the last request has been dealt with. */
  close(): Promise<void>;
}

export interface LaneDeps {
  readonly serve: Serve;
  /** Takes a connection on; `chunk` was read from it and not dealt with. */
  readonly handOver: (socket: TLSSocket, chunk: Buffer) => void;
  readonly onBug: (error: unknown) => void;
  readonly nowMs: () => number;
  readonly limits: AgentPlaneLimits;
}

/** What a connection waits for. */
type Phase = "first-request" | "body" | "answer" | "drain" | "next-request" | "end";

interface Lane {
  readonly socket: TLSSocket;
  phase: Phase;
  /**
   * Looks since it began to wait. Time is counted in looks, so that neither a step of the clock nor
   * a pause of this very process is taken for a client's silence.
   */
  looks: number;
  /** Of the request that is being read: its head, what came of its body, and how much did not. */
  head: Head | null;
  parts: Buffer[];
  missing: number;
  /** What came behind it. */
  behind: Buffer[];
  gone: AbortController | null;
  /** Lets go of the socket. */
  readonly leave: () => void;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** The last word to who does not send a request in time. */
export const TOO_SLOW =
  "HTTP/1.1 408 Request Timeout\r\ndecnet-error: body-too-slow\r\n" +
  "connection: close\r\ncontent-length: 0\r\n\r\n";

export function createLanes(deps: LaneDeps): Lanes {
  const { limits } = deps;
  const write = createAnswerWriter({ nowMs: deps.nowMs, keepAliveMs: limits.keepAliveMs });
  const lanes = new Set<Lane>();
  let answering = 0;
  let onIdle: (() => void) | null = null;
  const looksIn = (ms: number) => Math.max(1, Math.ceil(ms / limits.checkMs));
  const mostLooks: Readonly<Record<Phase, number>> = {
    "first-request": looksIn(limits.headersMs),
    body: looksIn(limits.requestMs),
    answer: looksIn(limits.idleMs),
    drain: looksIn(limits.idleMs),
    "next-request": looksIn(limits.keepAliveMs),
    end: 1,
  };

  function enter(lane: Lane, phase: Phase): void {
    lane.phase = phase;
    lane.looks = 0;
  }

  function take(lane: Lane, chunk: Buffer): void {
    switch (lane.phase) {
      case "first-request":
      case "next-request":
        return takeHead(lane, chunk);
      case "body":
        return takeBody(lane, lane.head, chunk);
      case "answer":
      case "drain":
        lane.behind.push(chunk);
        lane.socket.pause();
        return;
      case "end":
    }
  }

  function takeHead(lane: Lane, chunk: Buffer): void {
    const end = chunk.indexOf(END_OF_HEAD);
    const isShort = end !== -1 && end <= limits.headerBytes;
    const head = isShort ? readHead(chunk.toString("latin1", 0, end)) : null;
    if (head === null || head.bodyBytes > bodyLimitOf(head.path)) {
      lane.leave();
      return deps.handOver(lane.socket, chunk);
    }
    lane.missing = head.bodyBytes;
    takeBody(lane, head, chunk.subarray(end + END_OF_HEAD.length));
  }

  function takeBody(lane: Lane, head: Head | null, chunk: Buffer): void {
    const size = Math.min(chunk.length, lane.missing);
    if (size > 0) keepPart(lane.parts, chunk.subarray(0, size));
    lane.missing -= size;
    if (lane.missing > 0 || head === null) {
      lane.head = head;
      if (lane.phase !== "body") enter(lane, "body");
      return;
    }
    if (size < chunk.length) lane.behind.push(chunk.subarray(size));
    const body = bodyOf(lane.parts);
    lane.head = null;
    lane.parts = [];
    const { method, path, headers } = head;
    // Only a request that waits needs to know that its connection closed.
    lane.gone = method === "GET" ? new AbortController() : null;
    const signal = lane.gone?.signal ?? null;
    enter(lane, "answer");
    answering += 1;
    deps.serve(lane.socket, { method, path, headers, body, signal }).then(
      (answer) => settle(() => send(lane, answer)),
      (error: unknown) =>
        settle(() => {
          deps.onBug(error);
          lane.socket.destroy();
        }),
    );
  }

  function settle(finish: () => void): void {
    finish();
    answering -= 1;
    if (answering === 0) onIdle?.();
  }

  function send(lane: Lane, answer: AgentAnswer): void {
    lane.gone = null;
    if (!lane.socket.writable) return;
    const isSent = lane.socket.write(write(answer), answer.body === null ? "latin1" : "utf8");
    enter(lane, isSent ? "next-request" : "drain");
    if (isSent) takeBehind(lane);
  }

  function takeBehind(lane: Lane): void {
    const [first, ...more] = lane.behind;
    if (first === undefined) return;
    lane.behind = [];
    take(lane, more.length === 0 ? first : Buffer.concat([first, ...more]));
    // Not before all of it is taken, or more would come in than goes out.
    if (lane.behind.length === 0 && lanes.has(lane)) lane.socket.resume();
  }

  function open(socket: TLSSocket): void {
    const lane: Lane = {
      socket,
      phase: "first-request",
      looks: 0,
      head: null,
      parts: [],
      missing: 0,
      behind: [],
      gone: null,
      leave: () => {
        lanes.delete(lane);
        socket
          .off("data", onData)
          .off("drain", onDrain)
          .off("close", onClose)
          .off("error", onError)
          // From here on it is for others to pause.
          .resume();
      },
    };
    const onData = (chunk: Buffer) => take(lane, chunk);
    const onDrain = () => {
      if (lane.phase !== "drain") return;
      enter(lane, "next-request");
      takeBehind(lane);
    };
    const onClose = () => {
      lanes.delete(lane);
      lane.gone?.abort();
    };
    const onError = () => socket.destroy();
    socket.on("data", onData).on("drain", onDrain).on("close", onClose).on("error", onError);
    lanes.add(lane);
  }

  function look(): void {
    for (const lane of lanes) {
      lane.looks += 1;
      // The first look may come right after the wait began.
      if (lane.looks <= mostLooks[lane.phase]) continue;
      if (lane.phase === "first-request" || lane.phase === "body") {
        lane.socket.end(TOO_SLOW);
        enter(lane, "end");
      } else {
        lane.socket.destroy();
      }
    }
  }

  return {
    open,
    look,
    async close() {
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      for (const { socket } of lanes) socket.destroy();
      if (answering > 0) await idle;
    },
  };
}
