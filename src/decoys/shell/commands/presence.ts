import { type Call, fail, optionsOf } from "../call.ts";
import { strftime, two, uptimeText } from "../dates.ts";
import { loadOf } from "../facts.ts";
import type { Seat } from "../shell.ts";

const HOUR_MS = 3_600_000;

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

export const PRESENCE = {
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
};
