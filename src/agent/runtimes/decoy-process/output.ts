import type { Readable } from "node:stream";

/** Longest line kept of what the process prints; the rest of the line is skipped. */
const LINE_CHARACTERS = 2_000;
/** Most lines kept of one process; it prints only when something is wrong. */
const LINES = 500;

/**
 * Hands on what a process prints, line by line. It may print what attackers sent, so length and
 * number are bounded and control characters, which could deceive a terminal, are replaced.
 */
export function readOutput(stream: Readable, onLine: (line: string) => void): void {
  let line = "";
  let lines = 0;
  const finish = (): void => {
    const printable = line.replaceAll(/\p{C}/gu, "\u{FFFD}").trim();
    line = "";
    if (printable === "") return;
    lines += 1;
    if (lines < LINES) onLine(printable);
    else if (lines === LINES) onLine("prints too much: the rest is not logged");
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const [head = "", ...rest] = text.split("\n");
    line = (line + head).slice(0, LINE_CHARACTERS);
    for (const next of rest) {
      finish();
      line = next.slice(0, LINE_CHARACTERS);
    }
  });
  stream.on("end", finish);
  stream.on("error", finish);
}
