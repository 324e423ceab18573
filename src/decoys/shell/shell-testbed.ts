import { personaOf } from "../testbed.ts";
import { createMachine } from "./machine.ts";
import { run } from "./run.ts";
import { Shell } from "./shell.ts";

export const NOW_MS = Date.UTC(2026, 4, 20, 12, 34, 56);

/** A visitor's shell on some machine. For tests only. */
export function shellOf(
  index = 1,
  options: { distro?: string; archetype?: string; user?: string; tty?: boolean } = {},
): Shell {
  const { distro = "debian-11", archetype = "linux-server", user = "root", tty = false } = options;
  const machine = createMachine(personaOf(archetype, index, { distro, ip: "10.1.2.3" }), [
    "root",
    "guest",
  ]);
  const seat = {
    user,
    fromIp: "192.0.2.9",
    fromPort: 4242,
    hostIp: "10.1.2.3",
    hostPort: 22,
    loginMs: NOW_MS - 60_000,
    tty: tty ? "/dev/pts/0" : null,
    terminalType: "dumb",
    environment: new Map(),
    service: "ssh" as const,
  };
  return new Shell(machine, seat, () => NOW_MS);
}

/** Runs a line to its end; sleeps pass at once, input comes from `typed`. */
export function ask(
  shell: Shell,
  line: string,
  typed: string[] = [],
): { rc: number; text: string; sleptMs: number } {
  const running = run(shell, line);
  let sleptMs = 0;
  let step = running.next(null);
  for (let count = 0; step.done !== true && count < 100; count++) {
    if (step.value.kind === "sleep") sleptMs += step.value.ms;
    step = running.next(step.value.kind === "input" ? (typed.shift() ?? null) : null);
  }
  const text = shell
    .takeOutput()
    .map((chunk) => chunk.text)
    .join("");
  return { rc: step.done === true ? step.value : -1, text, sleptMs };
}

export const textOf = (line: string, shell = shellOf()) => ask(shell, line).text;
