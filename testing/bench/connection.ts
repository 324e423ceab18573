import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { MASTER_NAME } from "../../src/pki/certificate.ts";

export function open(port: number, secureContext: SecureContext): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port,
      servername: MASTER_NAME,
      secureContext,
    });
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("secureConnect", () => resolve(socket));
  });
}

export interface Answered {
  readonly status: string;
  /** To be echoed in the next heartbeat; null if there is none. */
  readonly nonce: string | null;
}

/** The next answer, which has no body, or one that fits into a segment. */
export function readAnswer(socket: TLSSocket): Promise<Answered> {
  return new Promise((resolve) => {
    let head = "";
    const done = (status: string, nonce: string | null) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve({ status, nonce });
    };
    const onData = (data: Buffer) => {
      head += data.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      done(head.slice(9, 12), /\r\ndecnet-nonce: (\S+)/i.exec(head)?.[1] ?? null);
    };
    const onClose = () => done("closed", null);
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}

/** Sends one heartbeat. */
export function writeBeat(
  socket: TLSSocket,
  body: Buffer,
  place: { readonly boot: number; readonly sequence: number; readonly echo: string | null },
): void {
  const echo = place.echo === null ? "" : `Decnet-Echo: ${place.echo}\r\n`;
  socket.cork();
  socket.write(
    `POST /swarm/heartbeat HTTP/1.1\r\nHost: master\r\nContent-Type: application/json\r\n` +
      `Decnet-Boot: ${place.boot}\r\nDecnet-Sequence: ${place.sequence}\r\n${echo}Content-Length: ${body.length}\r\n\r\n`,
    "latin1",
  );
  socket.write(body);
  socket.uncork();
}
