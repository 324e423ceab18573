import { SERVICES, type ServiceName } from "../../domain/service.ts";
import type { Persona } from "../persona.ts";
import type { Daemon, DaemonProcess, Socket } from "./daemons.ts";

interface Setting {
  readonly persona: Persona;
  readonly redhat: boolean;
  readonly device: boolean;
  readonly port: number;
  /** What is left of a wish for a longer queue: net.core.somaxconn was 128 before Linux 5.4. */
  readonly backlog: (wanted: number) => number;
}

/** The daemon behind one of a decky's services as its distribution packages it; null if unknown. */
export function serviceDaemon(persona: Persona, service: string): Daemon | null {
  const make = MAKERS[service];
  if (make === undefined) return null;
  const { osId, kernelRelease } = persona.release;
  const [major = 4, minor = 0] = kernelRelease.split(".").map(Number);
  const queue = major > 5 || (major === 5 && minor >= 4) ? 4096 : 128;
  return make({
    persona,
    redhat: osId === "centos" || osId === "almalinux",
    device: osId === "buildroot",
    port: SERVICES[service as ServiceName][0],
    backlog: (wanted) => Math.min(wanted, queue),
  });
}

const MAKERS: Readonly<Record<string, (setting: Setting) => Daemon>> = {
  ssh,
  telnet,
  redis,
  http: (setting) =>
    (setting.persona.release.versions["http"] ?? "").startsWith("nginx")
      ? nginx(setting)
      : apache(setting),
};

const listening = (fd: number, port: number, backlog: number, shared = false): Socket => ({
  protocol: "tcp",
  address: "0.0.0.0",
  port,
  fd,
  backlog,
  shared,
});

/** The same for both families, as most daemons open one for each. */
const onBoth = (socket: Socket): readonly Socket[] => [
  socket,
  { ...socket, address: "::", fd: socket.fd + 1 },
];

function ssh({ persona, redhat, port, backlog }: Setting): Daemon {
  const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec(persona.release.versions["ssh"] ?? "") ?? [];
  // Since 8.2 the listener tells in its title how many are logging in.
  const titled = Number(major) * 10 + Number(minor) >= 82;
  const command = titled
    ? "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"
    : "/usr/sbin/sshd -D";
  return {
    units: redhat ? ["sshd"] : ["ssh", "sshd"],
    description: redhat ? "OpenSSH server daemon" : "OpenBSD Secure Shell server",
    binary: "/usr/sbin/sshd",
    pidFile: "/run/sshd.pid",
    processes: [{ user: "root", command, rssKb: titled ? 6740 : 5320 }],
    sockets: onBoth(listening(3, port, backlog(128))),
  };
}

function nginx({ persona, redhat, device, port, backlog }: Setting): Daemon {
  const user = redhat ? "nginx" : "www-data";
  const workers = device ? 1 : Math.min(persona.hardware.cores, 64);
  const flags = redhat || device ? "" : " -g daemon on; master_process on;";
  const worker: DaemonProcess = { user, command: "nginx: worker process", rssKb: 5420 };
  return {
    units: ["nginx"],
    description: redhat
      ? "The nginx HTTP and reverse proxy server"
      : "A high performance web server and a reverse proxy server",
    binary: "/usr/sbin/nginx",
    pidFile: "/run/nginx.pid",
    processes: [
      { user: "root", command: `nginx: master process /usr/sbin/nginx${flags}`, rssKb: 1604 },
      ...Array.from({ length: workers }, () => worker),
    ],
    sockets: onBoth(listening(6, port, backlog(511), true)),
  };
}

function apache({ redhat, port, backlog }: Setting): Daemon {
  const [user, command] = redhat
    ? ["apache", "/usr/sbin/httpd -DFOREGROUND"]
    : ["www-data", "/usr/sbin/apache2 -k start"];
  const worker: DaemonProcess = { user, command, rssKb: 7320 };
  return {
    units: redhat ? ["httpd"] : ["apache2"],
    description: "The Apache HTTP Server",
    binary: command.split(" ")[0] ?? command,
    pidFile: redhat ? "/run/httpd/httpd.pid" : "/run/apache2/apache2.pid",
    processes: [
      { user: "root", command, rssKb: 11_200 },
      ...Array.from({ length: redhat ? 5 : 2 }, () => worker),
    ],
    // One socket of IPv6 takes both families.
    sockets: [{ ...listening(4, port, backlog(511), true), address: "::" }],
  };
}

function redis({ redhat, port, backlog }: Setting): Daemon {
  return {
    units: redhat ? ["redis"] : ["redis-server", "redis"],
    description: redhat ? "Redis persistent key-value database" : "Advanced key-value store",
    binary: "/usr/bin/redis-server",
    pidFile: redhat ? null : "/run/redis/redis-server.pid",
    processes: [{ user: "redis", command: `/usr/bin/redis-server 0.0.0.0:${port}`, rssKb: 9720 }],
    sockets: [listening(6, port, backlog(511))],
  };
}

function telnet({ redhat, device, port, backlog }: Setting): Daemon {
  if (device) {
    return {
      units: ["telnetd"],
      description: "Telnet server",
      binary: "/usr/sbin/telnetd",
      pidFile: null,
      processes: [{ user: "root", command: "/usr/sbin/telnetd -F", rssKb: 412 }],
      sockets: [{ ...listening(0, port, backlog(20)), address: "::" }],
    };
  }
  const command = redhat
    ? "/usr/sbin/xinetd -stayalive -pidfile /var/run/xinetd.pid"
    : "/usr/sbin/inetd";
  return {
    units: redhat ? ["xinetd"] : ["inetd", "openbsd-inetd"],
    description: redhat ? "Xinetd A Powerful Replacement For Inetd" : "Internet superserver",
    binary: command.split(" ")[0] ?? command,
    pidFile: redhat ? "/run/xinetd.pid" : null,
    processes: [{ user: "root", command, rssKb: 1800 }],
    sockets: [
      { ...listening(redhat ? 5 : 7, port, backlog(64)), address: redhat ? "::" : "0.0.0.0" },
    ],
  };
}
