import type { Duplex } from "node:stream";
import type { Decoy, DecoyContext, DecoySession } from "../decoy.ts";
import { LineParser } from "./protocol.ts";

/** How long a client may say nothing. */
const IDLE_MS = 60_000;

/** A service with a banner and three commands: the whole of a decoy, as small as one can be. */
export const exampleDecoy: Decoy = {
  service: "example",
  create(context) {
    // What is the same for every connection is made here, once, from the persona and the config.
    const configured = context.config["banner"];
    const banner =
      typeof configured === "string"
        ? configured
        : `${context.persona.hostname}.${context.persona.domain} ready.`;
    return (stream, session) => serve(context, banner, stream, session);
  },
};

function serve(context: DecoyContext, banner: string, stream: Duplex, session: DecoySession): void {
  const parser = new LineParser();
  const hangUp = () => stream.destroy();
  let cancelIdle = context.after(IDLE_MS, hangUp);

  // A stream without an error listener takes the process down when a client resets.
  stream.on("error", hangUp);
  stream.on("end", () => stream.end());
  stream.on("close", () => cancelIdle());
  stream.on("data", (chunk: Buffer) => {
    cancelIdle();
    cancelIdle = context.after(IDLE_MS, hangUp);
    const { lines, overflowed } = parser.push(chunk);
    for (const line of lines) {
      if (stream.writableEnded) return;
      session.emit("example.line", { line });
      answer(context, stream, line);
    }
    if (overflowed) stream.end("line too long\r\n");
  });
  stream.write(`${banner}\r\n`);
}

function answer(context: DecoyContext, stream: Duplex, line: string): void {
  switch (line.trim().toLowerCase()) {
    case "":
      return;
    case "uptime":
      stream.write(`${Math.floor((context.nowMs() - context.persona.bootedMs) / 1000)}\r\n`);
      return;
    case "quit":
      stream.end("bye\r\n");
      return;
    default:
      stream.write("unknown command\r\n");
  }
}
