import { type Call, fail, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";

const MAX_PATTERN = 400;

interface Source {
  readonly name: string;
  readonly text: string;
}

/** What the operands hold, or standard input without any; tells what cannot be read. */
export function* sourcesOf(
  call: Call,
  operands: readonly string[],
): Running<{ sources: Source[]; rc: number }> {
  const sources: Source[] = [];
  let rc = 0;
  for (const name of operands.length === 0 ? ["-"] : operands) {
    if (name === "-") {
      sources.push({ name: "(standard input)", text: yield* readAll(call) });
      continue;
    }
    const text = call.shell.disk.read(call.shell.cwd, name);
    if (!isFault(text)) sources.push({ name, text });
    else if (call.name === "head" || call.name === "tail")
      rc = fail(call, `cannot open '${name}' for reading: ${text.fault}`);
    else rc = fail(call, `${name}: ${text.fault}`, call.name.endsWith("grep") ? 2 : 1);
  }
  return { sources, rc };
}

export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A regular expression of POSIX in JavaScript's; null if too long or too wild. */
export function regexpOf(
  pattern: string,
  kind: "basic" | "extended" | "fixed",
  flags: string,
): RegExp | null {
  if (pattern.length > MAX_PATTERN) return null;
  // Repeated groups that repeat within could take for ever on one line.
  if (/\([^)]*[*+][^)]*\)\\?[*+{]/.test(pattern)) return null;
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  let source = pattern;
  if (kind === "fixed") source = escaped(pattern);
  else if (kind === "basic") {
    source = pattern.replace(
      /\\([(){}|+?])|([(){}|+?])/g,
      (_, special: string, plain: string) => special ?? `\\${plain}`,
    );
  }
  source = source
    .replaceAll("[[:space:]]", "\\s")
    .replaceAll("[:space:]", "\\s")
    .replaceAll("[:digit:]", "0-9")
    .replaceAll("[:alpha:]", "A-Za-z")
    .replaceAll("[:alnum:]", "A-Za-z0-9")
    .replaceAll("[:upper:]", "A-Z")
    .replaceAll("[:lower:]", "a-z")
    .replaceAll(/\\[<>]/g, "\\b");
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}
