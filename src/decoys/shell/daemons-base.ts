import type { Persona } from "../persona.ts";
import type { Daemon, Socket } from "./daemons.ts";

/** A line each: unit, user as `ps` cuts it, command, resident kB, description. */
const DEBIAN = `systemd-journald|root|/lib/systemd/systemd-journald|14208|Journal Service
systemd-udevd|root|/lib/systemd/systemd-udevd|5344|Rule-based Manager for Device Events and Files
systemd-timesyncd|systemd+|/lib/systemd/systemd-timesyncd|6512|Network Time Synchronization
cron|root|/usr/sbin/cron -f|2712|Regular background program processing daemon
dbus|message+|/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only|4320|D-Bus System Message Bus
rsyslog|root|/usr/sbin/rsyslogd -n -iNONE|5840|System Logging Service
systemd-logind|root|/lib/systemd/systemd-logind|7260|User Login Management
getty@tty1|root|/sbin/agetty -o -p -- \\u --noclear tty1 linux|1808|Getty on tty1`;

const UBUNTU = `systemd-journald|root|/lib/systemd/systemd-journald|18640|Journal Service
systemd-udevd|root|/lib/systemd/systemd-udevd|5948|udev Kernel Device Manager
multipathd|root|/sbin/multipathd -d -s|18040|Device-Mapper Multipath Device Controller
systemd-timesyncd|systemd+|/lib/systemd/systemd-timesyncd|6256|Network Time Synchronization
systemd-networkd|systemd+|/lib/systemd/systemd-networkd|7780|Network Service
systemd-resolved|systemd+|/lib/systemd/systemd-resolved|12120|Network Name Resolution
accounts-daemon|root|/usr/lib/accountsservice/accounts-daemon|9240|Accounts Service
cron|root|/usr/sbin/cron -f|2936|Regular background program processing daemon
dbus|message+|/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only|4720|D-Bus System Message Bus
networkd-dispatcher|root|/usr/bin/python3 /usr/bin/networkd-dispatcher --run-startup-triggers|18240|Dispatcher daemon for systemd-networkd
rsyslog|syslog|/usr/sbin/rsyslogd -n -iNONE|5120|System Logging Service
systemd-logind|root|/lib/systemd/systemd-logind|7640|Login Service
atd|daemon|/usr/sbin/atd -f|2312|Deferred execution scheduler
getty@tty1|root|/sbin/agetty -o -p -- \\u --noclear tty1 linux|1768|Getty on tty1
polkit|root|/usr/lib/policykit-1/polkitd --no-debug|8120|Authorization Manager`;

const CENTOS = `systemd-journald|root|/usr/lib/systemd/systemd-journald|6240|Journal Service
lvm2-lvmetad|root|/usr/sbin/lvmetad -f|4164|LVM2 metadata daemon
systemd-udevd|root|/usr/lib/systemd/systemd-udevd|5640|udev Kernel Device Manager
auditd|root|/sbin/auditd|1096|Security Auditing Service
dbus|dbus|/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation|2620|D-Bus System Message Bus
polkit|polkitd|/usr/lib/polkit-1/polkitd --no-debug|13420|Authorization Manager
systemd-logind|root|/usr/lib/systemd/systemd-logind|1788|Login Service
chronyd|chrony|/usr/sbin/chronyd|1712|NTP client/server
crond|root|/usr/sbin/crond -n|1692|Command Scheduler
getty@tty1|root|/sbin/agetty --noclear tty1 linux|868|Getty on tty1
NetworkManager|root|/usr/sbin/NetworkManager --no-daemon|9120|Network Manager
tuned|root|/usr/bin/python2 -Es /usr/sbin/tuned -l -P|17312|Dynamic System Tuning Daemon
rsyslog|root|/usr/sbin/rsyslogd -n|5964|System Logging Service
postfix|root|/usr/libexec/postfix/master -w|2280|Postfix Mail Transport Agent`;

const ALMALINUX = `systemd-journald|root|/usr/lib/systemd/systemd-journald|12240|Journal Service
systemd-udevd|root|/usr/lib/systemd/systemd-udevd|11640|udev Kernel Device Manager
auditd|root|/sbin/auditd|3096|Security Auditing Service
dbus|dbus|/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only|5620|D-Bus System Message Bus
polkit|polkitd|/usr/lib/polkit-1/polkitd --no-debug|24120|Authorization Manager
sssd|root|/usr/sbin/sssd -i --logger=files|14880|System Security Services Daemon
chronyd|chrony|/usr/sbin/chronyd|3712|NTP client/server
systemd-logind|root|/usr/lib/systemd/systemd-logind|8788|Login Service
NetworkManager|root|/usr/sbin/NetworkManager --no-daemon|18120|Network Manager
tuned|root|/usr/libexec/platform-python -Es /usr/sbin/tuned -l -P|28312|Dynamic System Tuning Daemon
crond|root|/usr/sbin/crond -n|3692|Command Scheduler
getty@tty1|root|/sbin/agetty -o -p -- \\u --noclear tty1 linux|1868|Getty on tty1
rsyslog|root|/usr/sbin/rsyslogd -n|6964|System Logging Service`;

const BUILDROOT = `syslogd|root|/sbin/syslogd -n|620|System log
klogd|root|/sbin/klogd -n|580|Kernel log
udevd|root|/sbin/udevd --daemon|904|Device manager
watchdog|root|/sbin/watchdog -t 5 /dev/watchdog|400|Watchdog
netmanage|root|/usr/bin/netmanage|2104|Network
ipcamd|root|/usr/bin/ipcamd -c /mnt/mtd/ipcam.conf|18420|Camera
getty|root|/sbin/getty -L console 115200 vt100|560|Console`;

const TABLES: Readonly<Record<string, string>> = {
  debian: DEBIAN,
  ubuntu: UBUNTU,
  centos: CENTOS,
  almalinux: ALMALINUX,
  buildroot: BUILDROOT,
};

/** Those that listen to the machine itself alone: no scan from outside finds them. */
const INNER: Readonly<Record<string, readonly Socket[]>> = {
  "systemd-resolved": [
    inner("udp", "127.0.0.53", 53, 12),
    { ...inner("tcp", "127.0.0.53", 53, 13), backlog: 128 },
  ],
  postfix: [{ ...inner("tcp", "127.0.0.1", 25, 13), backlog: 100 }],
  chronyd: [inner("udp", "127.0.0.1", 323, 5)],
};

function inner(protocol: Socket["protocol"], address: string, port: number, fd: number): Socket {
  return { protocol, address, port, fd, backlog: 0, shared: false };
}

/** What a distribution starts, whatever else the machine is for. */
export function baseDaemons(persona: Persona): readonly Daemon[] {
  return (TABLES[persona.release.osId] ?? DEBIAN).split("\n").map((row) => {
    const [unit = "", user = "", command = "", rssKb, description = ""] = row.split("|");
    const children =
      unit === "postfix" ? [{ user: "postfix", command: "qmgr -l -t unix -u", rssKb: 4080 }] : [];
    return {
      units: [unit],
      description,
      binary: command.split(" ")[0] ?? command,
      pidFile: PID_FILES[unit] ?? null,
      processes: [{ user, command, rssKb: Number(rssKb) }, ...children],
      sockets: INNER[unit] ?? [],
    };
  });
}

const PID_FILES: Readonly<Record<string, string>> = {
  cron: "/run/crond.pid",
  crond: "/run/crond.pid",
  atd: "/run/atd.pid",
  auditd: "/run/auditd.pid",
  sssd: "/run/sssd.pid",
  NetworkManager: "/run/NetworkManager/NetworkManager.pid",
};
