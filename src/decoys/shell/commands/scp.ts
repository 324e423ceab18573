import type { Call } from "../call.ts";
import type { Running } from "../shell.ts";
import { type Entry, isFault, sizeOf } from "../tree.ts";
import { Upload } from "../upload.ts";

const MAX_LINE_BYTES = 4096;
const MAX_DEPTH = 16;
const OK = "\0";

/** Standard input, read by the byte or by the line. */
class Reader {
  private readonly call: Call;
  private held = "";

  constructor(call: Call) {
    this.call = call;
  }

  /** @returns The line without its end; null at the end of all, or if it is too long. */
  *line(): Running<string | null> {
    for (;;) {
      const end = this.held.indexOf("\n");
      if (end >= 0) {
        const line = this.held.slice(0, end);
        this.held = this.held.slice(end + 1);
        return line;
      }
      if (this.held.length > MAX_LINE_BYTES || !(yield* this.more())) return null;
    }
  }

  /** At most `bytes`, at least one; "" at the end of all. */
  *some(bytes: number): Running<string> {
    if (this.held === "" && !(yield* this.more())) return "";
    const text = this.held.slice(0, bytes);
    this.held = this.held.slice(bytes);
    return text;
  }

  private *more(): Running<boolean> {
    const piece = yield* this.call.stdin();
    if (piece === null) return false;
    this.held += piece;
    return true;
  }
}

/** What scp(1) starts on the other side: `-t` takes files, `-f` gives them. */
export function* scpServer(call: Call): Running {
  const flags = call.args.filter((arg) => arg.startsWith("-")).join("");
  const operands = call.args.filter((arg) => !arg.startsWith("-"));
  const reader = new Reader(call);
  if (flags.includes("t"))
    return yield* take(call, reader, operands[0] ?? ".", flags.includes("r"));
  const greeting = yield* reader.some(1);
  if (greeting !== OK) return 1;
  let rc = 0;
  for (const path of operands)
    rc = Math.max(rc, yield* give(call, reader, path, flags.includes("r"), 0));
  return rc;
}

function* take(call: Call, reader: Reader, target: string, deep: boolean): Running {
  const { disk } = call.shell;
  const directories: string[] = [];
  let rc = 0;
  call.out(OK);
  for (;;) {
    const line = yield* reader.line();
    if (line === null) return rc;
    const here = directories.at(-1) ?? target;
    const [, mode = "", size = "", name = ""] = /^[CD]([0-7]{4}) (\d{1,15}) (.*)$/.exec(line) ?? [];
    const bits = Number.parseInt(mode, 8) & 0o777;
    if (line.startsWith("T")) call.out(OK);
    else if (line === "E") {
      directories.pop();
      call.out(OK);
    } else if (name === "" || name === ".." || name.includes("/")) {
      call.out(
        `\x01scp: protocol error: ${line === "" ? "unexpected <newline>" : "expected control record"}\n`,
      );
      return 1;
    } else if (line.startsWith("D")) {
      const path = pathIn(call, here, name);
      const refused = deep
        ? disk.mkdir(call.shell.cwd, path)
        : { fault: "received directory without -r" };
      if (refused !== null && refused.fault !== "File exists") {
        rc = refuse(call, path, refused.fault);
        continue;
      }
      directories.push(path);
      call.out(OK);
    } else
      rc = Math.max(
        rc,
        yield* takeFile(call, reader, pathIn(call, here, name), Number(size), bits),
      );
  }
}

/** Where a file of that name goes: into a directory, or in the place of a file. */
function pathIn(call: Call, target: string, name: string): string {
  const entry = call.shell.disk.stat(call.shell.cwd, target);
  if (isFault(entry) || entry.kind !== "directory") return target;
  return `${target.replace(/\/+$/, "")}/${name}`;
}

function refuse(call: Call, path: string, why: string): number {
  call.out(`\x01scp: ${path}: ${why}\n`);
  return 1;
}

function* takeFile(call: Call, reader: Reader, path: string, size: number, mode: number): Running {
  const { disk, cwd } = call.shell;
  const refused = disk.write(cwd, path, "");
  if (refused !== null) return refuse(call, path, refused.fault);
  call.out(OK);
  const upload = new Upload(disk, cwd, path, "scp");
  while (upload.bytes < size) {
    const text = yield* reader.some(size - upload.bytes);
    if (text === "") {
      upload.close();
      return 1;
    }
    upload.write(text);
  }
  // Last comes the word whether all of it could be read.
  const word = yield* reader.some(1);
  const full = upload.close();
  disk.change(cwd, path, { mode: mode & ~disk.umask });
  if (full !== null) return refuse(call, path, full.fault);
  call.out(OK);
  return word === OK ? 0 : 1;
}

function* give(call: Call, reader: Reader, path: string, deep: boolean, depth: number): Running {
  const { disk, cwd } = call.shell;
  const entry = disk.stat(cwd, path);
  if (isFault(entry)) return refuse(call, path, entry.fault);
  const name = path.replace(/\/+$/, "").split("/").at(-1) ?? path;
  const mode = (entry.mode & 0o777).toString(8).padStart(4, "0");
  if (entry.kind === "directory") {
    if (!deep || depth > MAX_DEPTH) return refuse(call, path, "not a regular file");
    call.out(`D${mode} 0 ${name}\n`);
    if ((yield* reader.some(1)) !== OK) return 1;
    let rc = 0;
    for (const child of entry.children.keys()) {
      rc = Math.max(rc, yield* give(call, reader, `${path}/${child}`, deep, depth + 1));
    }
    call.out("E\n");
    return (yield* reader.some(1)) === OK ? rc : 1;
  }
  return yield* giveFile(call, reader, path, entry, `C${mode} `, name);
}

function* giveFile(
  call: Call,
  reader: Reader,
  path: string,
  entry: Entry,
  head: string,
  name: string,
): Running {
  const content = call.shell.disk.read(call.shell.cwd, path);
  if (isFault(content)) return refuse(call, path, content.fault);
  const size = Math.max(sizeOf(entry), content.length);
  call.out(`${head}${size} ${name}\n`);
  if ((yield* reader.some(1)) !== OK) return 1;
  call.out(content.padEnd(size, "\0") + OK);
  return (yield* reader.some(1)) === OK ? 0 : 1;
}
