import type { Call } from "../call.ts";
import { isFault } from "../tree.ts";

/** Builtins that tell of the shell itself. */
function history(call: Call): number {
  const { shell, args } = call;
  if (args[0] === "-c") {
    shell.history.length = 0;
    return 0;
  }
  if (args[0]?.startsWith("-")) return 0;
  // What was typed in earlier sessions stands before what was typed in this one.
  const file = shell.disk.read(shell.account.home, ".bash_history");
  const earlier = isFault(file) || shell.seat.tty === null ? [] : file.split("\n").slice(0, -1);
  const all = [...earlier, ...shell.history];
  const count = args[0] === undefined ? all.length : Number(args[0]) || 0;
  const first = Math.max(0, all.length - count);
  all.slice(first).forEach((line, index) => {
    call.out(`${String(first + index + 1).padStart(5)}  ${line}\n`);
  });
  return 0;
}

function ulimit(call: Call): number {
  if (!call.args.includes("-a")) {
    call.out(call.args.includes("-n") ? "1024\n" : "unlimited\n");
    return 0;
  }
  call.out(`core file size          (blocks, -c) 0
data seg size           (kbytes, -d) unlimited
scheduling priority             (-e) 0
file size               (blocks, -f) unlimited
open files                      (-n) 1024
stack size              (kbytes, -s) 8192
cpu time               (seconds, -t) unlimited
max user processes              (-u) ${Math.floor(call.shell.machine.persona.hardware.memoryKb / 260)}
virtual memory          (kbytes, -v) unlimited
`);
  return 0;
}

function umask({ shell, args, out }: Call): number {
  if (args[0] === undefined) out(`${shell.disk.umask.toString(8).padStart(4, "0")}\n`);
  else if (/^[0-7]{1,4}$/.test(args[0])) shell.disk.umask = Number.parseInt(args[0], 8) & 0o777;
  return 0;
}

export const STATE = { history, ulimit, umask };
