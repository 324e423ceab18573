import { badOption, type Call, fail, optionsOf, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { grep } from "./grep.ts";
import { linesOf, sourcesOf } from "./sources.ts";

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
