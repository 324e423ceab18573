import { type Call, fail, optionsOf, readAll } from "../call.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";
import { redisCli } from "./redis-cli.ts";

const crontabPath = (call: Call, user: string) =>
  `/var/spool/cron/${call.shell.machine.flavor === "redhat" ? "" : "crontabs/"}${user}`;

function* crontab(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "u:lrei");
  const user = values.get("u") ?? call.shell.account.name;
  const path = crontabPath(call, user);
  const { disk, cwd } = call.shell;
  const { who } = disk;
  // crontab(1) is set-gid: it reads and writes the spool for its caller.
  disk.who = { uid: 0, gid: 0 };
  try {
    if (flags.has("l")) {
      const text = disk.read("/", path);
      if (isFault(text)) {
        call.err(`no crontab for ${user}\n`);
        return 1;
      }
      call.out(text);
      return 0;
    }
    if (flags.has("r")) {
      const refused = disk.remove("/", path);
      if (refused !== null) call.err(`no crontab for ${user}\n`);
      return refused === null ? 0 : 1;
    }
    if (flags.has("e")) {
      call.err(`no crontab for ${user} - using an empty one\n`);
      return 0;
    }
    const [source = "-"] = operands;
    const text = source === "-" ? yield* readAll(call) : disk.read(cwd, source);
    if (isFault(text)) {
      call.err(`${source}: ${text.fault}\n`);
      return 1;
    }
    disk.write("/", path, text);
    return 0;
  } finally {
    disk.who = who;
  }
}

function halt(call: Call): number {
  if (call.shell.account.uid !== 0)
    return fail(
      call,
      "Failed to power off system via logind: Interactive authentication required.",
    );
  call.shell.ended = true;
  call.shell.leaving = "exit";
  return 0;
}

/** An interpreter that says nothing: its script is on record as part of the command. */
function* interpreter(call: Call): Running {
  if (call.args[0] === "--version" || call.args[0] === "-V") {
    call.out(call.name.startsWith("python3") ? "Python 3.9.2\n" : "\n");
    return 0;
  }
  if (call.args.length === 0 && !call.keyboard) yield* readAll(call);
  return 0;
}

export const ADMIN = {
  crontab,
  journalctl(call: Call): number {
    const log = call.shell.disk.read(
      "/",
      call.shell.machine.flavor === "redhat" ? "/var/log/messages" : "/var/log/syslog",
    );
    if (isFault(log))
      return fail(call, "No journal files were opened due to insufficient permissions.");
    call.out(log);
    return 0;
  },
  lsb_release(call: Call): number {
    const { release } = call.shell.machine.persona;
    const { flags } = optionsOf(call.args, null);
    const rows = [
      ["i", "id", "Distributor ID", release.osId === "ubuntu" ? "Ubuntu" : "Debian"],
      ["d", "description", "Description", release.prettyName],
      ["r", "release", "Release", release.versionId],
      ["c", "codename", "Codename", release.codename],
    ] as const;
    call.err("No LSB modules are available.\n");
    const all = flags.has("a") || flags.has("all");
    const short = flags.has("s") || flags.has("short");
    for (const [letter, long, name, value] of rows) {
      if (all || flags.has(letter) || flags.has(long))
        call.out(short ? `${value}\n` : `${name}:\t${value}\n`);
    }
    return 0;
  },
  hostnamectl(call: Call): number {
    const { persona } = call.shell.machine;
    const { release, macAddress } = persona;
    const id = (path: string) => {
      const text = call.shell.disk.read("/", path);
      return isFault(text) ? "" : text.replace(/[-\n]/g, "");
    };
    const guest =
      macAddress.startsWith("00:0c:29") || macAddress.startsWith("00:50:56")
        ? "vmware"
        : macAddress.startsWith("00:15:5d")
          ? "microsoft"
          : macAddress.startsWith("52:54:00")
            ? "kvm"
            : macAddress.startsWith("00:16:3e")
              ? "xen"
              : null;
    call.out(
      `   Static hostname: ${persona.hostname}\n         Icon name: computer-${guest === null ? "server" : "vm"}\n           Chassis: ${guest === null ? "server" : "vm"}\n        Machine ID: ${id("/etc/machine-id")}\n           Boot ID: ${id("/proc/sys/kernel/random/boot_id")}\n${guest === null ? "" : `    Virtualization: ${guest}\n`}  Operating System: ${release.prettyName}\n            Kernel: Linux ${release.kernelRelease}\n      Architecture: x86-64\n`,
    );
    return 0;
  },
  sysctl(call: Call): number {
    const key = call.args.find((arg) => !arg.startsWith("-"));
    if (key === "kernel.hostname")
      call.out(`kernel.hostname = ${call.shell.machine.persona.hostname}\n`);
    else if (key?.includes("=")) call.out(`${key.replace("=", " = ")}\n`);
    return 0;
  },
  getenforce(call: Call): number {
    call.out("Enforcing\n");
    return 0;
  },
  setenforce: () => 0,
  reboot: halt,
  halt,
  poweroff: halt,
  shutdown: halt,
  perl: interpreter,
  python: interpreter,
  python2: interpreter,
  python3: interpreter,
  "redis-cli": redisCli,
};
