import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { DecnetError } from "../domain/errors.ts";
import type { Shell } from "./command.ts";
import { Interrupted } from "./ending.ts";

/**
 * Asks on the terminal, on standard error so that standard output stays the command's own.
 * @throws {Interrupted} If the person ends it by Ctrl-C or Ctrl-D instead of answering.
 */
export async function ask(shell: Shell, question: string, hidden = false): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({
    input: shell.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  });
  if (hidden) shell.terminal.draw(question);
  try {
    const ended = new Promise<never>((_resolve, reject) => {
      prompt.once("SIGINT", () => reject(new Interrupted()));
      prompt.once("close", () => reject(new Interrupted()));
    });
    const answer = await Promise.race([prompt.question(hidden ? "" : question), ended]);
    if (hidden) shell.terminal.note("");
    return answer.trim();
  } catch (cause) {
    // The line with the question ends here, whatever comes next.
    shell.terminal.note("");
    throw cause;
  } finally {
    prompt.close();
  }
}

/** All of standard input, for a secret that is piped in. */
export async function readPiped(stdin: NodeJS.ReadStream, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new DecnetError("token-malformed", "standard input is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8").trim();
}
