import type { Persona } from "../persona.ts";

/** One line of /etc/passwd. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly fullName: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Accounts that the packages of a distribution make: name:uid:gid:comment:home:shell. */
const DEBIAN = `daemon:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:2:2:bin:/bin:/usr/sbin/nologin
sys:3:3:sys:/dev:/usr/sbin/nologin
sync:4:65534:sync:/bin:/bin/sync
games:5:60:games:/usr/games:/usr/sbin/nologin
man:6:12:man:/var/cache/man:/usr/sbin/nologin
lp:7:7:lp:/var/spool/lpd:/usr/sbin/nologin
mail:8:8:mail:/var/mail:/usr/sbin/nologin
news:9:9:news:/var/spool/news:/usr/sbin/nologin
uucp:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin
proxy:13:13:proxy:/bin:/usr/sbin/nologin
www-data:33:33:www-data:/var/www:/usr/sbin/nologin
backup:34:34:backup:/var/backups:/usr/sbin/nologin
list:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin
irc:39:39:ircd:/run/ircd:/usr/sbin/nologin
gnats:41:41:Gnats Bug-Reporting System (admin):/var/lib/gnats:/usr/sbin/nologin
nobody:65534:65534:nobody:/nonexistent:/usr/sbin/nologin`;

const DEBIAN_DAEMONS = `_apt:100:65534::/nonexistent:/usr/sbin/nologin
systemd-timesync:101:101:systemd Time Synchronization,,,:/run/systemd:/usr/sbin/nologin
systemd-network:102:103:systemd Network Management,,,:/run/systemd:/usr/sbin/nologin
systemd-resolve:103:104:systemd Resolver,,,:/run/systemd:/usr/sbin/nologin
messagebus:104:105::/nonexistent:/usr/sbin/nologin
sshd:105:65534::/run/sshd:/usr/sbin/nologin`;

const UBUNTU_DAEMONS = `systemd-network:100:102:systemd Network Management,,,:/run/systemd:/usr/sbin/nologin
systemd-resolve:101:103:systemd Resolver,,,:/run/systemd:/usr/sbin/nologin
systemd-timesync:102:104:systemd Time Synchronization,,,:/run/systemd:/usr/sbin/nologin
messagebus:103:106::/nonexistent:/usr/sbin/nologin
syslog:104:110::/home/syslog:/usr/sbin/nologin
_apt:105:65534::/nonexistent:/usr/sbin/nologin
uuidd:107:112::/run/uuidd:/usr/sbin/nologin
tcpdump:108:113::/nonexistent:/usr/sbin/nologin
landscape:109:115::/var/lib/landscape:/usr/sbin/nologin
pollinate:110:1::/var/cache/pollinate:/bin/false
sshd:112:65534::/run/sshd:/usr/sbin/nologin`;

const REDHAT = `bin:1:1:bin:/bin:/sbin/nologin
daemon:2:2:daemon:/sbin:/sbin/nologin
adm:3:4:adm:/var/adm:/sbin/nologin
lp:4:7:lp:/var/spool/lpd:/sbin/nologin
sync:5:0:sync:/sbin:/bin/sync
shutdown:6:0:shutdown:/sbin:/sbin/shutdown
halt:7:0:halt:/sbin:/sbin/halt
mail:8:12:mail:/var/spool/mail:/sbin/nologin
operator:11:0:operator:/root:/sbin/nologin
games:12:100:games:/usr/games:/sbin/nologin
ftp:14:50:FTP User:/var/ftp:/sbin/nologin`;

const CENTOS_DAEMONS = `nobody:99:99:Nobody:/:/sbin/nologin
systemd-network:192:192:systemd Network Management:/:/sbin/nologin
dbus:81:81:System message bus:/:/sbin/nologin
polkitd:999:998:User for polkitd:/:/sbin/nologin
sshd:74:74:Privilege-separated SSH:/var/empty/sshd:/sbin/nologin
postfix:89:89::/var/spool/postfix:/sbin/nologin
chrony:998:996::/var/lib/chrony:/sbin/nologin`;

const ALMA_DAEMONS = `nobody:65534:65534:Kernel Overflow User:/:/sbin/nologin
dbus:81:81:System message bus:/:/sbin/nologin
systemd-coredump:999:997:systemd Core Dumper:/:/sbin/nologin
systemd-resolve:193:193:systemd Resolver:/:/sbin/nologin
polkitd:998:996:User for polkitd:/:/sbin/nologin
sssd:997:993:User for sssd:/:/sbin/nologin
sshd:74:74:Privilege-separated SSH:/var/empty/sshd:/sbin/nologin
chrony:996:992::/var/lib/chrony:/sbin/nologin`;

const BUILDROOT = `daemon:1:1:daemon:/usr/sbin:/bin/false
bin:2:2:bin:/bin:/bin/false
sys:3:3:sys:/dev:/bin/false
sync:4:100:sync:/bin:/bin/sync
mail:8:8:mail:/var/spool/mail:/bin/false
www-data:33:33:www-data:/var/www:/bin/false
operator:37:37:Operator:/var:/bin/false
nobody:65534:65534:nobody:/home:/bin/false`;

const SYSTEM: Readonly<Record<string, readonly string[]>> = {
  debian: [DEBIAN, DEBIAN_DAEMONS],
  ubuntu: [DEBIAN, UBUNTU_DAEMONS],
  centos: [REDHAT, CENTOS_DAEMONS],
  almalinux: [REDHAT, ALMA_DAEMONS],
  buildroot: [BUILDROOT],
};

/** Groups without an account of their name. */
const EXTRA_GROUPS: Readonly<Record<string, string>> = {
  debian:
    "adm:4 tty:5 disk:6 kmem:15 dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 shadow:42 utmp:43 video:44 plugdev:46 staff:50 users:100 input:106 kvm:107 render:108 crontab:109 netdev:110 ssh:111",
  ubuntu:
    "adm:4 tty:5 disk:6 kmem:15 dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 shadow:42 utmp:43 video:44 plugdev:46 staff:50 users:100 crontab:105 input:107 kvm:108 render:109 tty:5 netdev:114 lxd:117",
  centos:
    "sys:3 tty:5 disk:6 mem:8 kmem:9 wheel:10 cdrom:11 man:15 dialout:18 floppy:19 tape:33 video:39 lock:54 audio:63 users:100 utmp:22 utempter:35 input:999 ssh_keys:997 postdrop:90",
  almalinux:
    "sys:3 tty:5 disk:6 mem:8 kmem:9 wheel:10 cdrom:11 man:15 dialout:18 floppy:19 tape:33 video:39 lock:54 audio:63 users:100 utmp:22 utempter:35 input:999 kvm:36 render:998 ssh_keys:995",
  buildroot: "adm:4 tty:5 disk:6 wheel:10 utmp:43 audio:29 shadow:42 users:100 nogroup:65534",
};

function parseAccount(line: string): Account {
  const [name = "", uid, gid, fullName = "", home = "/", shell = "/bin/sh"] = line.split(":");
  return { name, uid: Number(uid), gid: Number(gid), fullName, home, shell };
}

/** All accounts of a machine in the order of /etc/passwd; `logins` have one in any case. */
export function accountsOf(persona: Persona, logins: readonly string[]): readonly Account[] {
  const shell = persona.release.osId === "buildroot" ? "/bin/sh" : "/bin/bash";
  const root = { name: "root", uid: 0, gid: 0, fullName: "root", home: "/root", shell };
  const system = (SYSTEM[persona.release.osId] ?? [DEBIAN]).flatMap((text) => text.split("\n"));
  const accounts: Account[] = [root, ...system.map(parseAccount)];
  for (const user of persona.users) {
    const fullName = persona.release.osId === "ubuntu" ? `${user.fullName},,,` : user.fullName;
    accounts.push({ ...user, gid: user.uid, fullName });
  }
  for (const name of logins) {
    if (accounts.some((account) => account.name === name)) continue;
    const uid = Math.max(999, ...accounts.map((account) => account.uid).filter((id) => id < 60000));
    accounts.push({ name, uid: uid + 1, gid: uid + 1, fullName: "", home: `/home/${name}`, shell });
  }
  return accounts;
}

/** The groups that go with `accounts`; the first person may become root. */
export function groupsOf(persona: Persona, accounts: readonly Account[]): readonly Group[] {
  const people = accounts.filter((account) => account.uid >= 1000 && account.uid < 60000);
  const first = people[0]?.name;
  const powers = new Set(["sudo", "wheel", "adm", "cdrom", "dip", "plugdev", "lxd"]);
  const groups = new Map<number, Group>();
  const add = (name: string, gid: number) => {
    if (groups.has(gid)) return;
    const members = first !== undefined && powers.has(name) ? [first] : [];
    groups.set(gid, { name, gid, members });
  };
  const nogroup = persona.release.osId === "debian" || persona.release.osId === "ubuntu";
  for (const { name, uid, gid } of accounts) {
    if (gid === 65534 && nogroup) add("nogroup", gid);
    else if (uid < 1000 && gid !== 0) add(name, gid);
  }
  add("root", 0);
  for (const entry of (EXTRA_GROUPS[persona.release.osId] ?? "").split(" ")) {
    const [name = "", gid] = entry.split(":");
    add(name, Number(gid));
  }
  for (const { name, gid } of people) add(name, gid);
  return [...groups.values()].toSorted((left, right) => left.gid - right.gid);
}
