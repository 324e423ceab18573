import { badOption, type Call, fail, optionsOf, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { type Entry, isFault } from "../tree.ts";
import { missingOperand, quote } from "./paths.ts";

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
  mktemp,
  tee,
  dd,
  sync: () => 0,
};
