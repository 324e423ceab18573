import type { Account } from "../accounts.ts";
import { type Call, fail, optionsOf } from "../call.ts";
import type { Running } from "../shell.ts";

function groupsOf(call: Call, account: Account): { name: string; gid: number }[] {
  const { groups } = call.shell.machine;
  const own = groups.find((group) => group.gid === account.gid) ?? {
    name: account.name,
    gid: account.gid,
  };
  return [own, ...groups.filter((group) => group !== own && group.members.includes(account.name))];
}

function id(call: Call): number {
  const { flags, operands } = optionsOf(call.args, null);
  const account =
    operands[0] === undefined ? call.shell.account : call.shell.machine.find(operands[0]);
  if (account === undefined)
    return fail(
      call,
      `'${operands[0]}': no such user`.replaceAll(
        "'",
        call.shell.machine.flavor === "busybox" ? "" : "'",
      ),
    );
  const groups = groupsOf(call, account);
  const primary = groups[0] ?? { name: account.name, gid: account.gid };
  const name = flags.has("n");
  if (flags.has("u")) call.out(`${name ? account.name : account.uid}\n`);
  else if (flags.has("g")) call.out(`${name ? primary.name : account.gid}\n`);
  else if (flags.has("G"))
    call.out(`${groups.map((group) => (name ? group.name : group.gid)).join(" ")}\n`);
  else {
    const all = groups.map((group) => `${group.gid}(${group.name})`).join(",");
    const context =
      call.shell.machine.flavor === "redhat" && call.shell.account.uid === 0
        ? " context=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"
        : "";
    call.out(
      `uid=${account.uid}(${account.name}) gid=${account.gid}(${primary.name}) groups=${all}${context}\n`,
    );
  }
  return 0;
}

function* passwd(call: Call): Running {
  const { shell } = call;
  const name = optionsOf(call.args, null).operands[0] ?? shell.account.name;
  if (shell.machine.find(name) === undefined) return fail(call, `user '${name}' does not exist`);
  if (shell.account.uid !== 0 && name !== shell.account.name)
    return fail(call, "You may not view or modify password information for " + name + ".");
  if (shell.machine.flavor === "redhat") call.out(`Changing password for user ${name}.\n`);
  if (shell.account.uid !== 0) {
    call.err(`Changing password for ${name}.\nCurrent password: `);
    yield* call.stdin(false);
    yield { kind: "sleep", ms: 1800 };
    call.err(
      `\n${call.name}: Authentication token manipulation error\n${call.name}: password unchanged\n`,
    );
    return 10;
  }
  call.err("New password: ");
  const first = yield* call.stdin(false);
  call.err("\nRetype new password: ");
  const second = yield* call.stdin(false);
  call.err("\n");
  if (first === null || second === null || first !== second) {
    call.err(
      `Sorry, passwords do not match.\n${call.name}: Authentication token manipulation error\n${call.name}: password unchanged\n`,
    );
    return 10;
  }
  call.err(
    shell.machine.flavor === "redhat"
      ? `${call.name}: all authentication tokens updated successfully.\n`
      : `${call.name}: password updated successfully\n`,
  );
  return 0;
}

function useradd(call: Call): number {
  const { operands } = optionsOf(call.args, "b:c:d:e:f:g:G:k:K:lmMNop:rRs:u:UZ");
  const [name] = operands;
  if (name === undefined) return fail(call, "Usage: useradd [options] LOGIN", 2);
  if (call.shell.account.uid !== 0)
    return fail(call, "Permission denied.\nuseradd: cannot lock /etc/passwd; try again later.");
  if (call.shell.machine.find(name) !== undefined)
    return fail(call, `user '${name}' already exists`, 9);
  const uid =
    Math.max(
      999,
      ...call.shell.machine.accounts.map((account) => account.uid).filter((one) => one < 60000),
    ) + 1;
  call.shell.disk.write(
    "/",
    "/etc/passwd",
    `${name}:x:${uid}:${uid}::/home/${name}:/bin/bash\n`,
    true,
  );
  call.shell.disk.write(
    "/",
    "/etc/shadow",
    `${name}:!:${Math.floor(call.shell.nowMs() / 86_400_000)}:0:99999:7:::\n`,
    true,
  );
  call.shell.disk.mkdir("/", `/home/${name}`);
  return 0;
}

export const IDENTITY = {
  id,
  whoami(call: Call): number {
    call.out(`${call.shell.account.name}\n`);
    return 0;
  },
  logname(call: Call): number {
    call.out(`${call.shell.seat.user}\n`);
    return 0;
  },
  groups(call: Call): number {
    call.out(
      `${groupsOf(call, call.shell.account)
        .map((group) => group.name)
        .join(" ")}\n`,
    );
    return 0;
  },
  passwd,
  useradd,
  adduser: useradd,
  *chpasswd(call: Call): Running {
    yield* call.stdin();
    return call.shell.account.uid === 0 ? 0 : fail(call, "Permission denied.");
  },
  userdel: () => 0,
  usermod: () => 0,
  groupadd: () => 0,
  tty(call: Call): number {
    call.out(`${call.shell.seat.tty ?? "not a tty"}\n`);
    return call.shell.seat.tty === null ? 1 : 0;
  },
  stty(call: Call): number {
    const { seat, size } = call.shell;
    if (seat.tty === null) return fail(call, "'standard input': Inappropriate ioctl for device");
    if (call.args[0] === "size") call.out(`${size.rows} ${size.columns}\n`);
    else if (call.args.length === 0)
      call.out("speed 38400 baud; line = 0;\n-brkint -imaxbel iutf8\n");
    else if (call.args[0] === "-a") {
      call.out(
        `speed 38400 baud; rows ${size.rows}; columns ${size.columns}; line = 0;\nintr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>; start = ^Q; stop = ^S; susp = ^Z;\n`,
      );
    }
    return 0;
  },
  tput(call: Call): number {
    const { size } = call.shell;
    const values: Readonly<Record<string, string>> = {
      cols: `${size.columns}\n`,
      lines: `${size.rows}\n`,
      colors: call.shell.seat.terminalType.includes("256") ? "256\n" : "8\n",
      clear: "\x1b[H\x1b[2J",
    };
    call.out(values[call.args[0] ?? ""] ?? "");
    return 0;
  },
  mesg(call: Call): number {
    call.out("is n\n");
    return 1;
  },
};
