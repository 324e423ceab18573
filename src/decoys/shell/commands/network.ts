import { type Call, fail, optionsOf } from "../call.ts";
import { networkOf } from "../facts.ts";
import type { Running } from "../shell.ts";
import { isListening } from "../sockets.ts";
import { humanSize } from "./listing.ts";
import { scpServer } from "./scp.ts";
import { sshBanner } from "./servers.ts";

const TIMEOUT_MS = 10_000;

function ifconfig(call: Call): number {
  const { machine, nowMs } = call.shell;
  const { persona } = machine;
  const net = networkOf(persona, nowMs());
  const wanted = call.args.find((arg) => !arg.startsWith("-"));
  if (wanted !== undefined && wanted !== net.interface && wanted !== "lo") {
    return fail(
      call,
      `${wanted}: error fetching interface information: Device not found`.replace(/^/, ""),
    );
  }
  if (machine.flavor === "busybox") {
    if (wanted !== "lo")
      call.out(
        `${net.interface.padEnd(10)}Link encap:Ethernet  HWaddr ${persona.macAddress.toUpperCase()}  \n          inet addr:${net.ip}  Bcast:${net.broadcast}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n          RX packets:${net.rxPackets} errors:0 dropped:0 overruns:0 frame:0\n          TX packets:${net.txPackets} errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:${net.rxBytes} (${humanSize(net.rxBytes)}iB)  TX bytes:${net.txBytes} (${humanSize(net.txBytes)}iB)\n\n`,
      );
    if (wanted !== net.interface)
      call.out(
        "lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n",
      );
    return 0;
  }
  if (wanted !== "lo")
    call.out(
      `${net.interface}: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet ${net.ip}  netmask 255.255.255.0  broadcast ${net.broadcast}\n        inet6 ${net.linkLocal}  prefixlen 64  scopeid 0x20<link>\n        ether ${persona.macAddress}  txqueuelen 1000  (Ethernet)\n        RX packets ${net.rxPackets}  bytes ${net.rxBytes} (${(net.rxBytes / 1e6).toFixed(1)} MB)\n        RX errors 0  dropped 0  overruns 0  frame 0\n        TX packets ${net.txPackets}  bytes ${net.txBytes} (${(net.txBytes / 1e6).toFixed(1)} MB)\n        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n`,
    );
  if (wanted !== net.interface)
    call.out(
      "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        inet6 ::1  prefixlen 128  scopeid 0x10<host>\n        loop  txqueuelen 1000  (Local Loopback)\n\n",
    );
  return 0;
}

function ip(call: Call): number {
  const { persona } = call.shell.machine;
  const net = networkOf(persona, call.shell.nowMs());
  const words = call.args.filter((arg) => !arg.startsWith("-"));
  const object = words[0] ?? "";
  if (object === "") {
    call.err("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n");
    return 255;
  }
  if ("route".startsWith(object)) {
    call.out(
      `default via ${net.gateway} dev ${net.interface} ${call.shell.machine.flavor === "redhat" ? "proto static metric 100 " : "onlink "}\n${net.subnet}.0/24 dev ${net.interface} proto kernel scope link src ${net.ip} \n`,
    );
  } else if ("address".startsWith(object) || "link".startsWith(object)) {
    const addresses = "address".startsWith(object);
    call.out(
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n",
    );
    if (addresses)
      call.out(
        "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever\n",
      );
    call.out(
      `2: ${net.interface}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n    link/ether ${persona.macAddress} brd ff:ff:ff:ff:ff:ff\n`,
    );
    if (addresses)
      call.out(
        `    inet ${net.ip}/24 brd ${net.broadcast} scope global ${net.interface}\n       valid_lft forever preferred_lft forever\n    inet6 ${net.linkLocal}/64 scope link \n       valid_lft forever preferred_lft forever\n`,
      );
  } else if ("neighbour".startsWith(object))
    call.out(
      `${net.gateway} dev ${net.interface} lladdr ${persona.macAddress.slice(0, 8)}:3c:01:01 REACHABLE\n`,
    );
  else {
    call.err(`Object "${object}" is unknown, try "ip help".\n`);
    return 1;
  }
  return 0;
}

function route(call: Call): number {
  const net = networkOf(call.shell.machine.persona, call.shell.nowMs());
  call.out(
    `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${"0.0.0.0".padEnd(15)} ${net.gateway.padEnd(15)} 0.0.0.0         UG    0      0        0 ${net.interface}\n${`${net.subnet}.0`.padEnd(15)} 0.0.0.0         255.255.255.0   U     0      0        0 ${net.interface}\n`,
  );
  return 0;
}

function arp(call: Call): number {
  const net = networkOf(call.shell.machine.persona, call.shell.nowMs());
  const cache = call.shell.disk.read("/", "/proc/net/arp");
  const mac =
    typeof cache === "string" ? (/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(cache)?.[0] ?? "") : "";
  call.out(
    call.args.includes("-a")
      ? `? (${net.gateway}) at ${mac} [ether] on ${net.interface}\n`
      : `Address                  HWtype  HWaddress           Flags Mask            Iface\n${net.gateway.padEnd(24)} ether   ${mac}   C                     ${net.interface}\n`,
  );
  return 0;
}

const isAddress = (host: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(host);

function* ping(call: Call): Running {
  const { values, operands } = optionsOf(call.args, "c:i:w:W:s:t:I:qn");
  const [host] = operands;
  if (host === undefined) return fail(call, "usage error: Destination address required");
  if (!isAddress(host) && host !== "localhost") {
    yield { kind: "sleep", ms: 4000 };
    return call.shell.machine.flavor === "busybox"
      ? fail(call, `bad address '${host}'`)
      : fail(call, `${host}: Temporary failure in name resolution`, 2);
  }
  const { persona } = call.shell.machine;
  const own = host === persona.ip || host.startsWith("127.") || host === "localhost";
  const count = Math.min(Number(values.get("c") ?? (own ? 4 : 8)) || 1, 100);
  const address = host === "localhost" ? "127.0.0.1" : host;
  call.out(`PING ${host} (${address}) 56(84) bytes of data.\n`);
  for (let at = 1; at <= count; at++) {
    if (own)
      call.out(
        `64 bytes from ${address}: icmp_seq=${at} ttl=64 time=0.0${20 + persona.pick(`ping:${at}`, 40)} ms\n`,
      );
    yield { kind: "sleep", ms: 1000 };
  }
  const lost = own ? 0 : 100;
  call.out(
    `\n--- ${host} ping statistics ---\n${count} packets transmitted, ${own ? count : 0} received, ${lost}% packet loss, time ${count * 1000 + 12}ms\n${own ? "" : "\n"}`,
  );
  return own ? 0 : 1;
}

/** Whether a name or address means this machine. */
export function isOwn(call: Call, host: string): boolean {
  const { ip, hostname } = call.shell.machine.persona;
  return host === "localhost" || host.startsWith("127.") || host === ip || host === hostname;
}

/** A client of the machine itself: nothing is connected, but what listens is known. */
function refused(call: Call, host: string, port: string): number {
  const open = isListening(call.shell.machine, Number(port));
  switch (call.name) {
    case "telnet":
      call.out(`Trying ${host === "localhost" ? "127.0.0.1" : host}...\n`);
      if (open)
        call.out(
          `Connected to ${host}.\nEscape character is '^]'.\nConnection closed by foreign host.\n`,
        );
      else call.err("telnet: Unable to connect to remote host: Connection refused\n");
      return 1;
    case "nc":
    case "ncat":
      if (open && call.args.some((arg) => /^-\w*v/.test(arg)))
        call.err(`Connection to ${host} ${port} port [tcp/*] succeeded!\n`);
      else if (!open)
        call.err(`nc: connect to ${host} port ${port} (tcp) failed: Connection refused\n`);
      return open ? 0 : 1;
    default:
      call.err(
        open
          ? `Connection closed by ${host} port ${port}\n`
          : `ssh: connect to host ${host} port ${port}: Connection refused\n`,
      );
      return 255;
  }
}

/** A client of some other machine: its name does not resolve, its address does not answer. */
function unreachable(
  unresolved: (host: string) => string,
  silent: (host: string, port: string) => string,
  rc: number,
) {
  return function* (call: Call): Running {
    const { values, operands } = optionsOf(call.args, "p:o:i:l:w:P:b:L:R:D:F:J:c:");
    const target = operands.find((operand) => operand.includes(":")) ?? operands[0];
    if (target === undefined) return fail(call, "missing destination");
    const host = (target.split("@").at(-1) ?? target).split(":")[0] ?? target;
    const port =
      values.get("p") ??
      values.get("P") ??
      (/^\d+$/.test(operands[1] ?? "") ? operands[1] : undefined) ??
      "22";
    if (isOwn(call, host)) return refused(call, host, port);
    yield { kind: "sleep", ms: isAddress(host) ? TIMEOUT_MS : 3000 };
    call.err(`${isAddress(host) ? silent(host, port) : unresolved(host)}\n`);
    return rc;
  };
}

const remote = unreachable(
  (host) => `ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`,
  (host, port) => `ssh: connect to host ${host} port ${port}: Connection timed out`,
  255,
);
function ssh(call: Call): number | Running {
  if (call.args[0] !== "-V") return remote(call);
  call.err(sshBanner(call));
  return 0;
}

const nc = unreachable(
  (host) => `nc: getaddrinfo for host "${host}" port 0: Temporary failure in name resolution`,
  (host, port) => `nc: connect to ${host} port ${port} (tcp) failed: Connection timed out`,
  1,
);

function* resolve(call: Call): Running {
  yield { kind: "sleep", ms: TIMEOUT_MS };
  call.out(";; connection timed out; no servers could be reached\n\n");
  return call.name === "dig" ? 9 : 1;
}

function firewall(call: Call): number {
  if (call.shell.account.uid !== 0)
    return fail(
      call,
      `can't initialize iptables table \`filter': Permission denied (you must be root)`,
      4,
    );
  if (!call.args.some((arg) => /^-\w*[LS]|^--list/.test(arg))) return 0;
  for (const chain of ["INPUT", "FORWARD", "OUTPUT"]) {
    call.out(
      `Chain ${chain} (policy ACCEPT)\ntarget     prot opt source               destination         \n${chain === "OUTPUT" ? "" : "\n"}`,
    );
  }
  return 0;
}

export const NETWORK = {
  ifconfig,
  ip,
  route,
  arp,
  ping,
  ssh,
  scp: (call: Call): number | Running =>
    call.args.some((arg) => /^-\w*[tf]$/.test(arg)) ? scpServer(call) : ssh(call),
  sftp: ssh,
  rsync: ssh,
  "ssh-copy-id": ssh,
  nc,
  ncat: nc,
  telnet: unreachable(
    (host) => `telnet: could not resolve ${host}: Temporary failure in name resolution`,
    (host) => `Trying ${host}...\ntelnet: Unable to connect to remote host: Connection timed out`,
    1,
  ),
  nslookup: resolve,
  host: resolve,
  dig: resolve,
  iptables: firewall,
  ip6tables: firewall,
  "iptables-save": () => 0,
};
