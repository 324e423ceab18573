import type { Persona } from "../persona.ts";

export interface Package {
  readonly name: string;
  /** With its revision. */
  readonly version: string;
  readonly architecture: string;
}

/** What an ordinary installation has, name and version in turn; `*` before what fits every machine. */
const INSTALLED: Readonly<Record<string, string>> = {
  "debian-10": `*adduser 3.118 apt 1.8.2.3 base-files 10.3+deb10u13 bash 5.0-4 bsdutils 1:2.33.1-0.1 busybox
1:1.30.1-4 bzip2 1.0.6-9.2~deb10u2 *ca-certificates 20200601~deb10u2 coreutils 8.30-3 cron 3.0pl1-134+deb10u1 curl
7.64.0-4+deb10u6 dash 0.5.10.2-5 dbus 1.12.24-0+deb10u1 diffutils 1:3.7-3 dpkg 1.19.8 e2fsprogs 1.44.5-1+deb10u3
findutils 4.6.0+git+20190209-2 grep 3.3-1 gzip 1.9-3+deb10u1 hostname 3.21 ifupdown 0.8.35 iproute2 4.20.0-2+deb10u1
iptables 1.8.2-4 iputils-ping 3:20180629-2+deb10u2 less 487-0.1+b1 libc-bin 2.28-10+deb10u2 libc6 2.28-10+deb10u2
libssl1.1 1.1.1n-0+deb10u6 login 1:4.5-1.1 *lsb-release 10.2019051400 lsof 4.91+dfsg-1 mawk 1.3.3-17+b3 nano
3.2-3 net-tools 1.60+git20180626.aebd88e-1 netcat-openbsd 1.195-2 openssl 1.1.1n-0+deb10u6 passwd 1:4.5-1.1 perl
5.28.1-6+deb10u1 procps 2:3.3.15-2 python3 3.7.3-1 rsync 3.1.3-6 rsyslog 8.1901.0-1+deb10u2 screen 4.6.2-3+deb10u1
sed 4.7-1 sudo 1.8.27-1+deb10u5 systemd 241-7~deb10u10 tar 1.30+dfsg-6 *tzdata 2021a-0+deb10u12 udev 241-7~deb10u10
util-linux 2.33.1-0.1 vim 2:8.1.0875-5+deb10u5 wget 1.20.1-1.1 xz-utils 5.2.4-1+deb10u1 zlib1g 1:1.2.11.dfsg-1+deb10u2`,
  "debian-11": `*adduser 3.118+deb11u1 apt 2.2.4 base-files 11.1+deb11u7 bash 5.1-2+deb11u1 bsdutils
1:2.36.1-8+deb11u1 busybox 1:1.30.1-6+b3 bzip2 1.0.8-4 *ca-certificates 20210119 coreutils 8.32-4+b1 cron 3.0pl1-137
curl 7.74.0-1.3+deb11u7 dash 0.5.11+git20200708+dd9ef66-5 dbus 1.12.24-0+deb11u1 diffutils 1:3.7-5 dpkg 1.20.12
e2fsprogs 1.46.2-2 findutils 4.8.0-1 grep 3.6-1+deb11u1 gzip 1.10-4+deb11u1 hostname 3.23 ifupdown 0.8.36 iproute2
5.10.0-4 iptables 1.8.7-1 iputils-ping 3:20210202-1 less 551-2 libc-bin 2.31-13+deb11u6 libc6 2.31-13+deb11u6
libssl1.1 1.1.1n-0+deb11u5 login 1:4.8.1-1 *lsb-release 11.1.0 lsof 4.93.2+dfsg-1.1 mawk 1.3.4.20200120-2 nano
5.4-2+deb11u2 net-tools 1.60+git20181103.0eebece-1 netcat-openbsd 1.217-3 openssl 1.1.1n-0+deb11u5 passwd 1:4.8.1-1
perl 5.32.1-4+deb11u2 procps 2:3.3.17-5 python3 3.9.2-3 rsync 3.2.3-4+deb11u1 rsyslog 8.2102.0-2+deb11u1 screen
4.8.0-6 sed 4.7-1 sudo 1.9.5p2-3+deb11u1 systemd 247.3-7+deb11u4 tar 1.34+dfsg-1+deb11u1 *tzdata 2021a-1+deb11u11
udev 247.3-7+deb11u4 util-linux 2.36.1-8+deb11u1 vim 2:8.2.2434-3+deb11u1 wget 1.21-1+deb11u1 xz-utils
5.2.5-2.1~deb11u1 zlib1g 1:1.2.11.dfsg-2+deb11u2`,
  "ubuntu-18.04": `accountsservice 0.6.45-1ubuntu1.3 *adduser 3.116ubuntu1 apt 1.6.17 base-files 10.1ubuntu2.11 bash
4.4.18-2ubuntu1.3 bsdutils 1:2.31.1-0.4ubuntu3.7 busybox-static 1:1.27.2-2ubuntu3.4 bzip2 1.0.6-8.1ubuntu0.2
*ca-certificates 20230311ubuntu0.18.04.1 coreutils 8.28-1ubuntu1 cron 3.0pl1-128.1ubuntu1.2 curl 7.58.0-2ubuntu3.24
dash 0.5.8-2.10 dbus 1.12.2-1ubuntu1.4 diffutils 1:3.6-1 dpkg 1.19.0.5ubuntu2.4 e2fsprogs 1.44.1-1ubuntu1.4 findutils
4.6.0+git+20170828-2 grep 3.1-2build1 gzip 1.6-5ubuntu1.2 hostname 3.20 iproute2 4.15.0-2ubuntu1.3 iptables
1.6.1-2ubuntu2.1 iputils-ping 3:20161105-1ubuntu3 less 487-0.1 libc-bin 2.27-3ubuntu1.6 libc6 2.27-3ubuntu1.6
libssl1.1 1.1.1-1ubuntu2.1~18.04.23 login 1:4.5-1ubuntu2.5 *lsb-release 9.20170808ubuntu1 lsof 4.89+dfsg-0.1 mawk
1.3.3-17ubuntu3 nano 2.9.3-2 net-tools 1.60+git20161116.90da8a0-1ubuntu1 netcat-openbsd 1.187-1ubuntu0.1 openssl
1.1.1-1ubuntu2.1~18.04.23 passwd 1:4.5-1ubuntu2.5 perl 5.26.1-6ubuntu0.7 procps 2:3.3.12-3ubuntu1.2 python3
3.6.7-1~18.04 rsync 3.1.2-2.1ubuntu1.6 rsyslog 8.32.0-1ubuntu4.2 screen 4.6.2-1ubuntu1.1 sed 4.4-2 sudo
1.8.21p2-3ubuntu1.5 systemd 237-3ubuntu10.57 tar 1.29b-2ubuntu0.4 *tzdata 2023c-0ubuntu0.18.04 udev 237-3ubuntu10.57
util-linux 2.31.1-0.4ubuntu3.7 vim 2:8.0.1453-1ubuntu1.13 wget 1.19.4-1ubuntu2.2 xz-utils 5.2.2-1.3ubuntu0.1 zlib1g
1:1.2.11.dfsg-0ubuntu2.2`,
  "ubuntu-20.04": `accountsservice 0.6.55-0ubuntu12~20.04.6 *adduser 3.118ubuntu2 apt 2.0.9 base-files 11ubuntu5.7 bash
5.0-6ubuntu1.2 bsdutils 1:2.34-0.1ubuntu9.3 busybox-static 1:1.30.1-4ubuntu6.4 bzip2 1.0.8-2 *ca-certificates
20211016ubuntu0.20.04.1 coreutils 8.30-3ubuntu2 cron 3.0pl1-136ubuntu1 curl 7.68.0-1ubuntu2.20 dash
0.5.10.2-6 dbus 1.12.16-2ubuntu2.3 diffutils 1:3.7-3 dpkg 1.19.7ubuntu3.2 e2fsprogs 1.45.5-2ubuntu1.1 findutils
4.7.0-1ubuntu1 grep 3.4-1 gzip 1.10-0ubuntu4.1 hostname 3.23 iproute2 5.5.0-1ubuntu1 iptables 1.8.4-3ubuntu2.1
iputils-ping 3:20190709-3 less 551-1ubuntu0.1 libc-bin 2.31-0ubuntu9.9 libc6 2.31-0ubuntu9.9 libssl1.1
1.1.1f-1ubuntu2.20 login 1:4.8.1-1ubuntu5.20.04.4 *lsb-release 11.1.0ubuntu2 lsof 4.93.2+dfsg-1ubuntu0.20.04.1 mawk
1.3.4.20200120-2 nano 4.8-1ubuntu1 net-tools 1.60+git20180626.aebd88e-1ubuntu1 netcat-openbsd 1.206-1ubuntu1 openssl
1.1.1f-1ubuntu2.20 passwd 1:4.8.1-1ubuntu5.20.04.4 perl 5.30.0-9ubuntu0.4 procps 2:3.3.16-1ubuntu2.3 python3
3.8.2-0ubuntu2 rsync 3.1.3-8ubuntu0.5 rsyslog 8.2001.0-1ubuntu1.3 screen 4.8.0-1ubuntu0.1 sed 4.7-1 sudo
1.8.31-1ubuntu1.5 systemd 245.4-4ubuntu3.22 tar 1.30+dfsg-7ubuntu0.20.04.3 *tzdata 2023c-0ubuntu0.20.04.2 udev
245.4-4ubuntu3.22 util-linux 2.34-0.1ubuntu9.3 vim 2:8.1.2269-1ubuntu5.17 wget 1.20.3-1ubuntu2 xz-utils 5.2.4-1ubuntu1.1
zlib1g 1:1.2.11.dfsg-2ubuntu1.5`,
  "centos-7": `audit 2.8.5-4.el7 bash 4.2.46-35.el7_9 bzip2 1.0.6-13.el7 *ca-certificates 2022.2.54-74.el7_9 chrony
3.4-1.el7 coreutils 8.22-24.el7_9.2 cronie 1.4.11-24.el7_9 curl 7.29.0-59.el7_9.1 dbus 1.10.24-15.el7 diffutils
3.3-6.el7_9 e2fsprogs 1.42.9-19.el7 file 5.11-37.el7 findutils 4.5.11-6.el7 gawk 4.0.2-4.el7_3.1 glibc 2.17-326.el7_9
grep 2.20-3.el7 gzip 1.5-11.el7_9 iproute 4.11.0-30.el7 iptables 1.4.21-35.el7 less 458-9.el7 lvm2 2.02.187-6.el7_9.5
net-tools 2.0-0.25.20131004git.el7 nmap-ncat 6.40-19.el7 NetworkManager 1.18.8-2.el7_9 openssl 1.0.2k-26.el7_9 openssl-libs
1.0.2k-26.el7_9 perl 5.16.3-299.el7_9 polkit 0.112-26.el7_9.1 postfix 2.10.1-9.el7 procps-ng 3.3.10-28.el7 python
2.7.5-93.el7_9 rpm 4.11.3-48.el7_9 rsync 3.1.2-12.el7_9 rsyslog 8.24.0-57.el7_9.3 screen 4.1.0-0.27.20120314git3c2946.el7_9
sed 4.2.2-7.el7 sudo 1.8.23-10.el7_9.3 systemd 219-78.el7_9.7 tar 1.26-35.el7 *tuned 2.11.0-12.el7_9 *tzdata
2023c-1.el7 util-linux 2.23.2-65.el7_9.1 vim-enhanced 7.4.629-8.el7_9 wget 1.14-18.el7_6.1 xz 5.2.2-2.el7_9 *yum
3.4.3-168.el7.centos zlib 1.2.7-21.el7_9`,
  "almalinux-8": `audit 3.0.7-4.el8 bash 4.4.20-4.el8_6 bzip2 1.0.6-26.el8 *ca-certificates 2022.2.54-80.2.el8_6 chrony
4.2-1.el8.alma.1 coreutils 8.30-15.el8 cronie 1.5.2-8.el8 curl 7.61.1-30.el8_8.2 dbus 1.12.8-24.el8 diffutils 3.6-6.el8
*dnf 4.7.0-16.el8_8.alma e2fsprogs 1.45.6-5.el8 file 5.33-24.el8 findutils 4.6.0-20.el8 gawk 4.2.1-4.el8 glibc
2.28-225.el8 grep 3.1-6.el8 gzip 1.9-13.el8_5 iproute 5.18.0-1.el8 iptables 1.8.4-24.el8 less 530-1.el8 net-tools
2.0-0.52.20160912git.el8 nmap-ncat 7.70-8.el8 NetworkManager 1.40.16-3.el8_8 openssl 1.1.1k-9.el8_7 openssl-libs
1.1.1k-9.el8_7 perl-interpreter 5.26.3-422.el8 polkit 0.115-14.el8 procps-ng 3.3.15-13.el8 platform-python
3.6.8-51.el8_8.1.alma rpm 4.14.3-26.el8 rsync 3.1.3-19.el8_7.1 rsyslog 8.2102.0-13.el8 sed 4.5-5.el8 sssd 2.8.2-2.el8
sudo 1.8.29-10.el8 systemd 239-74.el8_8.2 tar 1.30-9.el8 *tuned 2.20.0-1.el8 *tzdata 2023c-1.el8 util-linux
2.32.1-42.el8_8 vim-enhanced 8.0.1763-19.el8_6.4 wget 1.19.5-11.el8 xz 5.2.4-4.el8_6 *yum 4.7.0-16.el8_8.alma zlib
1.2.11-21.el8_7`,
};

/** Revisions of a distribution's packages of the servers, after their upstream version. */
const REVISIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "debian-10": { nginx: "-2+deb10u5", apache: "-3+deb10u10", redis: "-1+deb10u5" },
  "debian-11": { nginx: "-6.1+deb11u3", apache: "-1~deb11u1", redis: "-1+deb11u2" },
  "ubuntu-18.04": { nginx: "-0ubuntu1.11", apache: "-1ubuntu4.27", redis: "-1ubuntu0.2" },
  "ubuntu-20.04": { nginx: "-0ubuntu1.4", apache: "-4ubuntu3.14", redis: "-2ubuntu0.1" },
  "centos-7": { nginx: "-10.el7", apache: "-99.el7.centos.1", redis: "-2.el7", ssh: "p1-23.el7_9" },
  "almalinux-8": {
    nginx: "-9.module_el8.6.0+2723+dd6ab3a7",
    apache: "-56.module_el8.8.0+3565+1a0cb5b0.6",
    redis: "-5.module_el8.4.0+2583+b9845322",
    ssh: "p1-17.el8_7",
  },
};

/** Names of the packages that each service comes in, Debian's and Red Hat's. */
const SERVERS: Readonly<Record<string, readonly [debian: string, redhat: string]>> = {
  nginx: ["nginx nginx-common nginx-core", "nginx nginx-filesystem"],
  apache: ["apache2 apache2-bin apache2-data apache2-utils", "httpd httpd-tools"],
  redis: ["redis-server redis-tools", "redis"],
  telnet: ["openbsd-inetd telnetd", "telnet-server xinetd"],
};

/** All packages of a machine by name: the base, and what its services come in. */
export function packagesOf(persona: Persona): readonly Package[] {
  const { release } = persona;
  const redhat = release.osId === "centos" || release.osId === "almalinux";
  const usual = redhat ? "x86_64" : "amd64";
  const words = (INSTALLED[release.id] ?? "").split(/\s+/);
  const packages: Package[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [name = "", version = ""] = words.slice(at, at + 2);
    const any = name.startsWith("*");
    const architecture = any ? (redhat ? "noarch" : "all") : usual;
    packages.push({ name: any ? name.slice(1) : name, version, architecture });
  }
  const add = (names: string, version: string) => {
    for (const name of names.split(" ")) packages.push({ name, version, architecture: usual });
  };
  const ssh = sshVersion(persona);
  if (ssh !== null) {
    add(redhat ? "openssh openssh-clients" : "openssh-client", ssh);
    if (persona.services.includes("ssh"))
      add(redhat ? "openssh-server" : "openssh-server openssh-sftp-server", ssh);
  }
  const kernel = release.kernelRelease.replace(".x86_64", "");
  if (redhat) add("kernel kernel-tools", kernel);
  else {
    const version = /Debian (\S+)/.exec(release.kernelVersion)?.[1];
    const build = /^#(\d+)/.exec(release.kernelVersion)?.[1] ?? "1";
    add(`linux-image-${kernel}`, version ?? kernel.replace(/-(\d+)-.*/, `-$1.${build}`));
  }
  for (const service of persona.services) {
    const kind = service === "http" ? webServer(persona) : service;
    const names = SERVERS[kind]?.[redhat ? 1 : 0];
    if (names !== undefined) add(names, serverVersion(persona, kind));
  }
  return packages.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

export function webServer(persona: Persona): "nginx" | "apache" {
  return (persona.release.versions["http"] ?? "").startsWith("nginx") ? "nginx" : "apache";
}

function sshVersion({ release }: Persona): string | null {
  const software = release.versions["ssh"] ?? "";
  const [, upstream, revision] = /OpenSSH_(\S+)(?: (?:Debian|Ubuntu)-(\S+))?/.exec(software) ?? [];
  if (upstream === undefined) return null;
  if (revision !== undefined) return `1:${upstream}-${revision}`;
  return `${upstream}${REVISIONS[release.id]?.["ssh"] ?? ""}`;
}

function serverVersion({ release }: Persona, kind: string): string {
  if (kind === "telnet") return "0.17-42";
  const upstream = /\d[\w.]*/.exec(release.versions[kind] ?? "")?.[0] ?? "1";
  const epoch = kind === "redis" && ["debian", "ubuntu"].includes(release.osId) ? "5:" : "";
  return `${epoch}${upstream}${REVISIONS[release.id]?.[kind] ?? ""}`;
}
