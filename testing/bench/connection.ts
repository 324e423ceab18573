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

/** The status of the next answer, which has no body, or one that fits into a segment. */
export function readStatus(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let head = "";
    const done = (status: string) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve(status);
    };
    const onData = (data: Buffer) => {
      head += data.toString("latin1");
      if (head.includes("\r\n\r\n")) done(head.slice(9, 12));
    };
    const onClose = () => done("closed");
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}

/** Sends one heartbeat. */
export function writeBeat(
  socket: TLSSocket,
  body: Buffer,
  place: { readonly boot: number; readonly sequence: number },
): void {
  socket.cork();
  socket.write(
    `POST /swarm/heartbeat HTTP/1.1\r\nHost: master\r\nContent-Type: application/json\r\n` +
      `Decnet-Boot: ${place.boot}\r\nDecnet-Sequence: ${place.sequence}\r\nContent-Length: ${body.length}\r\n\r\n`,
    "latin1",
  );
  socket.write(body);
  socket.uncork();
}
