import { badOption, type Call, fail, optionsOf } from "../call.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";
import { linesOf, regexpOf, sourcesOf } from "./sources.ts";

export function* grep(call: Call): Running {
  const options = optionsOf(call.args, "abcEe:FGHhIiLlm:noPqRrsvwxA:B:C:Uz");
  const { flags, values } = options;
  if (options.unknown !== null) return badOption(call, options.unknown, 2);
  const operands = [...options.operands];
  const pattern = values.get("e") ?? operands.shift();
  if (pattern === undefined) {
    call.err(
      "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
    );
    return 2;
  }
  const kind =
    flags.has("F") || call.name === "fgrep"
      ? "fixed"
      : flags.has("E") || flags.has("P") || call.name === "egrep"
        ? "extended"
        : "basic";
  const regexp = regexpOf(pattern, kind, flags.has("i") ? "gi" : "g");
  if (regexp === null) return fail(call, "Invalid regular expression", 2);
  if (operands.length === 0 && flags.has("r")) operands.push(".");
  const paths =
    flags.has("r") || flags.has("R")
      ? operands.flatMap((path) => filesBelow(call, path, 0))
      : operands;
  const { sources, rc } = yield* sourcesOf(call, paths);
  const named = (sources.length > 1 || flags.has("H") || flags.has("r")) && !flags.has("h");
  const after = Number(values.get("A") ?? values.get("C") ?? 0);
  const before = Number(values.get("B") ?? values.get("C") ?? 0);
  const max = Number(values.get("m") ?? Number.MAX_SAFE_INTEGER);
  let found = false;
  for (const { name, text } of sources) {
    const lines = linesOf(text);
    const prefix = named ? `${name}:` : "";
    const hits: number[] = [];
    for (const [index, line] of lines.entries()) {
      if (hits.length >= max) break;
      regexp.lastIndex = 0;
      const match = regexp.exec(line.slice(0, 8192));
      let hit = match !== null;
      if (match !== null && flags.has("x")) hit = match[0] === line;
      if (match !== null && flags.has("w"))
        hit = new RegExp(`\\b(?:${regexp.source})\\b`, regexp.flags.replace("g", "")).test(
          line.slice(0, 8192),
        );
      if (hit !== flags.has("v")) hits.push(index);
    }
    found ||= hits.length > 0;
    if (flags.has("q")) continue;
    if (flags.has("l") || flags.has("L")) {
      if (hits.length > 0 === flags.has("l")) call.out(`${name}\n`);
    } else if (flags.has("c")) call.out(`${prefix}${hits.length}\n`);
    else if (text.includes("\0") && !flags.has("a")) {
      if (hits.length > 0) call.out(`Binary file ${name} matches\n`);
    } else {
      const shown = new Set<number>();
      for (const hit of hits) {
        for (
          let at = Math.max(0, hit - before);
          at <= Math.min(lines.length - 1, hit + after);
          at++
        )
          shown.add(at);
      }
      for (const index of shown) {
        const line = lines[index] ?? "";
        const number = flags.has("n") ? `${index + 1}:` : "";
        if (flags.has("o"))
          for (const match of line.matchAll(regexp)) call.out(`${prefix}${number}${match[0]}\n`);
        else call.out(`${prefix}${number}${line}\n`);
      }
    }
  }
  return rc !== 0 ? rc : found ? 0 : 1;
}

function filesBelow(call: Call, path: string, depth: number): string[] {
  const entry = call.shell.disk.stat(call.shell.cwd, path, false);
  if (isFault(entry) || entry.kind !== "directory") return [path];
  if (depth > 10) return [];
  return [...entry.children]
    .filter(([, child]) => child.kind === "file" || child.kind === "directory")
    .slice(0, 400)
    .flatMap(([name]) => filesBelow(call, `${path.replace(/\/$/, "")}/${name}`, depth + 1))
    .slice(0, 2000);
}
