import { type Io, inputOf } from "./call.ts";
import type { Running, Shell } from "./shell.ts";
import { inSubshell } from "./subshell.ts";

const MAX_JOBS = 64;
/** What a job may want before it counts as one that never ends. */
const MAX_WANTS = 1000;

/**
 * Starts a job. Its time passes at once, so that the prompt comes back, but counts: until then the
 * job is told as running. It has no keyboard.
 */
export function background(
  shell: Shell,
  text: string,
  io: Io,
  evaluate: (io: Io) => Running,
): void {
  const pid = shell.machine.takePids(shell.nowMs());
  const number = Math.max(0, ...shell.jobs.map((job) => job.number)) + 1;
  if (shell.seat.tty !== null && shell.depth === 0) io.err(`[${number}] ${pid}\n`);
  shell.lastJobPid = pid;
  const silent: Io = { ...io, stdin: inputOf(""), keyboard: false };
  const body = inSubshell(shell, silent, () => evaluate(silent));
  let passedMs = 0;
  let step = body.next(null);
  for (let count = 0; step.done !== true && count < MAX_WANTS; count++) {
    if (step.value.kind === "sleep") passedMs += step.value.ms;
    step = body.next(null);
  }
  const endless = step.done !== true;
  if (endless) body.return(0);
  if (shell.jobs.length >= MAX_JOBS) return;
  const endsMs = endless ? Number.MAX_SAFE_INTEGER : shell.nowMs() + passedMs;
  const rc = step.done === true ? step.value : 0;
  shell.jobs.push({ number, pid, text, endsMs, rc });
}

/** Takes the jobs that have ended off the list. @returns What bash tells of them before its prompt. */
export function takeFinished(shell: Shell): string {
  const over = shell.jobs.filter((job) => job.endsMs <= shell.nowMs());
  if (over.length === 0) return "";
  shell.jobs.splice(0, shell.jobs.length, ...shell.jobs.filter((job) => !over.includes(job)));
  return over
    .map(({ number, rc, text }) => {
      const state = rc === 0 ? "Done" : `Exit ${rc}`;
      return `[${number}]+  ${state.padEnd(23)} ${text}\n`;
    })
    .join("");
}
