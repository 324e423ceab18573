import type { TreeBuilder } from "./builder.ts";
import type { Machine } from "./machine.ts";
import { webServer } from "./packages.ts";

/** Found on every machine that is no device. */
const USUAL_BIN =
  "[ apropos awk chattr hexdump lsattr nc base64 basename bash bunzip2 busctl bzip2 cat chgrp chmod chown chrt cksum clear cmp comm cp cpio crontab curl cut dash date dd df diff dirname dmesg dnsdomainname domainname du echo egrep env expand expr factor false fgrep file find fmt fold free getconf getent getopt gpasswd grep groups gunzip gzip head hostid hostname hostnamectl iconv id install ionice ip join journalctl kill killall last lastb lastlog less ln locale localectl logger login loginctl logname ls lsblk lscpu lsmod lsof mawk md5sum mesg mkdir mkfifo mknod mktemp more mount mountpoint mv nano newgrp nice nl nohup nproc nsenter numfmt od openssl passwd paste pathchk perl pgrep pidof ping pkill pmap printenv printf ps pstree ptx pwd pwdx readlink realpath renice reset rev rm rmdir rsync run-parts scp screen script sdiff sed seq setsid sftp sh sha1sum sha256sum sha512sum shred shuf sleep slabtop sort split ss ssh ssh-add ssh-agent ssh-copy-id ssh-keygen ssh-keyscan stat stdbuf stty su sudo sum sync systemctl systemd-analyze systemd-cat tac tail tar taskset tee test tail timedatectl timeout top touch tput tr true truncate tsort tty tzselect umount uname unexpand uniq unlink uptime users utmpdump vdir vi vim vmstat w wall watch wc wget whereis which who whoami write xargs yes zcat zgrep zless";
const USUAL_SBIN =
  "agetty arp blkid blockdev chpasswd chroot cron depmod dhclient fdisk fsck getcap groupadd groupdel groupmod groups halt hwclock ifconfig ifdown ifup init insmod ip6tables iptables iptables-save ldconfig logrotate losetup lsmod mkfs mkfs.ext4 mkswap modinfo modprobe netstat nologin poweroff pwconv reboot rmmod route rsyslogd runlevel service shutdown sshd sulogin swapoff swapon sysctl telinit tune2fs useradd userdel usermod visudo vipw";
const DEBIAN_BIN =
  "apt apt-cache apt-get apt-key apt-mark debconf dpkg dpkg-query lsb_release python3 tempfile select-editor";
const DEBIAN_SBIN = "adduser deluser addgroup update-rc.d dpkg-reconfigure update-grub invoke-rc.d";
const REDHAT_BIN = "rpm yum python python2 chcon getfacl gawk";
const REDHAT_SBIN = "alternatives chkconfig getenforce setenforce crond adduser lspci";
/** Applets of the BusyBox of a camera or router. */
const APPLETS =
  "[ [[ ash awk basename cat chgrp chmod chown clear cp cut date dd df dirname dmesg du echo egrep env expr false fgrep find free ftpget ftpput getty grep gunzip gzip halt head hexdump hostname hwclock id ifconfig init insmod kill killall klogd less ln login logger ls lsmod md5sum mdev mkdir mknod mktemp modprobe more mount mv nc netstat nslookup passwd pidof ping poweroff printf ps pwd reboot renice reset rm rmdir rmmod route sed sh sleep sort stty sync syslogd tail tar tee telnetd test tftp time top touch tr true tty udhcpc umount uname uniq uptime usleep vi watch wc wget which whoami xargs yes";
const APPLET_SBIN = new Set(
  "getty halt hwclock ifconfig init insmod klogd lsmod mdev modprobe poweroff reboot rmmod route syslogd udhcpc telnetd".split(
    " ",
  ),
);

export function appletsOf(machine: Machine): ReadonlySet<string> {
  const names = APPLETS.split(" ");
  return new Set(machine.flavor === "busybox" ? names : [...names, "base64", "wget", "nproc"]);
}

/** /bin, /sbin and /usr/bin: every program is a file with the first bytes of a real one. */
export function addPrograms(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  const binary = (path: string, program: string) => {
    const bytes =
      14_000 + persona.pick(`size:${program}`, 160_000) * (program.length % 3 === 0 ? 4 : 1);
    const suid = /^(su|sudo|passwd|mount|umount|newgrp|gpasswd)$/.test(program) ? 0o4000 : 0;
    const content = () => imageOf(machine, program, bytes);
    builder.file(path, content, { mode: 0o755 | suid, bytes, program });
  };
  if (flavor === "busybox") {
    binary("/bin/busybox", "busybox");
    for (const applet of appletsOf(machine)) {
      builder.link(
        `${APPLET_SBIN.has(applet) ? "/sbin" : "/bin"}/${applet}`,
        applet.startsWith("[") || !APPLET_SBIN.has(applet) ? "busybox" : "../bin/busybox",
      );
    }
    return;
  }
  for (const part of ["bin", "sbin", "lib"]) builder.link(`/${part}`, `usr/${part}`);
  builder.directory("/usr/lib64");
  builder.link("/lib64", "usr/lib64");
  const bin = `${USUAL_BIN} ${flavor === "debian" ? DEBIAN_BIN : REDHAT_BIN}`;
  const sbin = `${USUAL_SBIN} ${flavor === "debian" ? DEBIAN_SBIN : REDHAT_SBIN}`;
  for (const name of bin.split(" ")) binary(`/usr/bin/${name}`, name);
  for (const name of sbin.split(" ")) binary(`/usr/sbin/${name}`, name);
  if (flavor === "debian") {
    builder.link("/usr/bin/sh", "dash");
    if (persona.release.versions["busybox"] !== undefined) binary("/usr/bin/busybox", "busybox");
  } else builder.link("/usr/bin/sh", "bash");
  for (const { binary: path } of machine.daemons) {
    const name = path.split("/").at(-1) ?? "";
    if (/^\/usr\/s?bin\//.test(path)) binary(path, name);
  }
  if (persona.services.includes("redis")) {
    for (const name of ["redis-cli", "redis-benchmark"]) binary(`/usr/bin/${name}`, name);
  }
  if (webServer(persona) === "apache" && persona.services.includes("http")) {
    binary("/usr/sbin/apachectl", flavor === "redhat" ? "httpd" : "apache2");
  }
}

/** An ELF header (gABI, figure 4-3) of the machine's architecture, then bytes of its own. */
function imageOf(machine: Machine, program: string, bytes: number): string {
  const arm = machine.persona.release.machine !== "x86_64";
  const ident = arm ? "\x7fELF\x01\x01\x01" : "\x7fELF\x02\x01\x01";
  const type = arm ? "\x02\0\x28\0" : "\x03\0\x3e\0";
  const head = `${ident}${"\0".repeat(9)}${type}\x01\0\0\0`;
  const noise = machine.persona.secret(`image:${program}`).toString("latin1");
  return (head + noise.repeat(Math.ceil(bytes / noise.length))).slice(0, bytes);
}
