import { badOption, type Call, fail, optionsOf, readAll } from "../call.ts";
import { strftime } from "../dates.ts";
import { globPattern } from "../expand.ts";
import type { Running } from "../shell.ts";
import { type Entry, isFault, sizeOf } from "../tree.ts";
import { groupName, humanSize, modeText, ownerName } from "./listing.ts";

const MAX_FOUND = 20_000;

function missingOperand(call: Call, what = "missing operand"): number {
  return fail(call, `${what}\nTry '${call.name} --help' for more information.`);
}

function* cat(call: Call): Running {
  const { flags, operands, unknown } = optionsOf(call.args, "nbeEtTuvAs");
  if (unknown !== null) return badOption(call, unknown);
  let rc = 0;
  let line = 0;
  const print = (text: string) => {
    if (!flags.has("n")) return call.out(text);
    const rows = text.split("\n");
    if (rows.at(-1) === "") rows.pop();
    call.out(rows.map((row) => `${String(++line).padStart(6)}\t${row}\n`).join(""));
  };
  for (const path of operands.length === 0 ? ["-"] : operands) {
    if (path === "-") {
      for (let text = yield* call.stdin(); text !== null; text = yield* call.stdin()) print(text);
      continue;
    }
    const content = call.shell.disk.read(call.shell.cwd, path);
    if (!isFault(content)) print(content);
    else if (call.shell.machine.flavor === "busybox")
      rc = fail(call, `can't open '${path}': ${content.fault}`);
    else rc = fail(call, `${path}: ${content.fault}`);
  }
  return rc;
}

function mkdir(call: Call): number {
  const { flags, values, operands, unknown } = optionsOf(call.args, "pvm:Z");
  if (unknown !== null) return badOption(call, unknown);
  if (operands.length === 0) return missingOperand(call);
  const { disk, cwd } = call.shell;
  let rc = 0;
  for (const path of operands) {
    const parents = flags.has("p") || flags.has("parents");
    const parts = path.split("/");
    const steps = parents ? parts.map((_, index) => parts.slice(0, index + 1).join("/")) : [path];
    for (const step of steps.filter((one) => one !== "")) {
      const refused = disk.mkdir(cwd, step);
      if (refused === null) {
        const mode = values.get("m");
        if (mode !== undefined && /^[0-7]+$/.test(mode))
          disk.change(cwd, step, { mode: Number.parseInt(mode, 8) & 0o7777 });
      } else if (!parents || refused.fault !== "File exists") {
        rc = fail(
          call,
          `cannot create directory ‘${step}’: ${refused.fault}`
            .replace("‘", quote.open)
            .replace("’", quote.close),
        );
        break;
      }
    }
  }
  return rc;
}

/** Quotation marks of a UTF-8 locale, as bytes. */
const quote = { open: "\xe2\x80\x98", close: "\xe2\x80\x99" };

function rmdir(call: Call): number {
  let rc = 0;
  for (const path of optionsOf(call.args, null).operands) {
    const entry = call.shell.disk.stat(call.shell.cwd, path, false);
    const refused = isFault(entry)
      ? entry
      : entry.kind === "directory"
        ? call.shell.disk.remove(call.shell.cwd, path)
        : { fault: "Not a directory" };
    if (refused !== null) rc = fail(call, `failed to remove '${path}': ${refused.fault}`);
  }
  return rc;
}

function touch(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "acd:mr:t:");
  if (operands.length === 0) return missingOperand(call, "missing file operand");
  const { disk, cwd, nowMs } = call.shell;
  let rc = 0;
  for (const path of operands) {
    const entry = disk.stat(cwd, path);
    const refused = isFault(entry)
      ? flags.has("c")
        ? null
        : disk.write(cwd, path, "")
      : disk.change(cwd, path, { mtimeMs: nowMs() });
    if (refused !== null) rc = fail(call, `cannot touch '${path}': ${refused.fault}`);
  }
  return rc;
}

function rm(call: Call): number {
  const { flags, operands, unknown } = optionsOf(call.args, "fiIrRdv");
  if (unknown !== null) return badOption(call, unknown);
  const force = flags.has("f") || flags.has("force");
  const deep = flags.has("r") || flags.has("R") || flags.has("recursive");
  if (operands.length === 0) return force ? 0 : missingOperand(call);
  const { disk, cwd } = call.shell;
  let rc = 0;
  for (const path of operands) {
    const entry = disk.stat(cwd, path, false);
    if (isFault(entry)) {
      if (!force || entry.fault !== "No such file or directory")
        rc = fail(call, `cannot remove '${path}': ${entry.fault}`);
      continue;
    }
    if (/^(\/+|.*\/)?\.{1,2}\/*$/.test(path)) {
      rc = fail(call, `refusing to remove '.' or '..' directory: skipping '${path}'`);
    } else if (/^\/+$/.test(path)) {
      const hint = "use --no-preserve-root to override this failsafe";
      rc = fail(call, `it is dangerous to operate recursively on '/'\n${call.name}: ${hint}`);
    } else if (entry.kind === "directory" && !deep) {
      rc = fail(call, `cannot remove '${path}': Is a directory`);
    } else {
      const refused = disk.remove(cwd, path, deep);
      if (refused !== null) rc = fail(call, `cannot remove '${path}': ${refused.fault}`);
    }
  }
  return rc;
}

/** Where a copy of `source` comes to stand, given the last operand. */
function targetOf(call: Call, source: string, last: string): string {
  const entry = call.shell.disk.stat(call.shell.cwd, last);
  if (isFault(entry) || entry.kind !== "directory") return last;
  return `${last.replace(/\/+$/, "")}/${source.replace(/\/+$/, "").split("/").at(-1) ?? ""}`;
}

function copyOrMove(call: Call): number {
  const moves = call.name === "mv";
  const { flags, values, operands, unknown } = optionsOf(call.args, "abfiHlLnPpRrst:Tuvxd");
  if (unknown !== null) return badOption(call, unknown);
  const into = values.get("t");
  const sources = into === undefined ? operands.slice(0, -1) : operands;
  const last = into ?? operands.at(-1);
  if (last === undefined || (sources.length === 0 && into === undefined && operands.length === 0))
    return missingOperand(call, "missing file operand");
  if (sources.length === 0)
    return missingOperand(call, `missing destination file operand after '${last}'`);
  const { shell } = call;
  const { disk, cwd } = shell;
  let rc = 0;
  for (const source of sources) {
    const entry = disk.stat(
      cwd,
      source,
      !moves && !flags.has("a") && !flags.has("P") && !flags.has("d"),
    );
    if (isFault(entry)) {
      rc = fail(call, `cannot stat '${source}': ${entry.fault}`);
      continue;
    }
    const deep = flags.has("r") || flags.has("R") || flags.has("a");
    if (!moves && entry.kind === "directory" && !deep) {
      rc = fail(call, `-r not specified; omitting directory '${source}'`);
      continue;
    }
    const content = moves || entry.kind !== "file" ? "" : disk.read(cwd, source);
    if (isFault(content)) {
      rc = fail(call, `cannot open '${source}' for reading: ${content.fault}`);
      continue;
    }
    const target = targetOf(call, source, last);
    if (moves) {
      const [from, to] = [disk.locate(cwd, source, false), disk.locate(cwd, target)];
      if (
        !isFault(from) &&
        !isFault(to) &&
        `${to.path.join("/")}/`.startsWith(`${from.path.join("/")}/`)
      ) {
        rc = fail(call, `cannot move '${source}' to a subdirectory of itself, '${target}'`);
        continue;
      }
    }
    const keeps = moves || flags.has("p") || flags.has("a");
    const own = { uid: shell.account.uid, gid: shell.account.gid, mtimeMs: shell.nowMs() };
    const copy: Entry = keeps
      ? entry
      : { ...entry, ...own, mode: entry.mode & 0o777 & ~disk.umask };
    const refused =
      disk.plant(cwd, target, copy) ?? (moves ? disk.remove(cwd, source, true) : null);
    if (refused !== null)
      rc = fail(
        call,
        `cannot ${moves ? `move '${source}' to` : "create regular file"} '${target}': ${refused.fault}`,
      );
  }
  return rc;
}

function ln(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "sfnvbT");
  const [target, name] = operands;
  if (target === undefined) return missingOperand(call, "missing file operand");
  const path = targetOf(call, target, name ?? ".");
  const { disk, cwd } = call.shell;
  if (flags.has("f")) disk.remove(cwd, path);
  const source = disk.stat(cwd, target);
  if (!flags.has("s") && isFault(source))
    return fail(call, `failed to access '${target}': ${source.fault}`);
  const refused =
    flags.has("s") || isFault(source)
      ? disk.link(cwd, target, path)
      : disk.plant(cwd, path, source);
  const kind = flags.has("s") ? "symbolic" : "hard";
  return refused === null
    ? 0
    : fail(call, `failed to create ${kind} link '${path}': ${refused.fault}`);
}

/** The mode that `chmod` makes of `old`; null if it cannot be read. */
export function changedMode(change: string, old: number, directory: boolean): number | null {
  if (/^[0-7]{1,4}$/.test(change)) return Number.parseInt(change, 8);
  let mode = old;
  for (const clause of change.split(",")) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (match === null) return null;
    const [, who = "", operator, letters = ""] = match;
    const classes = who === "" || who.includes("a") ? "ugo" : who;
    let bits = 0;
    for (const [index, one] of ["o", "g", "u"].entries()) {
      if (!classes.includes(one)) continue;
      const shift = index * 3;
      if (letters.includes("r")) bits |= 4 << shift;
      if (letters.includes("w")) bits |= 2 << shift;
      if (letters.includes("x") || (letters.includes("X") && (directory || old & 0o111)))
        bits |= 1 << shift;
      if (letters.includes("s") && one !== "o") bits |= one === "u" ? 0o4000 : 0o2000;
    }
    if (letters.includes("t")) bits |= 0o1000;
    if (operator === "+") mode |= bits;
    else if (operator === "-") mode &= ~bits;
    else mode = bits;
  }
  return mode;
}

/** Every path of a tree, itself first. */
function pathsBelow(call: Call, path: string, depth = 0): string[] {
  const entry = call.shell.disk.stat(call.shell.cwd, path, false);
  if (isFault(entry) || entry.kind !== "directory" || depth > 16) return [path];
  const base = path.endsWith("/") ? path : `${path}/`;
  const paths = [path];
  for (const name of entry.children.keys()) {
    if (paths.length > MAX_FOUND) break;
    paths.push(...pathsBelow(call, base + name, depth + 1));
  }
  return paths;
}

function eachOperand(
  call: Call,
  operands: readonly string[],
  deep: boolean,
  change: (path: string, entry: Entry) => string | null,
): number {
  let rc = 0;
  for (const operand of operands) {
    for (const path of deep ? pathsBelow(call, operand).slice(0, 2000) : [operand]) {
      const entry = call.shell.disk.stat(call.shell.cwd, path);
      if (isFault(entry)) rc = fail(call, `cannot access '${path}': ${entry.fault}`);
      else {
        const refused = change(path, entry);
        if (refused !== null) rc = fail(call, refused);
      }
    }
  }
  return rc;
}

function chmod(call: Call): number {
  const words = call.args.filter((arg) => !/^-[RvcfH]+$|^--/.test(arg));
  const deep = call.args.some((arg) => /^-\w*R|^--recursive/.test(arg));
  const [change, ...operands] = words;
  if (change === undefined) return missingOperand(call);
  if (operands.length === 0) return missingOperand(call, `missing operand after '${change}'`);
  if (changedMode(change, 0, false) === null) {
    return fail(
      call,
      `invalid mode: ${quote.open}${change}${quote.close}\nTry 'chmod --help' for more information.`,
    );
  }
  return eachOperand(call, operands, deep, (path, entry) => {
    const mode = changedMode(change, entry.mode, entry.kind === "directory") ?? entry.mode;
    const refused = call.shell.disk.change(call.shell.cwd, path, { mode: mode & 0o7777 });
    return refused === null ? null : `changing permissions of '${path}': ${refused.fault}`;
  });
}

function chown(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "RvcfhH");
  const [spec, ...paths] = operands;
  if (spec === undefined || paths.length === 0) return missingOperand(call);
  const { machine, disk, cwd, account } = call.shell;
  const [user = "", group] = call.name === "chgrp" ? ["", spec] : spec.split(/[:.]/);
  const owner = /^\d+$/.test(user) ? Number(user) : machine.find(user)?.uid;
  const gid = /^\d+$/.test(group ?? "")
    ? Number(group)
    : machine.groups.find((one) => one.name === group)?.gid;
  if (user !== "" && owner === undefined)
    return fail(call, `invalid user: ${quote.open}${spec}${quote.close}`);
  if (group !== undefined && group !== "" && gid === undefined)
    return fail(call, `invalid group: ${quote.open}${spec}${quote.close}`);
  return eachOperand(call, paths, flags.has("R"), (path) => {
    if (account.uid !== 0) return `changing ownership of '${path}': Operation not permitted`;
    disk.change(cwd, path, {
      ...(owner !== undefined && { uid: owner }),
      ...(gid !== undefined && { gid }),
    });
    return null;
  });
}

function stat(call: Call): number {
  const { shell } = call;
  let rc = 0;
  for (const path of optionsOf(call.args, "c:fLt").operands) {
    const entry = shell.disk.stat(shell.cwd, path, false);
    if (isFault(entry)) {
      rc = fail(call, `cannot statx '${path}': ${entry.fault}`);
      continue;
    }
    const kind = {
      directory: "directory",
      link: "symbolic link",
      device: "character special file",
      file: sizeOf(entry) === 0 ? "regular empty file" : "regular file",
    }[entry.kind];
    const size = sizeOf(entry);
    const when = strftime("%F %T.000000000 %z", entry.mtimeMs, shell.machine.persona.timeZone);
    const inode = 131_000 + shell.machine.persona.pick(`inode:${path}`, 900_000);
    const owner = `( ${String(entry.uid).padStart(4)}/${ownerName(shell, entry.uid).padStart(8)})   Gid: ( ${String(entry.gid).padStart(4)}/${groupName(shell, entry.gid).padStart(8)})`;
    call.out(
      `  File: ${path}\n  Size: ${String(size).padEnd(10)}\tBlocks: ${String(Math.ceil(size / 4096) * 8).padEnd(10)} IO Block: 4096   ${kind}\nDevice: 801h/2049d\tInode: ${String(inode).padEnd(10)}  Links: 1\nAccess: (${entry.mode.toString(8).padStart(4, "0")}/${modeText(entry)})  Uid: ${owner}\nAccess: ${when}\nModify: ${when}\nChange: ${when}\n Birth: -\n`,
    );
  }
  return rc;
}

function file(call: Call): number {
  for (const path of optionsOf(call.args, null).operands) {
    const entry = call.shell.disk.stat(call.shell.cwd, path);
    call.out(
      `${path}: ${isFault(entry) ? `cannot open \`${path}' (${entry.fault})` : describe(call, path, entry)}\n`,
    );
  }
  return 0;
}

function describe(call: Call, path: string, entry: Entry): string {
  if (entry.kind === "directory") return "directory";
  if (entry.kind === "device") return "character special";
  const content = call.shell.disk.read(call.shell.cwd, path);
  if (isFault(content)) return `regular file, no read permission`;
  if (content === "") return "empty";
  if (content.startsWith("\x7fELF")) {
    return call.shell.machine.persona.release.machine === "x86_64"
      ? "ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, stripped"
      : "ELF 32-bit LSB executable, ARM, EABI5 version 1 (SYSV), dynamically linked, interpreter /lib/ld-uClibc.so.0, stripped";
  }
  if (content.startsWith("#!"))
    return `${content.slice(2).split("\n")[0]?.trim()} script, ASCII text executable`;
  return content.slice(0, 512).includes("\0") ? "data" : "ASCII text";
}

function du(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "ahsckmxd:");
  const total = (entry: Entry): number => {
    if (entry.kind !== "directory") return Math.ceil(sizeOf(entry) / 4096) * 4;
    let sum = 4;
    for (const child of entry.children.values()) sum += total(child);
    return sum;
  };
  for (const path of operands.length === 0 ? ["."] : operands) {
    const entry = call.shell.disk.stat(call.shell.cwd, path);
    if (isFault(entry)) return fail(call, `cannot access '${path}': ${entry.fault}`);
    const kb = total(entry);
    call.out(`${flags.has("h") ? humanSize(kb * 1024) : kb}\t${path}\n`);
  }
  return 0;
}

function find(call: Call): number {
  const split = call.args.findIndex((arg) => /^[-!(]/.test(arg));
  const starts = split < 0 ? call.args : call.args.slice(0, split);
  const tests = split < 0 ? [] : call.args.slice(split);
  const valueOf = (name: string) =>
    tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined;
  const name = valueOf("-name") ?? valueOf("-iname");
  const pattern = name === undefined ? null : globPattern(name);
  const kind = valueOf("-type");
  const perm = valueOf("-perm");
  const depth = Number(valueOf("-maxdepth") ?? 32);
  const permBits = perm === undefined ? 0 : (changedMode(perm.replace(/^[-/]/, ""), 0, false) ?? 0);
  let rc = 0;
  for (const start of starts.length === 0 ? ["."] : starts) {
    const entry = call.shell.disk.stat(call.shell.cwd, start, false);
    if (isFault(entry)) {
      rc = fail(call, `${quote.open}${start}${quote.close}: ${entry.fault}`);
      continue;
    }
    for (const path of pathsBelow(call, start)) {
      const below = path
        .slice(start.length)
        .split("/")
        .filter((part) => part !== "").length;
      const one = call.shell.disk.stat(call.shell.cwd, path, false);
      if (isFault(one) || below > depth) continue;
      if (pattern !== null && !pattern.test(path.split("/").at(-1) ?? "")) continue;
      if (
        kind !== undefined &&
        kind !== { directory: "d", file: "f", link: "l", device: "c" }[one.kind]
      )
        continue;
      if (permBits !== 0 && (one.kind === "link" || (one.mode & permBits) !== permBits)) continue;
      if (tests.includes("-delete")) call.shell.disk.remove(call.shell.cwd, path);
      else call.out(`${path}\n`);
    }
  }
  return rc;
}

function readlink(call: Call): number {
  const { flags, operands } = optionsOf(call.args, null);
  const [path] = operands;
  if (path === undefined) return missingOperand(call);
  if (call.name === "realpath" || flags.has("f") || flags.has("e")) {
    const found = call.shell.disk.locate(call.shell.cwd, path);
    if (isFault(found)) return 1;
    call.out(`/${found.path.join("/")}\n`);
    return 0;
  }
  const entry = call.shell.disk.stat(call.shell.cwd, path, false);
  if (isFault(entry) || entry.kind !== "link") return 1;
  call.out(`${entry.target}\n`);
  return 0;
}

function mktemp(call: Call): number {
  const directory = call.args.includes("-d");
  const name = call.shell.machine.persona
    .secret(`mktemp:${call.shell.nowMs()}`)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, 10);
  const path = `/tmp/tmp.${name}`;
  const refused = directory
    ? call.shell.disk.mkdir("/", path)
    : call.shell.disk.write("/", path, "");
  if (refused !== null && refused.fault !== "File exists")
    return fail(call, `failed to create file: ${refused.fault}`);
  call.out(`${path}\n`);
  return 0;
}

function* tee(call: Call): Running {
  const { flags, operands } = optionsOf(call.args, "ai");
  const text = yield* readAll(call);
  call.out(text);
  let rc = 0;
  for (const path of operands) {
    const refused = call.shell.disk.write(call.shell.cwd, path, text, flags.has("a"));
    if (refused !== null) rc = fail(call, `${path}: ${refused.fault}`);
  }
  return rc;
}

function* dd(call: Call): Running {
  const values = new Map(call.args.map((arg) => arg.split(/=(.*)/s) as [string, string]));
  const unit = (text: string | undefined, usual: number) => {
    const match = /^(\d{1,9})([kKmMgG]?)B?$/.exec(text ?? "");
    const scale = { k: 1024, m: 1_048_576, g: 1_073_741_824 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
    return match === null ? usual : Number(match[1]) * scale;
  };
  const size = unit(values.get("bs") ?? values.get("ibs"), 512);
  const count = unit(values.get("count"), Number.MAX_SAFE_INTEGER);
  const from = values.get("if");
  const limit = Math.min(size * count, 1024 * 1024);
  const source =
    from === undefined
      ? yield* readAll(call)
      : from === "/dev/zero" || from === "/dev/urandom"
        ? "\0".repeat(limit)
        : call.shell.disk.read(call.shell.cwd, from);
  if (isFault(source)) return fail(call, `failed to open '${from}': ${source.fault}`);
  const skip = unit(values.get("skip"), 0) * size;
  const text = source.slice(skip, skip + limit);
  const to = values.get("of");
  if (to === undefined) call.out(text);
  else {
    const refused = call.shell.disk.write(call.shell.cwd, to, text);
    if (refused !== null) return fail(call, `failed to open '${to}': ${refused.fault}`);
  }
  const records = `${Math.floor(text.length / size)}+${text.length % size === 0 ? 0 : 1}`;
  call.err(`${records} records in\n${records} records out\n`);
  if (call.shell.machine.flavor !== "busybox")
    call.err(
      `${text.length} bytes copied, 0.000${100 + (text.length % 900)} s, ${(text.length / 400).toFixed(1)} kB/s\n`,
    );
  return 0;
}

export const FILES = {
  cat,
  mkdir,
  rmdir,
  touch,
  rm,
  unlink: rm,
  cp: copyOrMove,
  mv: copyOrMove,
  ln,
  chmod,
  chown,
  chgrp: chown,
  chattr: () => 0,
  lsattr: () => 0,
  stat,
  file,
  du,
  find,
  readlink,
  realpath: readlink,
  mktemp,
  tee,
  dd,
  sync: () => 0,
};
