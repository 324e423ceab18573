import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { mustDropPrivilege } from "./privilege.ts";

/** How a process is started that may be taken over by whoever talks to it. */
export interface Confinement {
  readonly command: string;
  /** Without the script to run and its arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The process is to call `dropPrivilege()` before it reads anything. */
  readonly dropsPrivilege: boolean;
  /** It has a network namespace of its own, so no route to anywhere. */
  readonly offline: boolean;
}

/** Heap limit; over it the process dies and is started again. */
const HEAP_MIB = 512;

/** This source tree: `src`, or `dist` as published. */
const codeDirectory = resolve(import.meta.dirname, "../../..");

/** The decoy process's entry. */
export const decoyProcessMain = join(import.meta.dirname, `main${extname(import.meta.filename)}`);

/**
 * Works out the narrowest confinement that this machine offers: Node's permission model (reads its
 * own code and nothing else, writes nothing, starts nothing, loads no native code), no `eval`, an
 * empty environment, a bounded heap; where possible no network either, but the sockets handed over.
 */
export function confine(): Confinement {
  const node = [
    process.execPath,
    "--permission",
    ...readable().map((path) => `--allow-fs-read=${path}`),
    // Node 25 and later refuse sockets unless allowed; before, there is no such flag.
    ...(process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : []),
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${HEAP_MIB}`,
  ];
  const prefix = withoutNetwork();
  const [command = process.execPath, ...argv] = [...prefix, ...node];
  return {
    command,
    argv,
    env: { TZ: "UTC" },
    cwd: "/",
    dropsPrivilege: mustDropPrivilege(process.getuid?.() ?? null, uidMap()),
    offline: prefix.length > 0,
  };
}

/** The code, and the libraries where Node would look for them. */
function readable(): string[] {
  const paths = [codeDirectory, join(dirname(codeDirectory), "package.json")];
  for (let at = dirname(codeDirectory); ; at = dirname(at)) {
    const libraries = join(at, "node_modules");
    if (existsSync(libraries)) paths.push(libraries);
    if (at === dirname(at)) return paths;
  }
}

/**
 * `unshare` (util-linux) with what it needs to start a program in an empty network namespace. A
 * socket stays in the namespace that it was made in, so those handed over work as ever.
 * @returns Empty where the system does not allow it.
 */
function withoutNetwork(): string[] {
  if (process.platform !== "linux") return [];
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-current-user"];
  for (const unshare of ["/usr/bin/unshare", "/bin/unshare"]) {
    const prefix = [unshare, ...user, "--net", "--"];
    const [command = unshare, ...argv] = prefix;
    const trial = spawnSync(command, [...argv, process.execPath, "--version"], { stdio: "ignore" });
    if (trial.status === 0) return prefix;
  }
  return [];
}

function uidMap(): string | null {
  try {
    return readFileSync("/proc/self/uid_map", "utf8");
  } catch {
    return null;
  }
}
