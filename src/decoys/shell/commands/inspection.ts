import { type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import { globPattern } from "../patterns.ts";
import { type Entry, isFault, sizeOf } from "../tree.ts";
import { groupName, humanSize, modeText, ownerName } from "./listing.ts";
import { changedMode } from "./modes.ts";
import { missingOperand, pathsBelow, quote } from "./paths.ts";

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

export const INSPECTION = {
  stat,
  file,
  du,
  find,
  readlink,
  realpath: readlink,
};
