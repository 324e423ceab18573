import { type Call, fail, lineOf, optionsOf, readAll } from "../call.ts";
import { bashVersion } from "../expand.ts";
import { appletsOf } from "../image-programs.ts";
import { isIncomplete } from "../parse.ts";
import { which } from "../path.ts";
import type { Dialect, Running } from "../shell.ts";
import { isFault, textOfBytes } from "../tree.ts";

const FAILED_MS = 2200;
const MAX_OPEN_BYTES = 64 * 1024;
const MAX_COUNTED_LINES = 10_000;

function* shell(call: Call): Running {
  const dialect: Dialect =
    call.shell.machine.flavor === "busybox"
      ? "ash"
      : call.name === "bash" || call.shell.machine.flavor === "redhat"
        ? "bash"
        : "dash";
  if (call.args[0] === "--version" && dialect === "bash") {
    call.out(
      `GNU bash, version ${bashVersion(call.shell)} (${call.shell.machine.flavor === "redhat" ? "x86_64-redhat-linux-gnu" : "x86_64-pc-linux-gnu"})\nCopyright (C) Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n`,
    );
    return 0;
  }
  const at = call.args.findIndex((arg) => /^-\w*c$/.test(arg));
  if (at >= 0) {
    const [text, name = call.name, ...parameters] = call.args.slice(at + 1);
    if (text === undefined) return fail(call, "-c: option requires an argument", 2);
    return yield* call.script(text, { subshell: true, name, parameters, dialect });
  }
  const [path, ...parameters] = call.args.filter((arg, index) => !arg.startsWith("-") || index > 0);
  if (path !== undefined && !path.startsWith("-")) {
    const text = call.shell.disk.read(call.shell.cwd, path);
    if (isFault(text)) {
      const why = dialect === "bash" ? `${path}: ${text.fault}` : `0: Can't open ${path}`;
      return fail(call, why, 127);
    }
    if (text.startsWith("\x7fELF"))
      return fail(call, `${path}: ${path}: cannot execute binary file`, 126);
    return yield* call.script(text, {
      subshell: true,
      name: path,
      isFile: true,
      parameters,
      dialect,
    });
  }
  if (!call.keyboard || call.shell.seat.tty === null) {
    const name = call.shell.script === null ? call.shell.scriptName : call.name;
    return yield* scriptOfInput(call, name, dialect);
  }
  if (call.shell.depth > 0) return 0;
  if (!call.shell.push(call.shell.account, dialect, call.args.includes("-l")))
    return fail(call, "fork: retry: Resource temporarily unavailable", 254);
  return 0;
}

/** Runs what comes on standard input, a command as soon as it is whole. */
export function* scriptOfInput(call: Call, name: string, dialect: Dialect): Running {
  const { shell } = call;
  let rc = 0;
  let open = "";
  let read = 0;
  let before = 0;
  for (;;) {
    const line = yield* lineOf(call);
    read++;
    if (line === null && open === "") break;
    open = open === "" ? (line ?? "") : `${open}\n${line ?? ""}`;
    if (line !== null && open.length < MAX_OPEN_BYTES && isIncomplete(open)) continue;
    // Messages count the lines of the whole.
    const text = "\n".repeat(Math.min(before, MAX_COUNTED_LINES)) + open;
    before = read;
    rc = yield* call.script(text, { subshell: false, name, isFile: true, dialect });
    if (call.keyboard && open.trim() !== "") {
      shell.did({ kind: "line", input: textOfBytes(open), rc });
    }
    open = "";
    if (line === null || shell.leaving !== null) break;
  }
  if (shell.leaving === "exit" && shell.depth > 0) shell.leaving = null;
  return rc;
}

function* busybox(call: Call): Running {
  const { machine } = call.shell;
  const version = machine.persona.release.versions["busybox"] ?? "BusyBox v1.30.1";
  const applets = appletsOf(machine);
  const [applet, ...args] = call.args;
  if (applet === undefined || applet === "--help") {
    const names = [...applets].toSorted();
    call.out(
      `${version} multi-call binary.\nBusyBox is copyrighted by many authors between 1998-2015.\nLicensed under GPLv2. See source distribution for detailed\ncopyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n\nCurrently defined functions:\n`,
    );
    let line = "";
    for (const [index, name] of names.entries()) {
      const word = index === names.length - 1 ? name : `${name}, `;
      if (line.length + word.length > 70) {
        call.out(`\t${line.trimEnd()}\n`);
        line = "";
      }
      line += word;
    }
    call.out(`\t${line}\n\n`);
    return 0;
  }
  if (applet === "--list") {
    call.out(`${[...applets].toSorted().join("\n")}\n`);
    return 0;
  }
  if (!applets.has(applet)) {
    call.err(`${applet}: applet not found\n`);
    return 127;
  }
  return yield* call.invoke([applet, ...args]);
}

function* su(call: Call): Running {
  const { shell } = call;
  const { flags, values, operands } = optionsOf(call.args, "c:lms:p");
  const login = call.args.includes("-") || flags.has("l") || flags.has("login");
  const name = operands.find((operand) => operand !== "-") ?? "root";
  const account = shell.machine.find(name);
  if (account === undefined) return fail(call, `user ${name} does not exist`);
  if (shell.account.uid !== 0) {
    call.err("Password: ");
    yield* call.stdin(false);
    yield { kind: "sleep", ms: FAILED_MS };
    call.err("\n");
    return fail(call, "Authentication failure");
  }
  const command = values.get("c");
  if (command === undefined && call.keyboard && shell.seat.tty !== null) {
    if (shell.push(account, shell.machine.flavor === "busybox" ? "ash" : "bash", login)) return 0;
    return fail(call, "cannot fork: Resource temporarily unavailable");
  }
  return yield* asAccount(
    call,
    name,
    call.script(command ?? (yield* readAll(call)), { subshell: true, name: "bash" }),
  );
}

/** Drives `body` while the session is another account. */
function* asAccount(call: Call, name: string, body: Running): Running {
  const { account } = call.shell;
  call.shell.become(call.shell.machine.account(name));
  try {
    return yield* body;
  } finally {
    call.shell.become(account);
  }
}

function* sudo(call: Call): Running {
  const { shell } = call;
  let at = 0;
  let name = "root";
  let login = false;
  for (; at < call.args.length && call.args[at]?.startsWith("-"); at++) {
    const arg = call.args[at] ?? "";
    if (arg === "-u" || arg === "-g") name = call.args[++at] ?? "root";
    else if (arg === "-i" || arg === "-s" || arg === "-S") login ||= arg !== "-S";
    else if (arg === "-l") {
      call.out(
        `User ${shell.account.name} may run the following commands on ${shell.machine.persona.hostname}:\n    (ALL : ALL) ALL\n`,
      );
      return 0;
    }
  }
  const account = shell.machine.find(name);
  if (account === undefined) return fail(call, `unknown user: ${name}`);
  const command = call.args.slice(at);
  const allowed =
    shell.account.uid === 0 ||
    shell.machine.groups.some(
      (group) =>
        (group.name === "sudo" || group.name === "wheel") &&
        group.members.includes(shell.account.name),
    );
  if (!allowed) {
    for (let attempt = 0; attempt < 3; attempt++) {
      call.err(`[sudo] password for ${shell.account.name}: `);
      const typed = yield* call.stdin(false);
      yield { kind: "sleep", ms: FAILED_MS };
      call.err(attempt < 2 && typed !== null ? "\nSorry, try again.\n" : "\n");
      if (typed === null) break;
    }
    return fail(call, "3 incorrect password attempts");
  }
  if (command.length === 0) {
    if (!login) {
      call.err(
        "usage: sudo -h | -K | -k | -V\nusage: sudo -v [-AknS] [-g group] [-h host] [-p prompt] [-u user]\n",
      );
      return 1;
    }
    return shell.push(account, "bash", true)
      ? 0
      : fail(call, "unable to fork: Resource temporarily unavailable");
  }
  if (command[0] === "su" || (command[0] === "bash" && command.length === 1)) {
    const target = command.find((word, index) => index > 0 && !word.startsWith("-")) ?? "root";
    return shell.push(shell.machine.find(target) ?? account, "bash", command.includes("-")) ? 0 : 1;
  }
  const assignments = command.findIndex((word) => !/^\w+=/.test(word));
  return yield* asAccount(call, name, call.invoke(command.slice(Math.max(0, assignments))));
}

/** A program that runs the rest of its line: nohup, nice, time and their like. */
function prefix(skips: RegExp, takes: number) {
  return function* (call: Call): Running {
    let at = 0;
    for (; at < call.args.length; at++) {
      const arg = call.args[at] ?? "";
      if (skips.test(arg)) at++;
      else if (!arg.startsWith("-")) break;
    }
    const command = call.args.slice(at + takes);
    if (command.length === 0)
      return fail(call, `missing operand\nTry '${call.name} --help' for more information.`, 125);
    return yield* call.invoke(command);
  };
}

function* env(call: Call): Running {
  const at = call.args.findIndex((arg) => !arg.startsWith("-") && !arg.includes("="));
  if (at >= 0) return yield* call.invoke(call.args.slice(at));
  for (const [name, value] of call.shell.environment()) call.out(`${name}=${value}\n`);
  call.out("_=/usr/bin/env\n");
  return 0;
}

function locate(call: Call): number {
  let rc = 0;
  for (const name of optionsOf(call.args, null).operands) {
    const found = name.includes("/") ? null : which(call.shell, name);
    if (call.name === "whereis") call.out(`${name}:${found === null ? "" : ` ${found.path}`}\n`);
    else if (found !== null) call.out(`${found.path}\n`);
    else {
      rc = 1;
      if (call.shell.machine.flavor === "redhat")
        call.err(`/usr/bin/which: no ${name} in (${call.shell.variables.get("PATH")})\n`);
    }
  }
  return rc;
}

export const SHELLS = {
  sh: shell,
  bash: shell,
  dash: shell,
  ash: shell,
  busybox,
  su,
  sudo,
  env,
  nohup: prefix(/^$/, 0),
  nice: prefix(/^-n$/, 0),
  ionice: prefix(/^-[cn]$/, 0),
  setsid: prefix(/^$/, 0),
  timeout: prefix(/^-[ks]$/, 1),
  stdbuf: prefix(/^-[ioe]$/, 0),
  chroot: prefix(/^$/, 1),
  watch: prefix(/^-n$/, 0),
  which: locate,
  whereis: locate,
};
