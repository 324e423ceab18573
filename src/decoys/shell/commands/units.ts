import { type Call, fail, optionsOf } from "../call.ts";
import { daemonOfUnit } from "../daemons.ts";
import { strftime, uptimeText } from "../dates.ts";
import type { RunningDaemon } from "../processes.ts";
import { isFault } from "../tree.ts";

/** Where the unit's file lies. */
export function unitPath(call: Call, unit: string): string {
  const base = call.shell.machine.flavor === "redhat" ? "/usr/lib" : "/lib";
  return `${base}/systemd/system/${unit.replace(/@.*/, "@")}.service`;
}

const unitOf = ({ units }: RunningDaemon) => units[0] ?? "";

function systemctl(call: Call): number {
  const { shell } = call;
  const { machine } = shell;
  const { flags, operands } = optionsOf(call.args, null, ["type", "state", "property", "signal"]);
  const [verb = "list-units", ...names] = operands;
  if (flags.has("version") || verb === "--version") {
    call.out("systemd 247 (247.3-7+deb11u4)\n".replace(/.*/, versionOf(call)));
    return 0;
  }
  if (verb === "list-units" || verb === "list-unit-files") return list(call, verb);
  if (verb === "daemon-reload") return 0;
  if (verb === "is-system-running" || verb === "get-default") {
    call.out(verb === "get-default" ? "multi-user.target\n" : "running\n");
    return 0;
  }
  if (names.length === 0) return fail(call, "Too few arguments.".replace(/^/, ""));
  let rc = 0;
  for (const name of names) {
    const daemon = daemonOfUnit(machine.daemons, name);
    const unit = name.includes(".") ? name : `${name}.service`;
    rc = Math.max(rc, act(call, verb, unit, daemon));
  }
  return rc;
}

function act(call: Call, verb: string, unit: string, daemon: RunningDaemon | undefined): number {
  switch (verb) {
    case "status":
      if (daemon === undefined) {
        call.err(`Unit ${unit} could not be found.\n`);
        return 4;
      }
      call.out(status(call, daemon));
      return 0;
    case "is-active":
      call.out(daemon === undefined ? "inactive\n" : "active\n");
      return daemon === undefined ? 3 : 0;
    case "is-enabled":
      if (daemon !== undefined) call.out("enabled\n");
      else call.err(`Failed to get unit file state for ${unit}: No such file or directory\n`);
      return daemon === undefined ? 1 : 0;
    case "cat":
    case "show":
      if (daemon === undefined) {
        call.err(`No files found for ${unit}.\n`);
        return 1;
      }
      call.out(unitFile(call, daemon));
      return 0;
    default:
      if (call.shell.account.uid !== 0) {
        call.err(
          `Failed to ${verb} ${unit}: Interactive authentication required.\nSee system logs and 'systemctl status ${unit}' for details.\n`,
        );
        return 1;
      }
      if (daemon !== undefined) return 0;
      call.err(`Failed to ${verb} ${unit}: Unit ${unit} not found.\n`);
      return 5;
  }
}

function status(call: Call, daemon: RunningDaemon): string {
  const { machine, nowMs } = call.shell;
  const { persona } = machine;
  const [main] = daemon.running;
  const startedMs = main?.startedMs ?? persona.bootedMs;
  const unit = unitOf(daemon);
  const since = strftime("%a %F %T %Z", startedMs, persona.timeZone);
  const memoryKb = daemon.running.reduce((sum, one) => sum + one.rssKb, 0);
  const redhat7 = persona.release.id === "centos-7";
  const label = (text: string) => text.padStart(redhat7 ? 9 : 11);
  const tree = daemon.running.map((one, index) => {
    const branch = index === daemon.running.length - 1 ? "└─" : "├─";
    return `${" ".repeat(redhat7 ? 11 : 13)}${branch}${one.pid} ${one.command}\n`;
  });
  return Buffer.from(
    `● ${unit}.service - ${daemon.description}\n${label("Loaded")}: loaded (${unitPath(call, unit)}; enabled; vendor preset: ${machine.flavor === "redhat" && unit !== "sshd" ? "disabled" : "enabled"})\n${label("Active")}: active (running) since ${since}; ${ago(nowMs() - startedMs)} ago\n${label("Main PID")}: ${main?.pid ?? 0} (${(main?.command.split(/[: ]/)[0] ?? "").split("/").at(-1)})\n${redhat7 ? "" : `${label("Tasks")}: ${daemon.running.length}\n${label("Memory")}: ${(memoryKb / 1024).toFixed(1)}M\n`}${label("CGroup")}: /system.slice/${unit}.service\n${tree.join("")}`,
    "utf8",
  ).toString("latin1");
}

/** `1 months 17 days` and the like (`format_timestamp_relative`). */
function ago(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  if (days >= 60) return `${Math.floor(days / 30)} months ${days % 30} days`;
  if (days >= 14) return `${Math.floor(days / 7)} weeks ${days % 7} days`;
  return days > 0 ? `${days} days` : uptimeText(ms);
}

function list(call: Call, verb: string): number {
  const { machine } = call.shell;
  const rows = machine.daemons
    .map((daemon) => ({ unit: `${unitOf(daemon)}.service`, words: daemon.description }))
    .toSorted((one, other) => (one.unit < other.unit ? -1 : 1));
  const width = Math.max(...rows.map(({ unit }) => unit.length));
  if (verb === "list-unit-files") {
    call.out(`${"UNIT FILE".padEnd(width)} STATE   VENDOR PRESET\n`);
    for (const { unit } of rows) call.out(`${unit.padEnd(width)} enabled enabled\n`);
    call.out(`\n${rows.length} unit files listed.\n`);
    return 0;
  }
  const margin = machine.persona.release.id === "centos-7" ? "" : "  ";
  call.out(`${margin}${"UNIT".padEnd(width)} LOAD   ACTIVE SUB     DESCRIPTION\n`);
  for (const { unit, words } of rows)
    call.out(`${margin}${unit.padEnd(width)} loaded active running ${words}\n`);
  call.out(
    `\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n\n${rows.length} loaded units listed.\n`,
  );
  return 0;
}

function versionOf(call: Call): string {
  const numbers: Readonly<Record<string, string>> = {
    "debian-10": "systemd 241 (241)",
    "ubuntu-18.04": "systemd 237",
    "ubuntu-20.04": "systemd 245 (245.4-4ubuntu3.22)",
    "centos-7": "systemd 219",
    "almalinux-8": "systemd 239 (239-74.el8_8.2)",
  };
  return numbers[call.shell.machine.persona.release.id] ?? "systemd 247 (247.3-7+deb11u4)";
}

/** What `systemctl cat` and the file itself say. */
function unitFile(call: Call, daemon: RunningDaemon): string {
  const path = unitPath(call, unitOf(daemon));
  const text = call.shell.disk.read("/", path);
  return `# ${path}\n${isFault(text) ? "" : text}`;
}

function service(call: Call): number {
  const { machine, account } = call.shell;
  if (call.args[0] === "--status-all") {
    const names = machine.daemons.map(unitOf).filter((unit) => !/^systemd-|@/.test(unit));
    if (machine.flavor === "redhat") return 0;
    for (const name of names.toSorted()) call.out(` [ + ]  ${name}\n`);
    return 0;
  }
  const [name, verb] = call.args;
  if (name === undefined || verb === undefined) {
    call.err(
      "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n",
    );
    return 1;
  }
  if (daemonOfUnit(machine.daemons, name) === undefined) {
    if (machine.flavor === "redhat") {
      call.err(`Redirecting to /bin/systemctl ${verb} ${name}.service\n`);
      return systemctl({ ...call, args: [verb, name] });
    }
    call.err(`${name}: unrecognized service\n`);
    return 1;
  }
  if (machine.flavor === "redhat")
    call.err(`Redirecting to /bin/systemctl ${verb} ${name}.service\n`);
  return systemctl({
    ...call,
    name: account.uid === 0 ? call.name : "systemctl",
    args: [verb, name],
  });
}

export const UNITS = { systemctl, service, chkconfig: () => 0, "update-rc.d": () => 0 };
