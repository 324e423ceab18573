import { TreeBuilder } from "./builder.ts";
import { addConfiguration } from "./image-etc.ts";
import { addLogs } from "./image-logs.ts";
import { addKernelFiles } from "./image-proc.ts";
import { addPrograms } from "./image-programs.ts";
import { addServices } from "./image-services.ts";
import type { Machine } from "./machine.ts";
import type { Directory } from "./tree.ts";

const DAY_MS = 86_400_000;

/** Everything on the disk of a freshly met machine. */
export function buildRoot(machine: Machine): Directory {
  const { persona, flavor } = machine;
  const builder = new TreeBuilder((path) => {
    if (path.startsWith("/usr") || path.startsWith("/bin") || path.startsWith("/lib")) {
      // Packages carry the date of their build, which is before the installation.
      return persona.installedMs - (20 + persona.pick(`built:${path}`, 500)) * DAY_MS;
    }
    if (/^\/(proc|sys|dev|run)(\/|$)/.test(path)) return persona.bootedMs;
    return persona.installedMs + persona.pick(`changed:${path}`, 3_600_000);
  });
  addStandardDirectories(builder, flavor === "busybox");
  addPrograms(builder, machine);
  addConfiguration(builder, machine);
  addHomes(builder, machine);
  addKernelFiles(builder, machine);
  addLogs(builder, machine);
  addServices(builder, machine);
  return builder.build();
}

function addStandardDirectories(builder: TreeBuilder, device: boolean): void {
  const usual = device
    ? "bin dev etc home lib media mnt mnt/mtd opt proc root run sbin sys tmp usr/bin usr/lib usr/sbin usr/share var/log var/run var/tmp"
    : "boot dev/pts dev/shm etc home media mnt opt proc run/lock run/user srv sys tmp usr/games usr/include usr/lib/x86_64-linux-gnu usr/local/bin usr/local/etc usr/local/lib usr/local/sbin usr/share/doc usr/share/man usr/src var/backups var/cache/apt/archives var/lib/dpkg var/lib/systemd var/local var/log var/mail var/opt var/spool/cron/crontabs var/tmp";
  for (const path of usual.split(" ")) builder.directory(`/${path}`);
  builder.directory("/proc", { mode: 0o555 });
  builder.directory("/sys", { mode: 0o555 });
  for (const path of ["/tmp", "/var/tmp"]) builder.directory(path, { mode: 0o1777 });
  if (device) return;
  builder.directory("/dev/shm", { mode: 0o1777 });
  builder.directory("/var/mail", { mode: 0o2775, gid: 8 });
  builder.directory("/lost+found", { mode: 0o700 });
  builder.link("/var/run", "/run");
  builder.link("/var/lock", "/run/lock");
}

const BASHRC = `# ~/.bashrc: executed by bash(1) for non-login shells.

# If not running interactively, don't do anything
case $- in
    *i*) ;;
      *) return;;
esac

HISTCONTROL=ignoreboth
shopt -s histappend
HISTSIZE=1000
HISTFILESIZE=2000
shopt -s checkwinsize

alias ll='ls -alF'
alias la='ls -A'
alias l='ls -CF'
`;
const PROFILE = `# ~/.profile: executed by Bourne-compatible login shells.

if [ "$BASH" ]; then
  if [ -f ~/.bashrc ]; then
    . ~/.bashrc
  fi
fi

mesg n 2> /dev/null || true
`;
const HISTORY = [
  "ls -la",
  "cd /var/log",
  "tail -f syslog",
  "df -h",
  "free -m",
  "systemctl status ssh",
  "apt update",
  "apt upgrade -y",
  "vi /etc/hosts",
  "ip a",
  "ss -tlnp",
  "uptime",
  "crontab -l",
  "journalctl -xe",
  "reboot",
  "last",
  "cat /etc/passwd",
  "htop",
  "exit",
];

function addHomes(builder: TreeBuilder, machine: Machine): void {
  const { persona } = machine;
  if (machine.flavor === "busybox") {
    builder.directory("/root", { mode: 0o700 });
    return;
  }
  const people = machine.accounts.filter(({ uid }) => uid === 0 || (uid >= 1000 && uid < 60000));
  for (const { name, uid, gid, home } of people) {
    const own = { uid, gid };
    const lastUsedMs = persona.bootedMs + persona.pick(`used:${name}`, 2 * DAY_MS);
    builder.directory(home, { ...own, mode: uid === 0 ? 0o700 : 0o755, mtimeMs: lastUsedMs });
    builder.file(`${home}/.bashrc`, BASHRC, own);
    builder.file(`${home}/.profile`, PROFILE, own);
    if (uid !== 0) builder.file(`${home}/.bash_logout`, "clear_console -q\n", own);
    const first = persona.pick(`history:${name}`, HISTORY.length);
    const lines = Array.from(
      { length: 4 + persona.pick(`history.length:${name}`, 12) },
      (_, index) => HISTORY[(first + index * 7) % HISTORY.length],
    );
    const history = { ...own, mode: 0o600, mtimeMs: lastUsedMs };
    builder.file(`${home}/.bash_history`, `${lines.join("\n")}\n`, history);
    builder.directory(`${home}/.ssh`, { ...own, mode: 0o700 });
    const key = persona.secret(`authorized:${name}`).toString("base64").replace("=", "");
    const line = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${key} ${name}@${persona.domain}\n`;
    const hasKey = persona.pick(`authorized:${name}`, 2) === 0;
    builder.file(`${home}/.ssh/authorized_keys`, hasKey ? line : "", { ...own, mode: 0o600 });
  }
}
