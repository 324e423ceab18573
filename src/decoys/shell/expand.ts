import { evaluateArithmetic } from "./arithmetic.ts";
import { expandBraces, globPattern } from "./patterns.ts";
import type { Running, Shell } from "./shell.ts";
import type { Part, Word } from "./syntax.ts";
import { absolute, isFault } from "./tree.ts";

/** Runs the text of a `$(...)` and gives what it wrote. */
export type Substitute = (script: string) => Running<string>;

const MAX_FIELDS = 4000;
const MAX_FIELD_BYTES = 256 * 1024;

/** A stretch of a field; unquoted stretches are still open to splitting and globbing. */
interface Stretch {
  readonly text: string;
  readonly quoted: boolean;
}

/** Expands words to fields (XCU 2.6): variables, commands, splitting, braces, globs. */
export function* expandWords(
  shell: Shell,
  words: readonly Word[],
  substitute: Substitute,
): Running<string[]> {
  const fields: string[] = [];
  for (const word of words) {
    for (const single of expandBraces(word)) {
      for (const field of yield* expandWord(shell, single, substitute)) {
        if (fields.length < MAX_FIELDS) fields.push(field);
      }
    }
  }
  return fields;
}

/** Expands a word to one string, unsplit: for assignments, redirects and `case`. */
export function* expandToText(shell: Shell, word: Word, substitute: Substitute): Running<string> {
  let all = "";
  for (const part of word) {
    const values = yield* valuesOf(shell, part, substitute, part === word[0]);
    all += values.map((value) => value.text).join(" ");
    if (all.length > MAX_FIELD_BYTES) return all.slice(0, MAX_FIELD_BYTES);
  }
  return all;
}

function* expandWord(shell: Shell, word: Word, substitute: Substitute): Running<string[]> {
  const fields: Stretch[][] = [];
  let field: Stretch[] | null = null;
  for (const part of word) {
    const values = yield* valuesOf(shell, part, substitute, part === word[0]);
    const splits = part.kind !== "text" && !part.quoted;
    for (const [index, value] of values.entries()) {
      if (index > 0) {
        if (field !== null) fields.push(field);
        field = null;
      }
      if (!splits) {
        field ??= [];
        field.push({ text: value.text, quoted: part.quoted });
        continue;
      }
      const pieces = value.text.split(/[ \t\n]+/);
      for (const [place, piece] of pieces.entries()) {
        if (place > 0) {
          if (field !== null) fields.push(field);
          field = null;
        }
        if (piece === "") continue;
        field ??= [];
        field.push({ text: piece, quoted: false });
      }
    }
  }
  if (field !== null) fields.push(field);
  return fields.slice(0, MAX_FIELDS).flatMap((stretches) => glob(shell, stretches));
}

function* valuesOf(
  shell: Shell,
  part: Part,
  substitute: Substitute,
  first: boolean,
): Running<{ text: string }[]> {
  switch (part.kind) {
    case "text":
      return [{ text: first && !part.quoted ? tilde(shell, part.text) : part.text }];
    case "substitution":
      return [
        { text: (yield* substitute(part.script)).replace(/\n+$/, "").slice(0, MAX_FIELD_BYTES) },
      ];
    case "arithmetic":
      return [{ text: String(arithmeticOf(shell, part.text)) }];
    case "variable":
    default: {
      if (part.name === "@" && part.operator === "") {
        return shell.parameters.map((parameter) => ({ text: parameter }));
      }
      return [{ text: yield* variable(shell, part, substitute) }];
    }
  }
}

type Variable = Extract<Part, { kind: "variable" }>;

function* variable(shell: Shell, part: Variable, substitute: Substitute): Running<string> {
  const value = lookUp(shell, part.name);
  const argument = () => expandToText(shell, part.argument, substitute);
  const isSet = value !== undefined && (value !== "" || !part.operator.startsWith(":"));
  switch (part.operator) {
    case "length":
      return String((value ?? "").length);
    case ":-":
    case "-":
      return isSet ? value : yield* argument();
    case ":=":
    case "=": {
      if (isSet) return value;
      const text = yield* argument();
      shell.set(part.name, text);
      return text;
    }
    case ":+":
    case "+":
      return isSet ? yield* argument() : "";
    case "^^":
    case "^":
    case ",,":
    case ",": {
      const changed = (text: string) =>
        part.operator.startsWith("^") ? text.toUpperCase() : text.toLowerCase();
      const text = value ?? "";
      if (part.operator.length === 2) return changed(text);
      return changed(text.charAt(0)) + text.slice(1);
    }
    case "#":
    case "##":
      return trim(value ?? "", yield* argument(), part.operator === "##", true);
    case "%":
    case "%%":
      return trim(value ?? "", yield* argument(), part.operator === "%%", false);
    case "/":
    case "//": {
      const [from = "", to = ""] = (yield* argument()).split("/");
      if (from === "") return value ?? "";
      return part.operator === "//"
        ? (value ?? "").replaceAll(from, () => to)
        : (value ?? "").replace(from, () => to);
    }
    case ":": {
      const [offset = 0, length] = (yield* argument()).split(":").map(Number);
      const text = (value ?? "").slice(offset);
      return length === undefined ? text : text.slice(0, length);
    }
    default:
      return value ?? "";
  }
}

/** Cuts the shortest or longest match of `pattern` off one end. */
function trim(value: string, pattern: string, longest: boolean, front: boolean): string {
  const matches = globPattern(pattern);
  const limit = Math.min(value.length, 4096);
  for (let step = 0; step <= limit; step++) {
    const length = longest ? limit - step : step;
    const piece = front ? value.slice(0, length) : value.slice(value.length - length);
    if (matches.test(piece))
      return front ? value.slice(length) : value.slice(0, value.length - length);
  }
  return value;
}

export function lookUp(shell: Shell, name: string): string | undefined {
  switch (name) {
    case "?":
      return String(shell.lastRc);
    case "$":
      return String(shell.pid);
    case "!":
      return shell.lastJobPid === null ? "" : String(shell.lastJobPid);
    case "#":
      return String(shell.parameters.length);
    case "@":
    case "*":
      return shell.parameters.join(" ");
    case "-":
      return shell.seat.tty === null ? "hBc" : "himBHs";
    case "0":
      return shell.scriptName;
    case "PWD":
      return shell.cwd;
    case "OLDPWD":
      return shell.previousCwd;
    case "PPID":
      return String(shell.pid - 1);
    case "LINES":
    case "COLUMNS":
      if (shell.seat.tty === null || shell.dialect !== "bash") return shell.variables.get(name);
      return String(name === "LINES" ? shell.size.rows : shell.size.columns);
    case "BASH_VERSION":
      return shell.dialect === "bash" ? bashVersion(shell) : undefined;
    case "BASH":
      return shell.dialect === "bash" ? "/bin/bash" : undefined;
    case "OSTYPE":
      return shell.dialect !== "bash"
        ? undefined
        : shell.machine.flavor === "redhat"
          ? "linux"
          : "linux-gnu";
    case "HISTFILE":
      return shell.seat.tty === null ? undefined : `${shell.account.home}/.bash_history`;
    case "UID":
    case "EUID":
      return shell.dialect === "bash" ? String(shell.account.uid) : undefined;
    case "HOSTNAME":
      return shell.machine.persona.hostname;
    case "RANDOM":
      return shell.dialect === "bash"
        ? String(shell.machine.persona.pick(`random:${shell.nowMs()}`, 32768))
        : undefined;
    case "SECONDS":
      return String(Math.floor((shell.nowMs() - shell.seat.loginMs) / 1000));
    default:
      if (/^\d+$/.test(name)) return shell.parameters[Number(name) - 1];
      return shell.variables.get(name);
  }
}

/** The value of an expression, which may set variables. */
export function arithmeticOf(shell: Shell, expression: string): bigint {
  return evaluateArithmetic(
    expression,
    (name) => lookUp(shell, name) ?? "",
    (name, value) => shell.set(name, value),
  );
}

/** As `$BASH_VERSION` and `bash --version` tell it. */
export function bashVersion(shell: Shell): string {
  const versions: Readonly<Record<string, string>> = {
    "debian-10": "5.0.3(1)-release",
    "debian-11": "5.1.4(1)-release",
    "ubuntu-18.04": "4.4.20(1)-release",
    "ubuntu-20.04": "5.0.17(1)-release",
    "centos-7": "4.2.46(2)-release",
    "almalinux-8": "4.4.20(1)-release",
  };
  return versions[shell.machine.persona.release.id] ?? "4.4.20(1)-release";
}

function tilde(shell: Shell, text: string): string {
  const match = /^~([^/]*)/.exec(text);
  if (match === null) return text;
  const [whole, name = ""] = match;
  const home =
    name === ""
      ? (shell.variables.get("HOME") ?? shell.account.home)
      : shell.machine.find(name)?.home;
  return home === undefined ? text : home + text.slice(whole.length);
}

/** File names that a field with unquoted wildcards matches; the field itself if none. */
function glob(shell: Shell, stretches: readonly Stretch[]): string[] {
  const plain = stretches.map((stretch) => stretch.text).join("");
  const wild = stretches.some((stretch) => !stretch.quoted && /[*?[]/.test(stretch.text));
  if (!wild) return [plain];
  const pattern = stretches
    .map((stretch) => (stretch.quoted ? stretch.text.replace(/[*?[\\]/g, "\\$&") : stretch.text))
    .join("");
  let found = [pattern.startsWith("/") ? "/" : ""];
  for (const segment of pattern.split("/").filter((part) => part !== "")) {
    if (!/[*?[]/.test(segment)) {
      found = found.map((base) => join(base, segment.replace(/\\(.)/g, "$1")));
      continue;
    }
    const matches = globPattern(segment);
    found = found.flatMap((base) => {
      const children = shell.disk.list("/", absolute(shell.cwd, base === "" ? "." : base));
      if (isFault(children)) return [];
      return [...children.keys()]
        .filter((name) => matches.test(name) && (segment.startsWith(".") || !name.startsWith(".")))
        .toSorted()
        .map((name) => join(base, name));
    });
    if (found.length > MAX_FIELDS) return [plain];
  }
  const existing = found.filter((path) => !isFault(shell.disk.stat(shell.cwd, path, false)));
  return existing.length === 0 ? [plain] : existing;
}

function join(base: string, name: string): string {
  return base === "" || base.endsWith("/") ? base + name : `${base}/${name}`;
}
