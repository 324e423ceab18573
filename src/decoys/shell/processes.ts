import type { Persona } from "../persona.ts";
import type { Seat } from "./shell.ts";

export interface Process {
  readonly pid: number;
  readonly ppid: number;
  readonly user: string;
  readonly tty: string;
  readonly command: string;
  readonly startedMs: number;
  /** Virtual and resident memory. */
  readonly vszKb: number;
  readonly rssKb: number;
  readonly state: string;
}

const KERNEL =
  "kthreadd rcu_gp rcu_par_gp kworker/0:0H-kblockd mm_percpu_wq ksoftirqd/0 rcu_sched migration/0 cpuhp/0 kdevtmpfs netns kauditd khungtaskd oom_reaper writeback kcompactd0 ksmd khugepaged kintegrityd kblockd md edac-poller devfreq_wq watchdogd kswapd0 kthrotld ipv6_addrconf kstrp scsi_eh_0 scsi_tmf_0 kworker/0:1H-kblockd".split(
    " ",
  );

type Daemon = readonly [user: string, command: string, rssKb: number];

const DAEMONS: Readonly<Record<string, readonly Daemon[]>> = {
  debian: [
    ["root", "/lib/systemd/systemd-journald", 14208],
    ["root", "/lib/systemd/systemd-udevd", 5344],
    ["systemd+", "/lib/systemd/systemd-timesyncd", 6512],
    ["root", "/usr/sbin/cron -f", 2712],
    [
      "message+",
      "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only",
      4320,
    ],
    ["root", "/usr/sbin/rsyslogd -n -iNONE", 5840],
    ["root", "/lib/systemd/systemd-logind", 7260],
    ["root", "/sbin/agetty -o -p -- \\u --noclear tty1 linux", 1808],
  ],
  ubuntu: [
    ["root", "/lib/systemd/systemd-journald", 18640],
    ["root", "/lib/systemd/systemd-udevd", 5948],
    ["root", "/sbin/multipathd -d -s", 18040],
    ["systemd+", "/lib/systemd/systemd-timesyncd", 6256],
    ["systemd+", "/lib/systemd/systemd-networkd", 7780],
    ["systemd+", "/lib/systemd/systemd-resolved", 12120],
    ["root", "/usr/lib/accountsservice/accounts-daemon", 9240],
    ["root", "/usr/sbin/cron -f", 2936],
    [
      "message+",
      "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only",
      4720,
    ],
    ["root", "/usr/bin/python3 /usr/bin/networkd-dispatcher --run-startup-triggers", 18240],
    ["syslog", "/usr/sbin/rsyslogd -n -iNONE", 5120],
    ["root", "/lib/systemd/systemd-logind", 7640],
    ["daemon", "/usr/sbin/atd -f", 2312],
    ["root", "/sbin/agetty -o -p -- \\u --noclear tty1 linux", 1768],
    ["root", "/usr/lib/policykit-1/polkitd --no-debug", 8120],
  ],
  centos: [
    ["root", "/usr/lib/systemd/systemd-journald", 6240],
    ["root", "/usr/sbin/lvmetad -f", 4164],
    ["root", "/usr/lib/systemd/systemd-udevd", 5640],
    ["root", "/sbin/auditd", 1096],
    [
      "dbus",
      "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation",
      2620,
    ],
    ["polkitd", "/usr/lib/polkit-1/polkitd --no-debug", 13420],
    ["root", "/usr/lib/systemd/systemd-logind", 1788],
    ["chrony", "/usr/sbin/chronyd", 1712],
    ["root", "/usr/sbin/crond -n", 1692],
    ["root", "/sbin/agetty --noclear tty1 linux", 868],
    ["root", "/usr/sbin/NetworkManager --no-daemon", 9120],
    ["root", "/usr/bin/python2 -Es /usr/sbin/tuned -l -P", 17312],
    ["root", "/usr/sbin/rsyslogd -n", 5964],
    ["root", "/usr/libexec/postfix/master -w", 2280],
    ["postfix", "qmgr -l -t unix -u", 4080],
  ],
  almalinux: [
    ["root", "/usr/lib/systemd/systemd-journald", 12240],
    ["root", "/usr/lib/systemd/systemd-udevd", 11640],
    ["root", "/sbin/auditd", 3096],
    [
      "dbus",
      "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only",
      5620,
    ],
    ["polkitd", "/usr/lib/polkit-1/polkitd --no-debug", 24120],
    ["root", "/usr/sbin/sssd -i --logger=files", 14880],
    ["chrony", "/usr/sbin/chronyd", 3712],
    ["root", "/usr/lib/systemd/systemd-logind", 8788],
    ["root", "/usr/sbin/NetworkManager --no-daemon", 18120],
    ["root", "/usr/libexec/platform-python -Es /usr/sbin/tuned -l -P", 28312],
    ["root", "/usr/sbin/crond -n", 3692],
    ["root", "/sbin/agetty -o -p -- \\u --noclear tty1 linux", 1868],
    ["root", "/usr/sbin/rsyslogd -n", 6964],
  ],
  buildroot: [
    ["root", "/sbin/syslogd -n", 620],
    ["root", "/sbin/klogd -n", 580],
    ["root", "/sbin/udevd --daemon", 904],
    ["root", "/usr/sbin/telnetd -F", 412],
    ["root", "/sbin/watchdog -t 5 /dev/watchdog", 400],
    ["root", "/usr/bin/netmanage", 2104],
    ["root", "/usr/bin/ipcamd -c /mnt/mtd/ipcam.conf", 18420],
    ["root", "/sbin/getty -L console 115200 vt100", 560],
  ],
};

function serviceDaemons(persona: Persona, service: string): readonly Daemon[] {
  const redhat = persona.release.osId === "centos" || persona.release.osId === "almalinux";
  switch (service) {
    case "ssh":
      return redhat
        ? [["root", "/usr/sbin/sshd -D", 4320]]
        : [["root", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 6740]];
    case "redis":
      return [[redhat ? "redis" : "redis", `/usr/bin/redis-server 0.0.0.0:6379`, 9720]];
    case "http": {
      if ((persona.release.versions["http"] ?? "").startsWith("nginx")) {
        const worker = redhat ? "nginx" : "www-data";
        return [
          ["root", "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", 1604],
          [worker, "nginx: worker process", 5420],
        ];
      }
      const [user, command] = redhat
        ? ["apache", "/usr/sbin/httpd -DFOREGROUND"]
        : ["www-data", "/usr/sbin/apache2 -k start"];
      return [
        ["root", command, 11200],
        [user, command, 7320],
        [user, command, 7320],
      ];
    }
    default:
      return [];
  }
}

/** Processes that run since the machine started, whoever is logged in. */
export function standingProcesses(persona: Persona, services: readonly string[]): Process[] {
  const { osId } = persona.release;
  const device = osId === "buildroot";
  const init = device
    ? "init"
    : osId === "centos"
      ? "/usr/lib/systemd/systemd --switched-root --system --deserialize 22"
      : "/sbin/init";
  const all: Process[] = [
    process(persona, 1, 0, "root", init, device ? 520 : 10_240 + persona.pick("init.rss", 2500), 0),
  ];
  const kernel = device ? KERNEL.slice(0, 16) : KERNEL;
  let pid = 2;
  for (const name of kernel) {
    all.push({
      ...process(persona, pid, pid === 2 ? 0 : 2, "root", `[${name}]`, 0, 0),
      state:
        name.startsWith("kworker") || name.endsWith("_wq") || name.startsWith("rcu_") ? "I<" : "S",
    });
    pid += 1 + persona.pick(`kernel.${name}`, 3);
  }
  pid = device ? 90 + persona.pick("pid", 60) : 280 + persona.pick("pid", 120);
  const daemons = [
    ...(DAEMONS[osId] ?? DAEMONS["debian"] ?? []),
    ...services.flatMap((service) => serviceDaemons(persona, service)),
  ];
  for (const [index, [user, command, rssKb]] of daemons.entries()) {
    pid += 1 + persona.pick(`daemon.${index}`, device ? 12 : 60);
    const varied = Math.floor(rssKb * (0.9 + persona.pick(`rss.${index}`, 20) / 100));
    all.push(process(persona, pid, 1, user, command, varied, 4000 + index * 700));
  }
  return all;
}

function process(
  persona: Persona,
  pid: number,
  ppid: number,
  user: string,
  command: string,
  rssKb: number,
  afterMs: number,
): Process {
  return {
    pid,
    ppid,
    user,
    tty: command.includes("tty1 ") ? "tty1" : "?",
    command,
    startedMs: persona.bootedMs + afterMs,
    vszKb: rssKb === 0 ? 0 : rssKb * 3 + persona.pick(`vsz.${pid}`, 90_000),
    rssKb,
    state: pid === 1 || command.includes("Ss") ? "Ss" : "S",
  };
}

/** What the visitor's own login adds, with `command` as its last. */
export function sessionProcesses(
  persona: Persona,
  seat: Seat,
  shellName: string,
  pid: number,
  command: string,
  nowMs: number,
): Process[] {
  const tty = seat.tty?.replace("/dev/", "") ?? "?";
  const make = (id: number, parent: number, user: string, text: string, rssKb: number) =>
    process(persona, id, parent, user, text, rssKb, seat.loginMs - persona.bootedMs);
  const started = Math.max(pid + 9, pid + 9 + Math.floor((nowMs - seat.loginMs) / 9000));
  const server =
    seat.service === "ssh"
      ? [
          make(pid - 7, 1, "root", `sshd: ${seat.user} [priv]`, 8960),
          make(
            pid - 1,
            pid - 7,
            seat.user,
            `sshd: ${seat.user}@${seat.tty === null ? "notty" : tty}`,
            5980,
          ),
        ]
      : [make(pid - 1, 1, "root", "telnetd", 1240)];
  return [
    ...server.map((one) => ({ ...one, tty: "?", state: "Ss" })),
    { ...make(pid, pid - 1, seat.user, shellName, 4960), tty, state: "Ss" },
    { ...make(started, pid, seat.user, command, 3320), tty, state: "R+", startedMs: nowMs },
  ];
}
