import { badOption, type Call, fail, optionsOf, readAll } from "../call.ts";
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

function* grep(call: Call): Running {
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

function* headOrTail(call: Call): Running {
  const args = call.args.map((arg) => (/^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
  const { flags, values, operands, unknown } = optionsOf(args, "n:c:qvfFs:", ["lines", "bytes"]);
  if (unknown !== null) return badOption(call, unknown);
  const { sources, rc } = yield* sourcesOf(call, operands);
  const bytes = values.get("c") ?? values.get("bytes");
  const wanted = bytes ?? values.get("n") ?? values.get("lines") ?? "10";
  const count = Math.abs(Number(wanted.replace("+", "")));
  if (Number.isNaN(count)) return fail(call, `invalid number of lines: '${wanted}'`);
  for (const [index, { name, text }] of sources.entries()) {
    if (sources.length > 1 && !flags.has("q"))
      call.out(`${index > 0 ? "\n" : ""}==> ${name} <==\n`);
    const items = bytes === undefined ? (text.match(/[^\n]*\n|[^\n]+$/g) ?? []) : text.split("");
    let shown: string[];
    if (call.name === "head")
      shown = wanted.startsWith("-") ? items.slice(0, -count || undefined) : items.slice(0, count);
    else if (wanted.startsWith("+")) shown = items.slice(Math.max(0, count - 1));
    else shown = count === 0 ? [] : items.slice(-count);
    call.out(shown.join(""));
  }
  if (flags.has("f") || flags.has("F")) for (;;) yield { kind: "sleep", ms: 60_000 };
  return rc;
}

function* wc(call: Call): Running {
  const { flags, operands, unknown } = optionsOf(call.args, "lwcmL");
  if (unknown !== null) return badOption(call, unknown);
  const { sources, rc } = yield* sourcesOf(call, operands);
  const all = !["l", "w", "c", "m"].some((flag) => flags.has(flag));
  const total = [0, 0, 0];
  const rows: [number[], string][] = [];
  for (const { name, text } of sources) {
    const counts = [
      text.split("\n").length - 1,
      text.split(/\s+/).filter((word) => word !== "").length,
      text.length,
    ];
    counts.forEach((count, index) => {
      total[index] = (total[index] ?? 0) + count;
    });
    rows.push([counts, operands.length === 0 ? "" : name]);
  }
  if (rows.length > 1) rows.push([total, "total"]);
  const keep = (counts: number[]) =>
    counts.filter(
      (_, index) => all || flags.has("lwc".charAt(index)) || (index === 2 && flags.has("m")),
    );
  const single = rows.length === 1 && keep([0, 0, 0]).length === 1;
  const width = single ? 0 : operands.length === 0 ? 7 : String(total[2]).length;
  for (const [counts, name] of rows) {
    call.out(
      `${keep(counts)
        .map((count) => String(count).padStart(width))
        .join(" ")}${name === "" ? "" : ` ${name}`}\n`,
    );
  }
  return rc;
}

function* sort(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "bdfghik:mnrsRt:uVo:");
  const { sources, rc } = yield* sourcesOf(call, operands);
  const separator = values.get("t") ?? /\s+/;
  const field = Number.parseInt(values.get("k") ?? "0", 10);
  const numeric =
    flags.has("n") || flags.has("g") || flags.has("h") || /n/.test(values.get("k") ?? "");
  const keyOf = (line: string) =>
    field > 0 ? (line.trimStart().split(separator)[field - 1] ?? "") : line;
  let lines = sources.flatMap((source) => linesOf(source.text));
  lines.sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    const difference = numeric
      ? (Number.parseFloat(left) || 0) - (Number.parseFloat(right) || 0)
      : 0;
    return difference !== 0 ? difference : left < right ? -1 : left > right ? 1 : 0;
  });
  if (flags.has("r") || /r/.test(values.get("k") ?? "")) lines.reverse();
  if (flags.has("u")) lines = [...new Set(lines)];
  call.out(lines.map((line) => `${line}\n`).join(""));
  return rc;
}

function* uniq(call: Call): Running {
  const { flags, operands } = optionsOf(call.args, "cdiuf:s:w:");
  const { sources, rc } = yield* sourcesOf(call, operands.slice(0, 1));
  const runs: { line: string; count: number }[] = [];
  for (const line of linesOf(sources[0]?.text ?? "")) {
    const last = runs.at(-1);
    if (last?.line === line) last.count++;
    else runs.push({ line, count: 1 });
  }
  for (const { line, count } of runs) {
    if ((flags.has("d") && count < 2) || (flags.has("u") && count > 1)) continue;
    call.out(flags.has("c") ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
  }
  return rc;
}

function* cut(call: Call): Running {
  const { values, flags, operands } = optionsOf(call.args, "b:c:d:f:ns");
  const list = values.get("f") ?? values.get("c") ?? values.get("b");
  if (list === undefined)
    return fail(
      call,
      "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.",
    );
  const { sources, rc } = yield* sourcesOf(call, operands);
  const ranges = list.split(",").map((range) => {
    const [from, to] = range.split("-");
    return [
      Number(from || 1),
      range.includes("-") ? Number(to || Number.MAX_SAFE_INTEGER) : Number(from),
    ] as const;
  });
  const wanted = (index: number) =>
    ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to);
  const delimiter = values.get("d") ?? "\t";
  for (const line of sources.flatMap((source) => linesOf(source.text))) {
    if (!values.has("f"))
      call.out(
        `${line
          .split("")
          .filter((_, index) => wanted(index))
          .join("")}\n`,
      );
    else if (line.includes(delimiter))
      call.out(
        `${line
          .split(delimiter)
          .filter((_, index) => wanted(index))
          .join(delimiter)}\n`,
      );
    else if (!flags.has("s")) call.out(`${line}\n`);
  }
  return rc;
}

function expandSet(set: string): string[] {
  const plain = set
    .replace("[:lower:]", "a-z")
    .replace("[:upper:]", "A-Z")
    .replace("[:digit:]", "0-9")
    .replace("[:space:]", " \t\n\r")
    .replace("[:alnum:]", "A-Za-z0-9")
    .replace(/\\([ntr\\])/g, (_, code: string) => ({ n: "\n", t: "\t", r: "\r" })[code] ?? "\\");
  const chars: string[] = [];
  for (let at = 0; at < plain.length; at++) {
    const [from, dash, to] = [plain.charAt(at), plain.charAt(at + 1), plain.charAt(at + 2)];
    if (dash !== "-" || to === "") {
      chars.push(from);
      continue;
    }
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++)
      chars.push(String.fromCharCode(code));
    at += 2;
  }
  return chars;
}

function* tr(call: Call): Running {
  const { flags, operands } = optionsOf(call.args, "cCdst");
  const [from, to] = operands;
  if (from === undefined)
    return fail(call, "missing operand\nTry 'tr --help' for more information.");
  const text = yield* readAll(call);
  const set = expandSet(from);
  const known = new Set(set);
  const within = (char: string) => known.has(char) !== (flags.has("c") || flags.has("C"));
  if (flags.has("d")) {
    call.out(
      text
        .split("")
        .filter((char) => !within(char))
        .join(""),
    );
    return 0;
  }
  const target = expandSet(to ?? from);
  let last = "";
  let written = "";
  for (const char of text) {
    const place = set.indexOf(char);
    const mapped = within(char)
      ? place < 0
        ? (target.at(-1) ?? char)
        : (target[place] ?? target.at(-1) ?? char)
      : char;
    if (flags.has("s") && mapped === last && within(char)) continue;
    written += mapped;
    last = mapped;
  }
  call.out(written);
  return 0;
}

export const TEXT = {
  grep,
  egrep: grep,
  fgrep: grep,
  head: headOrTail,
  tail: headOrTail,
  wc,
  sort,
  uniq,
  cut,
  tr,
};
