import { createHash } from "node:crypto";
import { type Call, fail, optionsOf, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";
import { linesOf, regexpOf, sourcesOf } from "./text.ts";

function* sed(call: Call): Running {
  const { flags, values, operands, unknown } = optionsOf(call.args, "ne:f:i:Ersuz");
  const inPlace = flags.has("i") || flags.has("in-place");
  // `-i` takes no separate value: what getopt took for one is the script.
  const rest =
    inPlace && values.get("i") !== undefined && !call.args.some((arg) => /^-i./.test(arg))
      ? [values.get("i") ?? "", ...operands]
      : [...operands];
  const script = values.get("e") ?? rest.shift();
  if (unknown !== null || script === undefined) {
    call.err("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
    return 1;
  }
  const kind = flags.has("E") || flags.has("r") ? "extended" : "basic";
  const steps = script
    .split(/[;\n](?=\s*(?:\d|s|\/|\$|p|d))/)
    .map((text) => sedStep(text.trim(), kind));
  if (steps.includes(null))
    return fail(call, `-e expression #1, char ${script.length}: unknown command`);
  const { sources, rc } = yield* sourcesOf(call, rest);
  for (const { name, text } of sources) {
    const lines = linesOf(text);
    let written = "";
    for (const [index, original] of lines.entries()) {
      let line: string | null = original;
      for (const step of steps) {
        if (
          line === null ||
          step === null ||
          !step.applies(index + 1, index === lines.length - 1, line)
        )
          continue;
        if (step.command === "p") written += `${line}\n`;
        else if (step.command === "d") line = null;
        else line = step.change(line);
      }
      if (line !== null && !flags.has("n")) written += `${line}\n`;
    }
    if (inPlace) call.shell.disk.write(call.shell.cwd, name, written);
    else call.out(written);
  }
  return rc;
}

interface SedStep {
  readonly command: string;
  applies(line: number, last: boolean, text: string): boolean;
  change(line: string): string;
}

function sedStep(text: string, kind: "basic" | "extended"): SedStep | null {
  const match = /^(?:(\d+|\$)(?:,(\d+|\$))?|\/((?:\\\/|[^/])*)\/)?\s*([spd])(.*)$/s.exec(text);
  if (match === null) return null;
  const [, from, to, pattern, command = "", rest = ""] = match;
  const address = pattern === undefined ? null : regexpOf(pattern, kind, "");
  const applies = (line: number, last: boolean, subject: string) => {
    if (address !== null) return address.test(subject.slice(0, 8192));
    if (from === undefined) return true;
    if (to === undefined) return from === "$" ? last : line === Number(from);
    return line >= Number(from) && (to === "$" || line <= Number(to));
  };
  if (command !== "s") return { command, applies, change: (line) => line };
  const mark = rest.charAt(0);
  const parts = rest.slice(1).split(mark);
  if (mark === "" || parts.length < 3) return null;
  const [search = "", replacement = "", options = ""] = parts;
  const regexp = regexpOf(
    search,
    kind,
    `${options.includes("g") ? "g" : ""}${/[iI]/.test(options) ? "i" : ""}`,
  );
  if (regexp === null) return null;
  const change = (line: string) =>
    line.slice(0, 8192).replace(regexp, (...found: string[]) =>
      replacement.replace(/\\(\d)|\\n|&|\\(.)/g, (token, group?: string, plain?: string) => {
        if (token === "&") return found[0] ?? "";
        if (token === "\\n") return "\n";
        return group === undefined ? (plain ?? "") : (found[Number(group)] ?? "");
      }),
    );
  return { command, applies, change };
}

/** awk as it is met on command lines: `/pattern/ {print $1, $NF}`. */
function* awk(call: Call): Running {
  const { values, operands } = optionsOf(call.args, "F:v:f:");
  const [program = "", ...paths] = operands;
  const match = /^\s*(?:\/([^/]*)\/|NR\s*==\s*(\d+)|([^{]*?))\s*(?:\{(.*)\})?\s*$/s.exec(program);
  if (match === null) return fail(call, `syntax error at source line 1`, 2);
  const [, pattern, row, , body] = match;
  const regexp = pattern === undefined ? null : regexpOf(pattern, "extended", "");
  const { sources, rc } = yield* sourcesOf(call, paths);
  const separator = values.get("F");
  let number = 0;
  for (const line of sources.flatMap((source) => linesOf(source.text))) {
    number++;
    if (regexp !== null && !regexp.test(line.slice(0, 8192))) continue;
    if (row !== undefined && number !== Number(row)) continue;
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
    const valueOf = (term: string): string => {
      const text = term.trim();
      if (text === "$0") return line;
      if (text === "NR") return String(number);
      if (text === "NF") return String(fields.length);
      if (text === "$NF") return fields.at(-1) ?? "";
      const field = /^\$(\d+)$/.exec(text);
      if (field !== null) return fields[Number(field[1]) - 1] ?? "";
      return text.replace(/^"|"$/g, "").replaceAll("\\n", "\n").replaceAll("\\t", "\t");
    };
    for (const statement of (body ?? "print").split(";")) {
      const print = /^\s*print\b(.*)$/s.exec(statement);
      if (print === null) continue;
      const list = (print[1] ?? "").trim();
      const terms = list === "" ? ["$0"] : list.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
      const shown = terms.map((term) =>
        (term.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? []).map(valueOf).join(""),
      );
      call.out(`${shown.join(" ")}\n`);
    }
  }
  return rc;
}

function* base64(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "diw:", ["wrap"]);
  const { sources, rc } = yield* sourcesOf(call, operands.slice(0, 1));
  const text = sources[0]?.text ?? "";
  if (flags.has("d") || flags.has("decode") || flags.has("D")) {
    call.out(Buffer.from(text.replace(/\s/g, ""), "base64").toString("latin1"));
    if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) return fail(call, "invalid input");
    return rc;
  }
  const encoded = Buffer.from(text, "latin1").toString("base64");
  const wrap = Number(values.get("w") ?? values.get("wrap") ?? 76);
  if (encoded !== "")
    call.out(
      wrap > 0
        ? `${encoded.match(new RegExp(`.{1,${Math.min(wrap, 10_000)}}`, "g"))?.join("\n")}\n`
        : encoded,
    );
  return rc;
}

function digest(algorithm: string) {
  return function* (call: Call): Running {
    const { operands } = optionsOf(call.args, null);
    const { sources, rc } = yield* sourcesOf(call, operands);
    for (const { name, text } of sources) {
      const hash = createHash(algorithm).update(Buffer.from(text, "latin1")).digest("hex");
      call.out(`${hash}  ${operands.length === 0 ? "-" : name}\n`);
    }
    return rc;
  };
}

function* hexdump(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "Cn:v");
  const { sources, rc } = yield* sourcesOf(call, operands);
  const text = sources
    .map((source) => source.text)
    .join("")
    .slice(0, Math.min(Number(values.get("n") ?? 65_536), 65_536));
  for (let at = 0; at < text.length; at += 16) {
    const bytes = text
      .slice(at, at + 16)
      .split("")
      .map((char) => char.charCodeAt(0).toString(16).padStart(2, "0"));
    const offset = at.toString(16);
    if (flags.has("C") || call.name === "hd") {
      const hex = `${bytes.slice(0, 8).join(" ").padEnd(23)}  ${bytes.slice(8).join(" ").padEnd(23)}`;
      call.out(
        `${offset.padStart(8, "0")}  ${hex}  |${text.slice(at, at + 16).replace(/[^ -~]/g, ".")}|\n`,
      );
    } else {
      const words: string[] = [];
      for (let pair = 0; pair < bytes.length; pair += 2)
        words.push(`${bytes[pair + 1] ?? "00"}${bytes[pair]}`);
      call.out(`${offset.padStart(7, "0")} ${words.join(" ")}\n`);
    }
  }
  if (text.length > 0)
    call.out(`${text.length.toString(16).padStart(flags.has("C") ? 8 : 7, "0")}\n`);
  return rc;
}

function seq(call: Call): number {
  const numbers = call.args.filter((arg) => !/^-[a-z]/.test(arg)).map(Number);
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  const last = numbers.at(-1) ?? 0;
  if (numbers.length === 0)
    return fail(call, "missing operand\nTry 'seq --help' for more information.");
  let written = "";
  for (let at = first, count = 0; step > 0 ? at <= last : at >= last; at += step) {
    if (++count > 50_000 || step === 0) break;
    written += `${at}\n`;
  }
  call.out(written);
  return 0;
}

function* xargs(call: Call): Running {
  const { values } = optionsOf(call.args, "n:I:P:L:r0t");
  const text = yield* readAll(call);
  let at = 0;
  for (; at < call.args.length && call.args[at]?.startsWith("-"); at++) {
    if (/^-[nIPL]$/.test(call.args[at] ?? "")) at++;
  }
  const command = call.args.slice(at);
  const base = command.length === 0 ? ["echo"] : command;
  const items = (call.args.includes("-0") ? text.split("\0") : text.split(/\s+/))
    .filter((item) => item !== "")
    .slice(0, 1000);
  const placeholder = values.get("I");
  if (placeholder !== undefined) {
    let rc = 0;
    for (const line of linesOf(text).slice(0, 200)) {
      rc = yield* call.invoke(base.map((word) => word.replaceAll(placeholder, line.trim())));
    }
    return rc;
  }
  const size = Math.max(1, Number(values.get("n") ?? values.get("L") ?? 1000));
  let rc = 0;
  for (let start = 0; start < items.length; start += size) {
    rc = yield* call.invoke([...base, ...items.slice(start, start + size)]);
    if (call.shell.leaving !== null) break;
  }
  return rc === 0 ? 0 : 123;
}

function* pager(call: Call): Running {
  const { operands } = optionsOf(call.args, null);
  const { sources, rc } = yield* sourcesOf(call, operands);
  for (const { text } of sources) call.out(text);
  return rc;
}

function* mapped(call: Call, change: (lines: string[]) => string[]): Running {
  const { sources, rc } = yield* sourcesOf(call, optionsOf(call.args, null).operands);
  for (const { text } of sources)
    call.out(
      change(linesOf(text))
        .map((line) => `${line}\n`)
        .join(""),
    );
  return rc;
}

function editor(call: Call): number {
  const path = call.args.find((arg) => !arg.startsWith("-") && !arg.startsWith("+"));
  if (call.shell.seat.tty === null) return fail(call, "Warning: Output is not to a terminal");
  if (path === undefined) return 0;
  const text = call.shell.disk.read(call.shell.cwd, path);
  if (!isFault(text)) call.out(text);
  call.err("E325: ATTENTION\nSwap file already exists, edit anyway? Aborted.\n");
  return 1;
}

export const STREAMS = {
  sed,
  awk,
  gawk: awk,
  mawk: awk,
  base64,
  md5sum: digest("md5"),
  sha1sum: digest("sha1"),
  sha256sum: digest("sha256"),
  sha512sum: digest("sha512"),
  hexdump,
  hd: hexdump,
  od: hexdump,
  seq,
  xargs,
  less: pager,
  more: pager,
  zcat: pager,
  rev: (call: Call) =>
    mapped(call, (lines) => lines.map((line) => line.split("").toReversed().join(""))),
  tac: (call: Call) => mapped(call, (lines) => lines.toReversed()),
  strings: (call: Call) =>
    mapped(call, (lines) => lines.flatMap((line) => line.match(/[ -~]{4,}/g) ?? [])),
  vi: editor,
  vim: editor,
  nano: editor,
  yes(call: Call): number {
    call.out(`${call.args.join(" ") || "y"}\n`.repeat(4000));
    return 0;
  },
  basename(call: Call): number {
    const [path, suffix = ""] = call.args;
    if (path === undefined) return fail(call, "missing operand");
    const base = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
    call.out(
      `${base !== suffix && base.endsWith(suffix) ? base.slice(0, base.length - suffix.length) : base}\n`,
    );
    return 0;
  },
  dirname(call: Call): number {
    const parts = (call.args[0] ?? ".").replace(/\/+$/, "").split("/");
    parts.pop();
    call.out(`${parts.join("/") || (call.args[0]?.startsWith("/") ? "/" : ".")}\n`);
    return 0;
  },
  clear(call: Call): number {
    call.out("\x1b[H\x1b[2J\x1b[3J");
    return 0;
  },
};
