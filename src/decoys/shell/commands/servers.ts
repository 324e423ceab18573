import type { Call } from "../call.ts";
import { packagesOf } from "../packages.ts";

/** The programs of a machine's services, started by hand: they tell their versions and little else. */
const versionOf = (call: Call, name: string) =>
  call.shell.machine.persona.release.versions[name] ?? "";

const OPENSSL: Readonly<Record<string, string>> = {
  "debian-10": "OpenSSL 1.1.1n  15 Mar 2022",
  "debian-11": "OpenSSL 1.1.1n  15 Mar 2022",
  "ubuntu-18.04": "OpenSSL 1.0.2n  7 Dec 2017",
  "ubuntu-20.04": "OpenSSL 1.1.1f  31 Mar 2020",
  "centos-7": "OpenSSL 1.0.2k-fips  26 Jan 2017",
  "almalinux-8": "OpenSSL 1.1.1k  FIPS 25 Mar 2021",
};

const opensslOf = (call: Call) =>
  OPENSSL[call.shell.machine.persona.release.id] ?? "OpenSSL 1.0.2n  7 Dec 2017";

/** The line that `ssh -V` prints. */
export function sshBanner(call: Call): string {
  return `${versionOf(call, "ssh")}, ${opensslOf(call)}\n`;
}

function nginx(call: Call): number {
  if (call.args.some((arg) => /^-[vV]$/.test(arg))) {
    call.err(`nginx version: ${versionOf(call, "nginx")}\n`);
    return 0;
  }
  if (call.shell.account.uid !== 0) {
    call.err(
      'nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed (13: Permission denied)\n',
    );
    return 1;
  }
  if (call.args.some((arg) => /^-[tT]$/.test(arg))) {
    call.err(
      "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n",
    );
    return 0;
  }
  if (call.args.includes("-s")) return 0;
  call.err(
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\nnginx: [emerg] still could not bind()\n",
  );
  return 1;
}

function apache(call: Call): number {
  if (call.args.some((arg) => /^-[vV]$/.test(arg))) {
    call.out(`Server version: ${versionOf(call, "apache")}\nServer built:   2022-09-02T13:11:02\n`);
    return 0;
  }
  if (call.args.includes("-t") || call.args.includes("configtest")) {
    call.err("Syntax OK\n");
    return 0;
  }
  call.err("(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80\n");
  return 1;
}

function redisServer(call: Call): number {
  const version = versionOf(call, "redis");
  if (call.args.some((arg) => arg === "-v" || arg === "--version")) {
    call.out(
      `Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=${versionOf(call, "redisBuild")}\n`,
    );
    return 0;
  }
  call.err("# Could not create server TCP listening socket *:6379: bind: Address already in use\n");
  return 1;
}

function sshd(call: Call): number {
  if (call.args.includes("-t")) return 0;
  if (call.args.includes("-T") && call.shell.account.uid === 0) {
    const text = call.shell.disk.read("/", "/etc/ssh/sshd_config");
    if (typeof text !== "string") return 1;
    const set = text.split("\n").filter((line) => /^[A-Z]/.test(line));
    call.out(
      `port 22\n${set.map((line) => line.replace(/^\S+/, (key) => key.toLowerCase())).join("\n")}\n`,
    );
    return 0;
  }
  if (!call.args.some((arg) => /^-[VvhH?]/.test(arg))) {
    call.err("sshd re-exec requires execution with an absolute path\n");
    return 255;
  }
  call.err(
    `unknown option -- ${call.args[0]?.slice(1, 2) ?? "V"}\n${sshBanner(call)}usage: sshd [-46DdeiqTt] [-C connection_spec] [-c host_cert_file]\n            [-E log_file] [-f config_file] [-g login_grace_time]\n            [-h host_key_file] [-o option] [-p port] [-u len]\n`,
  );
  return 1;
}

function openssl(call: Call): number {
  if (call.args[0] === "version") {
    call.out(`${opensslOf(call)}\n`);
    return 0;
  }
  return 0;
}

/** Programs of which attackers ask the version alone. */
function versions(call: Call): number {
  const { flavor } = call.shell.machine;
  const name = call.name === "python" ? "python2" : call.name;
  const version = packagesOf(call.shell.machine.persona)
    .find((one) => one.name === name || (name === "python3" && one.name === "platform-python"))
    ?.version.replace(/^\d+:/, "")
    .split("-")[0];
  if (version === undefined && flavor === "busybox") return 1;
  call.out(`${name} ${version ?? ""}\n`);
  return 0;
}

export const SERVERS = {
  nginx,
  apache2: apache,
  httpd: apache,
  "redis-server": redisServer,
  sshd,
  openssl,
  screen: versions,
};
