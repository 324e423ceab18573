import { once } from "node:events";
import { connect } from "node:tls";
import type { Identity } from "../../../src/agent/identity.ts";
import { tlsOf } from "../swarm.ts";

/** A request of the agent plane, byte for byte. */
export function requestBytes(
  method: string,
  path: string,
  body = "",
  headers: readonly string[] = [],
): string {
  const head = [`${method} ${path} HTTP/1.1`, "host: master", `content-length: ${body.length}`];
  return `${[...head, ...headers].join("\r\n")}\r\n\r\n${body}`;
}

/** One connection of an attacker's own, under a host's certificate. */
export async function openSocket(identity: Identity, session?: Buffer) {
  const socket = connect({
    ...tlsOf(identity),
    ALPNProtocols: ["http/1.1"],
    ...(session !== undefined && { session }),
  } as never);
  let received = "";
  let ticket: Buffer | null = null;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  socket.setEncoding("utf8");
  socket.on("session", (fresh: Buffer) => {
    ticket = fresh;
  });
  socket.on("data", (text: string) => {
    received += text;
    look();
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  void closed.then(look);
  await once(socket, "secureConnect");
  const answers = () =>
    [...received.matchAll(/HTTP\/1\.1 (\d+)[^]*?\r\n\r\n/g)].map(([head, status = ""]) =>
      [status, /decnet-error: (\S+)/.exec(head)?.[1]].filter(Boolean).join(" "),
    );
  return {
    isResumed: socket.isSessionReused(),
    /** With which another connection can be resumed; null until the master sent it. */
    ticket: () => ticket,
    write: (bytes: string) => void socket.write(bytes),
    /** `STATUS CODE` of each answer so far. */
    answers,
    /** Resolves with the answers once there are `n`, or the connection was closed. */
    async untilAnswers(n: number): Promise<readonly string[]> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => {
        if (answers().length >= n || socket.closed) resolve();
      };
      waiting.add(check);
      check();
      await promise;
      waiting.delete(check);
      return answers();
    },
    closed,
    end: () => void socket.destroy(),
  };
}
