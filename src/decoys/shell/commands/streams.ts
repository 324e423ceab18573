import { type Call, fail, optionsOf, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";
import { awk } from "./awk.ts";
import { ENCODINGS } from "./encodings.ts";
import { sed } from "./sed.ts";
import { linesOf, sourcesOf } from "./sources.ts";

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
  ...ENCODINGS,
  sed,
  awk,
  gawk: awk,
  mawk: awk,
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
