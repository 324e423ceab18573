import type { Account } from "../accounts.ts";
import { type Call, fail, optionsOf } from "../call.ts";
import { strftime, two, uptimeText } from "../dates.ts";
import { loadOf } from "../facts.ts";
import type { Running, Seat } from "../shell.ts";

const HOUR_MS = 3_600_000;

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

/** Those who sit at a terminal: what utmp holds. */
function seatsOf(call: Call): readonly Seat[] {
  return [...call.shell.machine.guests].map(({ seat }) => seat).filter(({ tty }) => tty !== null);
}

const terminalOf = ({ tty }: Seat) => (tty ?? "?").replace("/dev/", "");

export function uptimeLine(call: Call): string {
  const { shell } = call;
  const { persona } = shell.machine;
  const now = shell.nowMs();
  const users = seatsOf(call).length;
  const load = loadOf(persona, now)
    .map((value) => value.toFixed(2))
    .join(", ");
  return ` ${strftime("%T", now, persona.timeZone)} up ${uptimeText(now - persona.bootedMs)},  ${users} user${users === 1 ? "" : "s"},  load average: ${load}\n`;
}

function w(call: Call): number {
  const { shell } = call;
  if (!call.args.some((arg) => /^-\w*h/.test(arg))) {
    call.out(uptimeLine(call));
    call.out("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n");
  }
  for (const seat of seatsOf(call)) {
    const login = strftime("%H:%M", seat.loginMs, shell.machine.persona.timeZone);
    const own = seat === shell.seat;
    const idleSeconds = Math.floor((shell.nowMs() - seat.loginMs) / 2000);
    const idle = own ? "1.00s" : `${Math.floor(idleSeconds / 60)}:${two(idleSeconds % 60)}`;
    const used = `0.0${2 + (shell.history.length % 7)}s`;
    call.out(
      `${seat.user.slice(0, 8).padEnd(8)} ${terminalOf(seat).padEnd(8)} ${seat.fromIp.padEnd(16)} ${login} ${idle.padStart(8)}  ${used}  ${own ? "0.00s w" : `${used} -bash`}\n`,
    );
  }
  return 0;
}

function who(call: Call): number {
  const { seat: own, machine } = call.shell;
  const mine = call.args.join(" ") === "am i" || call.args.includes("-m");
  for (const seat of seatsOf(call)) {
    if (mine && seat !== own) continue;
    call.out(
      `${seat.user.padEnd(8)} ${terminalOf(seat).padEnd(12)} ${strftime("%F %H:%M", seat.loginMs, machine.persona.timeZone)} (${seat.fromIp})\n`,
    );
  }
  return 0;
}

/** Logins that wtmp remembers: today's own, some of the machine's people, and the start. */
function last(call: Call): number {
  const { machine, nowMs } = call.shell;
  const { persona } = machine;
  const { values } = optionsOf(call.args, "n:");
  const limit = Number(
    values.get("n") ?? call.args.find((arg) => /^-\d+$/.test(arg))?.slice(1) ?? 100,
  );
  const at = (ms: number) => strftime("%a %b %e %H:%M", ms, persona.timeZone);
  const rows: string[] = [];
  const row = (user: string, tty: string, from: string, ms: number, tail: string) =>
    `${user.slice(0, 8).padEnd(8)} ${tty.padEnd(12)} ${from.padEnd(16)} ${at(ms)}${tail}\n`;
  for (const one of seatsOf(call).toReversed()) {
    rows.push(row(one.user, terminalOf(one), one.fromIp, one.loginMs, "   still logged in"));
  }
  const people = ["root", ...persona.users.map((user) => user.name)];
  const subnet = persona.ip.split(".").slice(0, 3).join(".");
  const span = Math.max(1, Math.floor((nowMs() - persona.bootedMs) / HOUR_MS));
  const logins = Array.from({ length: 3 + persona.pick("last", 5) }, (_, index) => {
    const start =
      persona.bootedMs +
      persona.pick(`last.at:${index}`, span) * HOUR_MS +
      persona.pick(`last.m:${index}`, 3600) * 1000;
    return { index, start };
  });
  for (const { index, start } of logins
    .filter(({ start }) => start < nowMs() - HOUR_MS)
    .toSorted((a, b) => b.start - a.start)) {
    const minutes = 2 + persona.pick(`last.for:${index}`, 55);
    const end = strftime("%H:%M", start + minutes * 60_000, persona.timeZone);
    const user = people[persona.pick(`last.who:${index}`, people.length)] ?? "root";
    rows.push(
      row(
        user,
        "pts/0",
        `${subnet}.${2 + persona.pick(`last.from:${index % 2}`, 250)}`,
        start,
        ` - ${end}  (00:${two(minutes)})`,
      ),
    );
  }
  const kernel = persona.release.kernelRelease.slice(0, 16);
  rows.push(row("reboot", "system boot", kernel, persona.bootedMs, "   still running"));
  call.out(
    `${rows.slice(0, limit).join("")}\nwtmp begins ${strftime("%a %b %e %T %Y", persona.installedMs, persona.timeZone)}\n`,
  );
  return 0;
}

function lastlog(call: Call): number {
  const { machine } = call.shell;
  const { timeZone } = machine.persona;
  call.out("Username         Port     From             Latest\n");
  for (const { name } of machine.accounts) {
    const seat = seatsOf(call).findLast(({ user }) => user === name);
    call.out(
      seat === undefined
        ? `${name.slice(0, 16).padEnd(16)}                            **Never logged in**\n`
        : `${name.slice(0, 16).padEnd(16)} ${terminalOf(seat).padEnd(8)} ${seat.fromIp.padEnd(16)} ${strftime("%a %b %e %T %z %Y", seat.loginMs, timeZone)}\n`,
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
  w,
  who,
  users: (call: Call) => {
    const names = seatsOf(call).map(({ user }) => user);
    if (names.length > 0) call.out(`${names.join(" ")}\n`);
    return 0;
  },
  last,
  lastb(call: Call): number {
    if (call.shell.account.uid !== 0)
      return fail(call, "cannot open /var/log/btmp: Permission denied");
    const { persona } = call.shell.machine;
    const begins = strftime("%a %b %e %T %Y", persona.bootedMs, persona.timeZone);
    call.out(`\nbtmp begins ${begins}\n`);
    return 0;
  },
  lastlog,
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
