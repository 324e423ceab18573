import { type Call, lineOf } from "../call.ts";
import { unescape } from "../escapes.ts";
import { arithmeticOf, bashVersion, lookUp } from "../expand.ts";
import { which } from "../path.ts";
import type { Running, Shell } from "../shell.ts";
import { isFault } from "../tree.ts";
import { JOBS } from "./builtins-jobs.ts";
import { STATE } from "./builtins-state.ts";
import { complain } from "./complain.ts";
import { printf } from "./printf.ts";
import { test } from "./test.ts";

function cd(call: Call): number {
  const { shell, args } = call;
  const operands = args.filter((arg) => arg !== "-P" && arg !== "-L");
  if (operands.length > 1 && shell.dialect === "bash") return complain(call, "too many arguments");
  const home = lookUp(shell, "HOME") ?? "/";
  const target = operands[0] === "-" ? shell.previousCwd : (operands[0] ?? home);
  const found = shell.disk.locate(shell.cwd, target);
  const why = isFault(found)
    ? found.fault
    : found.entry === null
      ? "No such file or directory"
      : found.entry.kind === "directory"
        ? null
        : "Not a directory";
  if (why !== null || isFault(found)) {
    return shell.dialect === "bash"
      ? complain(call, `${target}: ${why}`)
      : complain(call, `can't cd to ${target}${shell.dialect === "ash" ? `: ${why}` : ""}`, 2);
  }
  const path = `/${found.path.join("/")}`;
  const searched = shell.disk.list("/", path);
  if (isFault(searched) && shell.account.uid !== 0)
    return complain(call, `${target}: Permission denied`);
  shell.previousCwd = shell.cwd;
  shell.cwd = path;
  if (shell.variables.has("PWD")) shell.set("PWD", path);
  if (operands[0] === "-") call.out(`${path}\n`);
  return 0;
}

function echo({ args, out, shell }: Call): number {
  let newline = true;
  let escapes = shell.dialect === "dash";
  let at = 0;
  for (; /^-[neE]+$/.test(args[at] ?? ""); at++) {
    const flags = args[at] ?? "";
    if (flags.includes("n")) newline = false;
    if (flags.includes("e")) escapes = true;
    if (flags.includes("E")) escapes = false;
  }
  const text = args.slice(at).join(" ");
  const [shown = "", cut] = escapes ? text.split(/\\c(.*)/s) : [text];
  out((escapes ? unescape(shown, true) : shown) + (newline && cut === undefined ? "\n" : ""));
  return 0;
}

function exportVariables(call: Call): number {
  const { shell, args } = call;
  const operands = args.filter((arg) => !arg.startsWith("-"));
  if (operands.length === 0) {
    const word = shell.dialect === "bash" ? "declare -x" : "export";
    for (const [name, value] of shell.environment().toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      call.out(`${word} ${name}="${value}"\n`);
    }
    return 0;
  }
  for (const operand of operands) {
    const [name = "", value] = operand.split(/=(.*)/s);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      return complain(call, `\`${operand}': not a valid identifier`);
    }
    if (value !== undefined) shell.set(name, value);
    if (shell.variables.has(name) && !args.includes("-n")) shell.exported.add(name);
    else shell.exported.delete(name);
  }
  return 0;
}

function assign({ shell, args }: Call): number {
  for (const arg of args.filter((one) => !one.startsWith("-"))) {
    const [name = "", value = ""] = arg.split(/=(.*)/s);
    if (/^[A-Za-z_]\w*$/.test(name)) shell.set(name, value);
  }
  return 0;
}

function leave(kind: NonNullable<Shell["leaving"]>) {
  return ({ shell, args }: Call): number => {
    const rc = args[0] === undefined ? shell.lastRc : Number(args[0]) & 255;
    shell.leaving = kind;
    return kind === "exit" || kind === "return" ? rc : 0;
  };
}

function exit(call: Call): number {
  if (call.shell.depth === 0 && call.shell.seat.tty !== null) {
    call.err(call.shell.frames.length === 0 ? "logout\n" : "exit\n");
  }
  return leave("exit")(call);
}

function type(call: Call): number {
  let rc = 0;
  for (const name of call.args.filter((arg) => !arg.startsWith("-"))) {
    const found = which(call.shell, name);
    if (call.shell.functions.has(name)) call.out(`${name} is a function\n`);
    else if (Object.hasOwn(BUILTINS, name)) call.out(`${name} is a shell builtin\n`);
    else if (found !== null) call.out(`${name} is ${found.path}\n`);
    else {
      rc = complain(call, `${name}: not found`);
    }
  }
  return rc;
}

function* command(call: Call): Running {
  const asks = call.args[0] === "-v" || call.args[0] === "-V";
  if (!asks) return call.args.length === 0 ? 0 : yield* call.invoke(call.args);
  const name = call.args[1] ?? "";
  const found = which(call.shell, name);
  if (Object.hasOwn(BUILTINS, name)) call.out(`${name}\n`);
  else if (found === null) return 1;
  else call.out(`${found.path}\n`);
  return 0;
}

function* source(call: Call): Running {
  const [path, ...parameters] = call.args;
  if (path === undefined) return complain(call, "filename argument required", 2);
  const text = call.shell.disk.read(call.shell.cwd, path);
  if (isFault(text)) {
    call.err(`${call.shell.selfName}: ${path}: ${text.fault}\n`);
    return 1;
  }
  return yield* call.script(text, {
    subshell: false,
    ...(parameters.length > 0 && { parameters }),
  });
}

function* read(call: Call): Running {
  const { shell, args } = call;
  const silent = args.some((arg) => /^-\w*s/.test(arg));
  const promptAt = args.findIndex((arg) => /^-\w*p$/.test(arg));
  if (promptAt >= 0) call.err(args[promptAt + 1] ?? "");
  const line = yield* lineOf(call, !silent);
  const names = args.filter(
    (arg, at) => !arg.startsWith("-") && (promptAt < 0 || at !== promptAt + 1),
  );
  const words = (line ?? "").trim().split(/\s+/);
  const last = names.length - 1;
  for (const [index, name] of (names.length > 0 ? names : ["REPLY"]).entries()) {
    shell.set(name, index >= last ? words.slice(index).join(" ") : (words[index] ?? ""));
  }
  return line === null ? 1 : 0;
}

function shift({ shell, args }: Call): number {
  const count = Number(args[0] ?? 1);
  if (count > shell.parameters.length) return 1;
  shell.parameters = shell.parameters.slice(count);
  return 0;
}

function set(call: Call): number {
  const { shell, args } = call;
  if (args[0] === "--") shell.parameters = args.slice(1);
  if (args.length > 0) return 0;
  for (const [name, value] of [...shell.variables].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    call.out(`${name}=${/^[\w/:.,@-]*$/.test(value) ? value : `'${value}'`}\n`);
  }
  return 0;
}

/** bash has a builtin of this name; on devices it is a command of other shells. */
function enable(call: Call): number {
  if (call.shell.dialect !== "bash") {
    call.err(`${call.shell.selfName}: enable: not found\n`);
    return 127;
  }
  if (call.args.length > 0) return complain(call, `${call.args[0]}: not a shell builtin`);
  for (const name of Object.keys(BUILTINS).toSorted()) call.out(`enable ${name}\n`);
  return 0;
}

function help(call: Call): number {
  if (call.shell.dialect !== "bash") {
    call.out(
      `Built-in commands:\n------------------\n\t${Object.keys(BUILTINS)
        .filter((name) => name !== "enable")
        .join(" ")}\n`,
    );
    return 0;
  }
  call.out(
    `GNU bash, version ${bashVersion(call.shell)} (x86_64-pc-linux-gnu)\nThese shell commands are defined internally.  Type \`help' to see this list.\n`,
  );
  return 0;
}

export const BUILTINS = {
  ...JOBS,
  ...STATE,
  ":": () => 0,
  ".": source,
  "[": test,
  "[[": test,
  alias: () => 0,
  break: leave("break"),
  builtin: command,
  cd,
  command,
  continue: leave("continue"),
  declare: assign,
  echo,
  enable,
  *eval(call: Call): Running {
    return yield* call.script(call.args.join(" "), { subshell: false });
  },
  *exec(call: Call): Running {
    if (call.args.length === 0) return 0;
    const rc = yield* call.invoke(call.args);
    call.shell.leaving ??= "exit";
    return rc;
  },
  exit,
  export: exportVariables,
  false: () => 1,
  hash: () => 0,
  help,
  let({ shell, args }: Call): number {
    let value = 0n;
    for (const arg of args) value = arithmeticOf(shell, arg);
    return value === 0n ? 1 : 0;
  },
  local: assign,
  logout(call: Call): number {
    if (call.shell.frames.length === 0) return exit(call);
    return complain(call, "not login shell: use `exit'");
  },
  printf,
  pwd(call: Call): number {
    call.out(`${call.shell.cwd}\n`);
    return 0;
  },
  read,
  readonly: assign,
  return: leave("return"),
  set,
  shift,
  shopt: () => 0,
  source,
  test,
  times(call: Call): number {
    call.out("0m0.012s 0m0.008s\n0m0.004s 0m0.002s\n");
    return 0;
  },
  *time(call: Call): Running {
    const rc = call.args.length === 0 ? 0 : yield* call.invoke(call.args);
    call.err("\nreal\t0m0.003s\nuser\t0m0.001s\nsys\t0m0.002s\n");
    return rc;
  },
  trap: () => 0,
  true: () => 0,
  type,
  typeset: assign,
  unalias: () => 0,
  unset({ shell, args }: Call): number {
    for (const name of args) {
      shell.variables.delete(name);
      shell.exported.delete(name);
      shell.functions.delete(name);
    }
    return 0;
  },
} satisfies Readonly<Record<string, (call: Call) => number | Running>>;
