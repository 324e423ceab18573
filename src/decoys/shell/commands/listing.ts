import { badOption, type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import type { Shell } from "../shell.ts";
import { type Entry, isFault, sizeOf } from "../tree.ts";

const HALF_YEAR_MS = 15_778_476_000;
const MAX_LISTED = 20_000;

interface Row {
  readonly name: string;
  readonly entry: Entry;
}

/** `drwxr-xr-x` of an entry. */
export function modeText(entry: Entry): string {
  const letter = { directory: "d", link: "l", file: "-", device: "c" }[entry.kind];
  const bits = [6, 3, 0].map((shift) => {
    const three = (entry.mode >> shift) & 7;
    return [three & 4 ? "r" : "-", three & 2 ? "w" : "-", three & 1 ? "x" : "-"];
  });
  const special = [0o4000, 0o2000, 0o1000];
  for (const [index, mask] of special.entries()) {
    const triple = bits[index];
    if (triple === undefined || (entry.mode & mask) === 0) continue;
    const sign = index === 2 ? "t" : "s";
    triple[2] = triple[2] === "x" ? sign : sign.toUpperCase();
  }
  const first = entry.kind === "device" ? entry.letter : letter;
  return first + bits.flat().join("");
}

export function ownerName(shell: Shell, uid: number): string {
  return shell.machine.accounts.find((account) => account.uid === uid)?.name ?? String(uid);
}

export function groupName(shell: Shell, gid: number): string {
  return shell.machine.groups.find((group) => group.gid === gid)?.name ?? String(gid);
}

function linksOf(entry: Entry): number {
  if (entry.kind !== "directory") return 1;
  let count = 2;
  for (const child of entry.children.values()) if (child.kind === "directory") count++;
  return count;
}

export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  let size = bytes;
  let unit = -1;
  while (size >= 1024 && unit < 4) {
    size /= 1024;
    unit++;
  }
  const shown = size < 10 ? (Math.ceil(size * 10) / 10).toFixed(1) : String(Math.ceil(size));
  return shown + "KMGTP".charAt(unit);
}

function colored(row: Row, color: boolean): string {
  const { entry, name } = row;
  if (!color) return name;
  const paint = (code: string) => `\x1b[0m\x1b[${code}m${name}\x1b[0m`;
  if (entry.kind === "directory") return paint(entry.mode & 0o1000 ? "30;42" : "01;34");
  if (entry.kind === "link") return paint("01;36");
  if (entry.kind === "device") return paint("40;33;01");
  if (entry.mode & 0o4000) return paint("37;41");
  return entry.mode & 0o111 ? paint("01;32") : name;
}

function longRows(
  call: Call,
  rows: readonly Row[],
  flags: ReadonlySet<string>,
  color: boolean,
): string {
  const { shell } = call;
  const numeric = flags.has("n");
  const cells = rows.map(({ name, entry }) => ({
    mode: modeText(entry),
    links: String(linksOf(entry)),
    owner: numeric ? String(entry.uid) : ownerName(shell, entry.uid),
    group: numeric ? String(entry.gid) : groupName(shell, entry.gid),
    size:
      entry.kind === "device"
        ? `${entry.major}, ${entry.minor}`
        : flags.has("h")
          ? humanSize(sizeOf(entry))
          : String(sizeOf(entry)),
    date: strftime(
      Math.abs(shell.nowMs() - entry.mtimeMs) < HALF_YEAR_MS ? "%b %e %H:%M" : "%b %e  %Y",
      entry.mtimeMs,
      shell.machine.persona.timeZone,
    ),
    name: colored({ name, entry }, color) + (entry.kind === "link" ? ` -> ${entry.target}` : ""),
  }));
  const width = (key: "links" | "owner" | "group" | "size") =>
    Math.max(...cells.map((cell) => cell[key].length));
  const widths = {
    links: width("links"),
    owner: width("owner"),
    group: width("group"),
    size: width("size"),
  };
  return cells
    .map(
      (cell) =>
        `${cell.mode} ${cell.links.padStart(widths.links)} ${cell.owner.padEnd(widths.owner)} ${cell.group.padEnd(widths.group)} ${cell.size.padStart(widths.size)} ${cell.date} ${cell.name}\n`,
    )
    .join("");
}

/** Names in columns that fill a terminal's width, down before across. */
function columns(rows: readonly Row[], color: boolean, width: number): string {
  const names = rows.map((row) => row.name);
  for (let lines = 1; lines <= names.length; lines++) {
    const widths: number[] = [];
    for (let at = 0; at < names.length; at += lines) {
      widths.push(Math.max(...names.slice(at, at + lines).map((name) => name.length)) + 2);
    }
    if (lines < names.length && widths.reduce((sum, one) => sum + one, -2) > width) continue;
    return Array.from({ length: lines }, (_, line) => {
      const cells = widths.map((size, column) => {
        const row = rows[column * lines + line];
        if (row === undefined) return "";
        const last = rows[(column + 1) * lines + line] === undefined;
        return colored(row, color) + (last ? "" : " ".repeat(size - row.name.length));
      });
      return `${cells.join("")}\n`;
    }).join("");
  }
  return "";
}

function ls(call: Call): number {
  const { shell } = call;
  const { flags, operands, unknown } = optionsOf(call.args, "aAlhrtRSdin1FCqsgoGpcuUvXxNLHZ");
  if (unknown !== null) return badOption(call, unknown, 2);
  const color =
    shell.seat.tty !== null && !flags.has("no-color") && shell.machine.flavor !== "busybox";
  const terminal = color && call.out.name === "out";
  const targets = operands.length === 0 ? ["."] : operands;
  let rc = 0;
  let listed = 0;
  const files: Row[] = [];
  const directories: string[] = [];
  for (const target of targets) {
    const entry = shell.disk.stat(shell.cwd, target, !flags.has("d") && !flags.has("l"));
    if (isFault(entry)) {
      rc =
        call.shell.machine.flavor === "busybox"
          ? fail(call, `${target}: ${entry.fault}`)
          : fail(call, `cannot access '${target}': ${entry.fault}`, 2);
    } else {
      const into = shell.disk.stat(shell.cwd, target);
      const opens = !isFault(into) && into.kind === "directory" && !flags.has("d");
      if (opens && (entry.kind !== "link" || target.endsWith("/"))) directories.push(target);
      else files.push({ name: target, entry });
    }
  }
  const print = (rows: readonly Row[]) => {
    const sorted = rows.toSorted((a, b) => order(a, b, flags));
    if (flags.has("r")) sorted.reverse();
    listed += sorted.length;
    if (listed > MAX_LISTED || sorted.length === 0) return;
    if (flags.has("l") || flags.has("n") || flags.has("o") || flags.has("g"))
      call.out(longRows(call, sorted, flags, color));
    else if (terminal && !flags.has("1")) call.out(columns(sorted, color, 80));
    else call.out(sorted.map((row) => `${row.name}\n`).join(""));
  };
  print(files);
  const many = directories.length + files.length > 1 || flags.has("R");
  const queue = directories.map((path) => ({ path, depth: 0 }));
  for (
    let next = queue.shift(), first = files.length === 0;
    next !== undefined;
    next = queue.shift()
  ) {
    const children = shell.disk.list(shell.cwd, next.path);
    if (isFault(children)) {
      rc = fail(call, `cannot open directory '${next.path}': ${children.fault}`, 2);
      continue;
    }
    if (many) call.out(`${first ? "" : "\n"}${next.path}:\n`);
    first = false;
    const rows = rowsOf(call, next.path, children, flags);
    if (flags.has("l") || flags.has("s")) {
      const blocks = rows.reduce((sum, row) => sum + Math.ceil(sizeOf(row.entry) / 4096) * 4, 0);
      call.out(`total ${flags.has("h") ? humanSize(blocks * 1024) : blocks}\n`);
    }
    print(rows);
    if (!flags.has("R") || next.depth > 12 || listed > MAX_LISTED) continue;
    const deeper = rows
      .filter((row) => row.entry.kind === "directory" && row.name !== "." && row.name !== "..")
      .map((row) => ({ path: `${next?.path}/${row.name}`, depth: (next?.depth ?? 0) + 1 }));
    queue.unshift(...deeper);
  }
  return rc;
}

function rowsOf(
  call: Call,
  path: string,
  children: ReadonlyMap<string, Entry>,
  flags: ReadonlySet<string>,
): Row[] {
  const rows: Row[] = [...children].map(([name, entry]) => ({ name, entry }));
  if (flags.has("a")) {
    for (const name of [".", ".."]) {
      const entry = call.shell.disk.stat(call.shell.cwd, `${path}/${name}`);
      if (!isFault(entry)) rows.push({ name, entry });
    }
    return rows;
  }
  return flags.has("A") ? rows : rows.filter((row) => !row.name.startsWith("."));
}

function order(a: Row, b: Row, flags: ReadonlySet<string>): number {
  if (flags.has("t") && a.entry.mtimeMs !== b.entry.mtimeMs)
    return b.entry.mtimeMs - a.entry.mtimeMs;
  if (flags.has("S")) return sizeOf(b.entry) - sizeOf(a.entry);
  // As the collation of en_US does: dots and case count last.
  const key = (name: string) =>
    name === "." || name === ".." ? name : name.replace(/^\.+/, "").toLowerCase();
  const [left, right] = [key(a.name), key(b.name)];
  return left < right ? -1 : left > right ? 1 : a.name < b.name ? -1 : 1;
}

export const LISTING = {
  ls,
  dir: ls,
  vdir: ls,
};
