import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Gate } from "./outbox.ts";

/** Longest silence of a connection. */
const IDLE_MS = 5 * 60_000;
/** Longest silence of one whose client has ended its side: a decoy may still be answering. */
const HALF_OPEN_MS = 5_000;

/**
 * What a decoy gets of an attacker's connection: its bytes, and nothing of the socket (which is
 * half-open and paused when it comes). It reads no more while the gate is shut. Trouble on the network ends it without an error; what a decoy throws
 * while it is handed bytes goes to `onFault` and costs this connection alone.
 */
export class Connection extends Duplex {
  readonly #socket: Socket;
  readonly #gate: Gate;

  constructor(socket: Socket, gate: Gate, onFault: (fault: unknown) => void) {
    // As with a plain socket, a decoy's side ends once it has read the client's to the end.
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#gate = gate;
    const hand = (chunk: Buffer | null): void => {
      try {
        if (!this.push(chunk) || gate.shut) socket.pause();
      } catch (fault) {
        onFault(fault);
        this.destroy();
      }
    };
    socket.pause();
    socket.on("data", hand);
    socket.on("end", () => {
      socket.setTimeout(HALF_OPEN_MS);
      hand(null);
    });
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.destroy());
    socket.setTimeout(IDLE_MS, () => this.destroy());
    // A decoy that listens for no errors must not bring the process down.
    this.on("error", onFault);
  }

  override _read(): void {
    this.#gate.whenOpen(() => this.#socket.resume());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // A failed write shows as the socket's close.
    this.#socket.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
