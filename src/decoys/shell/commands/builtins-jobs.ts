import type { Call } from "../call.ts";
import type { Job, Running } from "../shell.ts";
import { complain } from "./complain.ts";

/** Builtins of job control: what was started with `&` and when it will have ended. */
const stateOf = (call: Call, job: Job) =>
  job.endsMs > call.shell.nowMs() ? "Running" : job.rc === 0 ? "Done" : `Exit ${job.rc}`;

function line(call: Call, job: Job, mark: string): string {
  const state = stateOf(call, job);
  return `[${job.number}]${mark}  ${state.padEnd(23)} ${job.text}${state === "Running" ? " &" : ""}\n`;
}

/** Takes the jobs that have ended off the list. */
function reap(call: Call): void {
  const { jobs, nowMs } = call.shell;
  jobs.splice(0, jobs.length, ...jobs.filter((job) => job.endsMs > nowMs()));
}

function jobs(call: Call): number {
  const { jobs: all } = call.shell;
  for (const [index, job] of all.entries()) {
    const mark = index === all.length - 1 ? "+" : index === all.length - 2 ? "-" : " ";
    call.out(call.args.includes("-p") ? `${job.pid}\n` : line(call, job, mark));
  }
  reap(call);
  return 0;
}

function* wait(call: Call): Running {
  const { jobs: all, nowMs } = call.shell;
  const ms = Math.max(0, ...all.map((job) => job.endsMs - nowMs()));
  if (ms > 0) yield { kind: "sleep", ms: Math.min(ms, MAX_WAIT_MS) };
  const last = all.at(-1);
  all.length = 0;
  return call.args.length > 0 ? (last?.rc ?? 127) : 0;
}

const MAX_WAIT_MS = 2_000_000_000;

function* foreground(call: Call): Running {
  if (call.shell.seat.tty === null) return complain(call, "no job control");
  const job = call.shell.jobs.pop();
  if (job === undefined) return complain(call, "current: no such job");
  call.out(`${job.text}\n`);
  const ms = job.endsMs - call.shell.nowMs();
  if (ms > 0) yield { kind: "sleep", ms: Math.min(ms, MAX_WAIT_MS) };
  return job.rc;
}

function continued(call: Call): number {
  if (call.shell.seat.tty === null) return complain(call, "no job control");
  const job = call.shell.jobs.at(-1);
  if (job === undefined) return complain(call, "current: no such job");
  return complain(call, `job ${job.number} already in background`, 0);
}

function kill(call: Call): number {
  const pids = call.args.filter(
    (arg, index) => !arg.startsWith("-") || (index > 0 && /^-\d+$/.test(arg)),
  );
  if (call.args[0] === "-l") {
    call.out(" 1) SIGHUP\t 2) SIGINT\t 3) SIGQUIT\t 9) SIGKILL\t15) SIGTERM\n");
    return 0;
  }
  if (pids.length === 0) {
    return complain(
      call,
      "usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
      2,
    );
  }
  const known = new Set(call.shell.machine.processes().map((process) => String(process.pid)));
  let rc = 0;
  for (const target of pids) {
    const job = call.shell.jobs.find(
      (one) => target === `%${one.number}` || target === String(one.pid),
    );
    if (job !== undefined) {
      call.shell.jobs.splice(call.shell.jobs.indexOf(job), 1);
      continue;
    }
    const pid = target;
    if (pid === String(call.shell.pid) && call.args.includes("-9")) call.shell.leaving = "exit";
    else if (!/^\d+$/.test(pid))
      rc = complain(call, `${pid}: arguments must be process or job IDs`);
    else if (!known.has(pid)) rc = complain(call, `(${pid}) - No such process`);
    else if (call.shell.account.uid !== 0)
      rc = complain(call, `(${pid}) - Operation not permitted`);
  }
  return rc;
}

export const JOBS = {
  bg: continued,
  disown: () => 0,
  fg: foreground,
  jobs,
  kill,
  wait,
};
