import { type Io, inputOf } from "./call.ts";
import { expandToText, type Substitute } from "./expand.ts";
import type { Running, Shell } from "./shell.ts";
import type { Redirect } from "./syntax.ts";
import { isFault } from "./tree.ts";

const CONNECT_MS = 8000;
const MAX_SINK_BYTES = 4 * 1024 * 1024;

/** Text on its way into a file: written once, when the command has ended. */
interface Sink {
  readonly path: string;
  readonly pieces: string[];
  bytes: number;
}

/** Runs `body` on streams redirected as told (XCU 2.7), left to right. */
export function* redirected(
  shell: Shell,
  redirects: readonly Redirect[],
  io: Io,
  substitute: Substitute,
  body: (io: Io) => Running,
): Running {
  if (redirects.length === 0) return yield* body(io);
  const sinks: Sink[] = [];
  let { stdin, keyboard, terminal, out, err } = io;
  for (const { fd, operator, target } of redirects) {
    const name = yield* expandToText(shell, target, substitute);
    if (operator === "<<<") {
      stdin = inputOf(name);
      keyboard = false;
    } else if (operator === ">&" && /^[\d-]$/.test(name)) {
      // Descriptors of a script's own are copies of its output, as a rule.
      const to = name === "2" ? err : name === "-" ? () => {} : out;
      if (fd === 2) err = to;
      else if (fd === 1) out = to;
    } else if (/^\/dev\/(tcp|udp)\//.test(name) && shell.dialect === "bash") {
      yield { kind: "sleep", ms: CONNECT_MS };
      io.err(`${shell.selfName}: connect: Connection timed out\n`);
      io.err(`${shell.selfName}: ${name}: Connection timed out\n`);
      return 1;
    } else if (operator === "<") {
      if (/^\d$/.test(name)) continue;
      const content = shell.disk.read(shell.cwd, name);
      if (isFault(content)) return refuse(shell, io, name, content.fault);
      stdin = inputOf(content);
      keyboard = false;
    } else {
      const refused = shell.disk.write(shell.cwd, name, "", operator === ">>");
      if (refused !== null) return refuse(shell, io, name, refused.fault);
      const sink: Sink = { path: name, pieces: [], bytes: 0 };
      sinks.push(sink);
      const into = (text: string) => {
        sink.bytes += text.length;
        if (sink.bytes <= MAX_SINK_BYTES) sink.pieces.push(text);
      };
      if (fd === 1 || fd === -1 || operator === ">&") {
        out = into;
        terminal = false;
      }
      if (fd === 2 || fd === -1 || operator === ">&") err = into;
    }
  }
  const { cwd } = shell;
  const rc = yield* body({ stdin, keyboard, terminal, out, err });
  for (const { path, pieces } of sinks) {
    const refused = pieces.length > 0 ? shell.disk.write(cwd, path, pieces.join(""), true) : null;
    if (refused !== null) io.err(`${shell.selfName}: write error: ${refused.fault}\n`);
  }
  return rc;
}

function refuse(shell: Shell, io: Io, name: string, why: string): number {
  const ash = shell.dialect !== "bash";
  const what = why === "No such file or directory" ? "nonexistent directory" : why;
  io.err(
    ash
      ? `${shell.selfName}: can't create ${name}: ${what}\n`
      : `${shell.selfName}: ${name}: ${why}\n`,
  );
  return 1;
}
