import { type Call, fail, optionsOf, readAll } from "../call.ts";
import { strftime } from "../dates.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";

const RESOLVE_MS = 4000;

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

function* apt(call: Call): Running {
  const { shell } = call;
  const words = call.args.filter((arg) => !arg.startsWith("-"));
  const [verb = "", ...packages] = words;
  const [host, release] =
    shell.machine.persona.release.osId === "ubuntu"
      ? ["archive.ubuntu.com", "ubuntu"]
      : ["deb.debian.org", "debian"];
  if (verb === "") {
    call.out(`${call.name} 2.2.4 (amd64)\nUsage: ${call.name} [options] command\n`);
    return 0;
  }
  if (shell.account.uid !== 0) {
    call.err(
      "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n",
    );
    return 100;
  }
  if (verb === "update") {
    const { codename } = shell.machine.persona.release;
    for (const [index, part] of ["", "-updates", "-security"].entries()) {
      yield { kind: "sleep", ms: RESOLVE_MS };
      call.out(
        `Err:${index + 1} http://${host}/${release} ${codename}${part} InRelease\n  Temporary failure resolving '${host}'\n`,
      );
    }
    call.out("Reading package lists... Done\n");
    call.err(
      `W: Failed to fetch http://${host}/${release}/dists/${codename}/InRelease  Temporary failure resolving '${host}'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n`,
    );
    return 0;
  }
  call.out(
    "Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n",
  );
  if (verb === "install") {
    for (const name of packages) call.err(`E: Unable to locate package ${name}\n`);
    return packages.length === 0 ? 0 : 100;
  }
  if (verb === "upgrade" || verb === "dist-upgrade") call.out("Calculating upgrade... Done\n");
  call.out("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n");
  return 0;
}

function* yum(call: Call): Running {
  const words = call.args.filter((arg) => !arg.startsWith("-"));
  if (call.shell.account.uid !== 0) {
    call.out("Loaded plugins: fastestmirror\nYou need to be root to perform this command.\n");
    return 1;
  }
  yield { kind: "sleep", ms: RESOLVE_MS };
  call.out("Loaded plugins: fastestmirror\nDetermining fastest mirrors\n");
  call.err(
    `Could not retrieve mirrorlist http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os error was\n14: curl#6 - "Could not resolve host: mirrorlist.centos.org; Unknown error"\n`,
  );
  return words.length === 0 ? 0 : 1;
}

function systemctl(call: Call): number {
  const { shell } = call;
  const [verb = "list-units", unit] = call.args.filter((arg) => !arg.startsWith("-"));
  const { persona } = shell.machine;
  if (unit === undefined) {
    call.out("UNIT                         LOAD   ACTIVE SUB     DESCRIPTION\n");
    for (const name of ["cron", "dbus", "rsyslog", "ssh", "systemd-journald", "systemd-logind"]) {
      call.out(`${`${name}.service`.padEnd(28)} loaded active running ${name}\n`);
    }
    return 0;
  }
  const base = unit.replace(/\.service$/, "");
  const names: Readonly<Record<string, string>> = {
    ssh: "sshd",
    nginx: "nginx",
    apache2: "apache2",
    "redis-server": "redis-server",
    redis: "redis-server",
    crond: "crond",
    cron: "cron",
  };
  const running = shell.machine.processes.find((one) =>
    one.command.includes(names[base] ?? `/${base}`),
  );
  switch (verb) {
    case "status":
      if (running === undefined) {
        call.err(`Unit ${base}.service could not be found.\n`);
        return 4;
      }
      call.out(
        `\xe2\x97\x8f ${base}.service\n     Loaded: loaded (/lib/systemd/system/${base}.service; enabled; vendor preset: enabled)\n     Active: active (running) since ${strftime("%a %F %T %Z", running.startedMs, persona.timeZone)}\n   Main PID: ${running.pid}\n`,
      );
      return 0;
    case "is-active":
      call.out(running === undefined ? "inactive\n" : "active\n");
      return running === undefined ? 3 : 0;
    case "is-enabled":
      call.out("enabled\n");
      return 0;
    default:
      if (shell.account.uid !== 0) {
        call.err(`Failed to ${verb} ${base}.service: Access denied\n`);
        return 4;
      }
      if (running !== undefined) return 0;
      call.err(`Failed to ${verb} ${base}.service: Unit ${base}.service not found.\n`);
      return 5;
  }
}

function dpkg(call: Call): number {
  if (call.shell.machine.flavor === "redhat") {
    call.out(
      `openssh-server-${call.shell.machine.persona.release.versions["ssh"]?.replace("OpenSSH_", "")}\n`,
    );
    return 0;
  }
  if (!call.args.includes("-l")) {
    call.err(`${call.name}: error: need an action option\n`);
    return 2;
  }
  const { versions } = call.shell.machine.persona.release;
  const [, upstream = "", revision = "1"] =
    /OpenSSH_(\S+) (?:Debian|Ubuntu)-(\S+)/.exec(versions["ssh"] ?? "") ?? [];
  call.out(
    "Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name           Version               Architecture Description\n+++-==============-=====================-============-=================================\n",
  );
  call.out(
    `ii  openssh-server ${`1:${upstream}-${revision}`.padEnd(21)} amd64        secure shell (SSH) server\n`,
  );
  return 0;
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
  apt,
  "apt-get": apt,
  "apt-cache": () => 0,
  yum,
  dnf: yum,
  systemctl,
  service: (call: Call) =>
    systemctl({ ...call, args: [call.args[1] ?? "status", call.args[0] ?? ""] }),
  chkconfig: () => 0,
  "update-rc.d": () => 0,
  dpkg,
  rpm: dpkg,
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
    const name = release.osId === "ubuntu" ? "Ubuntu" : "Debian";
    call.out(
      `No LSB modules are available.\nDistributor ID:\t${name}\nDescription:\t${release.prettyName}\nRelease:\t${release.versionId}\nCodename:\t${release.codename}\n`,
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
  "redis-cli": (call: Call) => {
    call.err("Could not connect to Redis at 127.0.0.1:6379: Connection refused\n");
    return 1;
  },
};
