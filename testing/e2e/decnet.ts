import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with `input` on its standard input. */
export async function run(command: string, args: readonly string[], input = ""): Promise<Ran> {
  const child = spawn(command, args, { stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Runs a `decnet` command to its end. */
export function decnet(args: readonly string[], input = ""): Promise<Ran> {
  return run(process.execPath, [MAIN, ...args], input);
}

/** A command that runs until it is stopped, such as `decnet up`. */
export interface LongRun {
  readonly process: ChildProcess;
  /** Everything that it printed so far, both streams. */
  text(): string;
  /** Resolves with the first line, also of those before, that fits. Rejects if it ends before. */
  line(pattern: RegExp): Promise<string>;
  /** @returns Exit code, or the name of the signal that ended it. */
  ended(): Promise<number | string>;
}

/** Starts it; what still runs when the test is over is killed. */
export function startDecnet(t: TestContext, args: readonly string[]): LongRun {
  return startProgram(t, [MAIN, ...args]);
}

/** The same of another script. */
export function startProgram(t: TestContext, argv: readonly string[]): LongRun {
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      wake();
    });
  }
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  void ended.then(wake);
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    process: child,
    text: () => lines.join("\n"),
    ended: () => ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          const over = child.exitCode !== null || child.signalCode !== null;
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`ended without ${pattern}:\n${lines.join("\n")}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
