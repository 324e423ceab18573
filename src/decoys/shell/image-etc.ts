import type { TreeBuilder } from "./builder.ts";
import { mountsOf, networkOf } from "./facts.ts";
import type { Machine } from "./machine.ts";

const DAY_MS = 86_400_000;

/** What /etc holds. */
export function addConfiguration(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  const { release, hostname, domain } = persona;
  const debian = flavor === "debian";
  const shadowGid = debian ? 42 : 0;
  builder.file(
    "/etc/passwd",
    lines(
      machine.accounts,
      (one) => `${one.name}:x:${one.uid}:${one.gid}:${one.fullName}:${one.home}:${one.shell}`,
    ),
  );
  builder.file(
    "/etc/group",
    lines(machine.groups, (one) => `${one.name}:x:${one.gid}:${one.members.join(",")}`),
  );
  builder.file("/etc/shadow", shadow(machine), { mode: debian ? 0o640 : 0o600, gid: shadowGid });
  builder.file(
    "/etc/gshadow",
    lines(machine.groups, (one) => `${one.name}:*::${one.members.join(",")}`),
    {
      mode: debian ? 0o640 : 0o600,
      gid: shadowGid,
    },
  );
  builder.file("/etc/hostname", `${hostname}\n`);
  const loopback = debian ? "127.0.1.1" : persona.ip;
  builder.file(
    "/etc/hosts",
    `127.0.0.1\tlocalhost\n${loopback}\t${hostname}.${domain} ${hostname}\n\n::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n`,
  );
  const network = networkOf(persona, persona.bootedMs);
  builder.file("/etc/resolv.conf", `search ${domain}\nnameserver ${network.gateway}\n`);
  builder.file(
    "/etc/fstab",
    lines(
      mountsOf(persona).filter((mount) => mount.on === "/"),
      (mount) => `${mount.device} / ${mount.type} ${mount.options.replace(",relatime", "")} 0 1`,
    ),
  );
  builder.file("/etc/os-release", osRelease(machine));
  builder.file("/etc/issue", issue(machine));
  builder.file("/etc/issue.net", `${release.prettyName.replace(/ \(.*/, "")}\n`);
  builder.file("/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/rbash\n/bin/dash\n");
  builder.file("/etc/timezone", `${persona.timeZone}\n`);
  builder.link("/etc/localtime", `/usr/share/zoneinfo/${persona.timeZone}`);
  builder.file("/etc/machine-id", `${persona.secret("machine-id").toString("hex").slice(0, 32)}\n`);
  if (flavor === "busybox") {
    builder.file(
      "/etc/inittab",
      "::sysinit:/etc/init.d/rcS\nconsole::respawn:/sbin/getty -L console 115200 vt100\n::ctrlaltdel:/sbin/reboot\n",
    );
    builder.file(
      "/etc/init.d/rcS",
      '#!/bin/sh\nfor i in /etc/init.d/S??* ;do\n  [ -f "$i" ] && $i start\ndone\n',
      { mode: 0o755 },
    );
    builder.file("/etc/profile", "export PATH=/bin:/sbin:/usr/bin:/usr/sbin\n");
    return;
  }
  builder.file("/etc/motd", debian && release.osId === "debian" ? DEBIAN_MOTD : "");
  builder.file(
    "/etc/profile",
    "# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))\n",
  );
  builder.file("/etc/bash.bashrc", "# System-wide .bashrc file for interactive bash(1) shells.\n");
  builder.file("/etc/crontab", CRONTAB);
  builder.file(
    "/etc/sudoers",
    "Defaults\tenv_reset\nDefaults\tmail_badpass\nroot\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n",
    { mode: 0o440 },
  );
  if (debian) {
    builder.file(
      "/etc/debian_version",
      release.osId === "debian"
        ? `${release.versionId}.${7 + persona.pick("point", 4)}\n`
        : "bullseye/sid\n",
    );
    builder.file("/etc/apt/sources.list", sources(release.osId, release.codename));
    builder.file(
      "/etc/network/interfaces",
      `auto lo\niface lo inet loopback\n\nallow-hotplug ${network.interface}\niface ${network.interface} inet static\n\taddress ${persona.ip}/24\n\tgateway ${network.gateway}\n`,
    );
  } else {
    const name = release.prettyName
      .replace("Linux 7", "Linux release 7.9.2009")
      .replace("AlmaLinux 8", "AlmaLinux release 8");
    for (const file of ["redhat-release", "system-release"])
      builder.file(`/etc/${file}`, `${name}\n`);
  }
  if (release.osId === "ubuntu") {
    builder.file(
      "/etc/lsb-release",
      `DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=${release.versionId}\nDISTRIB_CODENAME=${release.codename}\nDISTRIB_DESCRIPTION="${release.prettyName}"\n`,
    );
  }
}

function lines<T>(items: readonly T[], lineOf: (item: T) => string): string {
  return items.map((item) => `${lineOf(item)}\n`).join("");
}

function shadow(machine: Machine): string {
  const { persona } = machine;
  const installedDay = Math.floor(persona.installedMs / DAY_MS);
  return lines(machine.accounts, ({ name, uid, shell }) => {
    const real = uid === 0 || (uid >= 1000 && shell.endsWith("sh"));
    if (!real) return `${name}:*:${installedDay - 30}:0:99999:7:::`;
    const crypt = (label: string) =>
      persona.secret(`${label}:${name}`).toString("base64").replace(/[+=]/g, ".");
    const salt = crypt("salt").slice(0, 8);
    if (machine.flavor === "busybox")
      return `${name}:$1$${salt}$${crypt("md5").slice(0, 22)}:10933:0:99999:7:::`;
    const hash = (crypt("hash1") + crypt("hash2")).replaceAll("=", "/").slice(0, 86);
    return `${name}:$6$${salt}$${hash}:${installedDay + persona.pick(`pw:${name}`, 60)}:0:99999:7:::`;
  });
}

function osRelease(machine: Machine): string {
  const { release } = machine.persona;
  const name =
    {
      debian: "Debian GNU/Linux",
      ubuntu: "Ubuntu",
      centos: "CentOS Linux",
      almalinux: "AlmaLinux",
    }[release.osId] ?? "Buildroot";
  const version =
    release.codename === "" ? release.versionId : `${release.versionId} (${release.codename})`;
  const home = {
    debian: "https://www.debian.org/",
    ubuntu: "https://www.ubuntu.com/",
    centos: "https://www.centos.org/",
    almalinux: "https://almalinux.org/",
  }[release.osId];
  const like = { ubuntu: "debian", centos: "rhel fedora", almalinux: "rhel centos fedora" }[
    release.osId
  ];
  const quote = machine.flavor === "redhat" ? '"' : "";
  return [
    `PRETTY_NAME="${release.prettyName}"`,
    `NAME="${name}"`,
    `VERSION_ID="${release.versionId}"`,
    `VERSION="${version}"`,
    ...(machine.flavor === "debian" ? [`VERSION_CODENAME=${release.codename}`] : []),
    `ID=${quote}${release.osId}${quote}`,
    ...(like === undefined ? [] : [`ID_LIKE="${like}"`]),
    ...(home === undefined ? [] : [`HOME_URL="${home}"`]),
    "",
  ].join("\n");
}

function issue(machine: Machine): string {
  const { release } = machine.persona;
  if (machine.flavor === "redhat") return "\\S\nKernel \\r on an \\m\n\n";
  if (machine.flavor === "busybox") return "Welcome to Buildroot\n";
  return `${release.prettyName.replace(/ \(.*/, "")} \\n \\l\n\n`;
}

function sources(osId: string, codename: string): string {
  if (osId === "ubuntu") {
    const parts = ["", "-updates", "-security"];
    return parts
      .map(
        (part) =>
          `deb http://archive.ubuntu.com/ubuntu ${codename}${part} main restricted universe multiverse\n`,
      )
      .join("");
  }
  return `deb http://deb.debian.org/debian ${codename} main\ndeb http://deb.debian.org/debian-security/ ${codename}-security main\ndeb http://deb.debian.org/debian ${codename}-updates main\n`;
}

const DEBIAN_MOTD = `
The programs included with the Debian GNU/Linux system are free software;
the exact distribution terms for each program are described in the
individual files in /usr/share/doc/*/copyright.

Debian GNU/Linux comes with ABSOLUTELY NO WARRANTY, to the extent
permitted by applicable law.
`;

const CRONTAB = `# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.weekly )
52 6\t1 * *\troot\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.monthly )
#
`;
