/** One release of a distribution, with the versions that it really ships together. */
export interface Release {
  /** Such as `debian-11`. */
  readonly id: string;
  /** Such as `Debian GNU/Linux 11 (bullseye)`. */
  readonly prettyName: string;
  /** `ID` of os-release, such as `debian`. */
  readonly osId: string;
  /** `VERSION_ID` of os-release. */
  readonly versionId: string;
  readonly codename: string;
  readonly baseImage: string;
  readonly nmapOs: string;
  /** As `uname -r` and `uname -v` print them. */
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  /** As `uname -m` prints it. */
  readonly machine: string;
  /**
   * What runs there, as it names itself:
   * - `ssh`: the software part of the identification, such as `OpenSSH_8.4p1 Debian-5+deb11u3`
   * - `nginx`, `apache`: the Server header of either; `http`: that of the one which this persona runs
   * - `redis`, `redisBuild`, `gcc`: as `INFO server` names them
   * - `busybox`: its first line; absent where the distribution has no package of it
   */
  readonly versions: Readonly<Record<string, string>>;
}

type Distribution = Omit<Release, "kernelRelease" | "kernelVersion" | "versions"> & {
  readonly versions: Readonly<Record<string, string>>;
};

/** One state of its updates: what a machine had that was last updated then. */
interface Updates {
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  readonly versions: Readonly<Record<string, string>>;
}

function updated(distribution: Distribution, ...states: readonly Updates[]): readonly Release[] {
  return states.map((state) => ({
    ...distribution,
    ...state,
    versions: { ...distribution.versions, ...state.versions },
  }));
}

/**
 * Several rows share an id: machines of one release differ in how lately they were updated.
 * OpenSSH is never later than 8.4, since 8.5 put a key exchange first that `ssh2` does not speak.
 */
export const RELEASES: readonly Release[] = [
  ...updated(
    {
      id: "debian-10",
      prettyName: "Debian GNU/Linux 10 (buster)",
      osId: "debian",
      versionId: "10",
      codename: "buster",
      baseImage: "debian:buster",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        nginx: "nginx/1.14.2",
        redis: "5.0.14",
        redisBuild: "ddd3b1f304a7d4d5",
        gcc: "8.3.0",
        busybox: "BusyBox v1.30.1 (Debian 1:1.30.1-4)",
      },
    },
    {
      kernelRelease: "4.19.0-21-amd64",
      kernelVersion: "#1 SMP Debian 4.19.249-2 (2022-06-30)",
      versions: { ssh: "OpenSSH_7.9p1 Debian-10+deb10u2", apache: "Apache/2.4.38 (Debian)" },
    },
    {
      kernelRelease: "4.19.0-27-amd64",
      kernelVersion: "#1 SMP Debian 4.19.316-1 (2024-06-25)",
      versions: { ssh: "OpenSSH_7.9p1 Debian-10+deb10u4", apache: "Apache/2.4.59 (Debian)" },
    },
  ),
  ...updated(
    {
      id: "debian-11",
      prettyName: "Debian GNU/Linux 11 (bullseye)",
      osId: "debian",
      versionId: "11",
      codename: "bullseye",
      baseImage: "debian:bullseye",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        nginx: "nginx/1.18.0",
        redis: "6.0.16",
        redisBuild: "d4b5be3f91fa055c",
        gcc: "10.2.1",
        busybox: "BusyBox v1.30.1 (Debian 1:1.30.1-6+b3)",
      },
    },
    {
      kernelRelease: "5.10.0-20-amd64",
      kernelVersion: "#1 SMP Debian 5.10.158-2 (2022-12-13)",
      versions: { ssh: "OpenSSH_8.4p1 Debian-5+deb11u1", apache: "Apache/2.4.54 (Debian)" },
    },
    {
      kernelRelease: "5.10.0-23-amd64",
      kernelVersion: "#1 SMP Debian 5.10.179-1 (2023-05-12)",
      versions: { ssh: "OpenSSH_8.4p1 Debian-5+deb11u1", apache: "Apache/2.4.56 (Debian)" },
    },
    {
      kernelRelease: "5.10.0-33-amd64",
      kernelVersion: "#1 SMP Debian 5.10.226-1 (2024-10-03)",
      versions: { ssh: "OpenSSH_8.4p1 Debian-5+deb11u3", apache: "Apache/2.4.62 (Debian)" },
    },
  ),
  ...updated(
    {
      id: "ubuntu-18.04",
      prettyName: "Ubuntu 18.04.6 LTS",
      osId: "ubuntu",
      versionId: "18.04",
      codename: "bionic",
      baseImage: "ubuntu:18.04",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        nginx: "nginx/1.14.0 (Ubuntu)",
        apache: "Apache/2.4.29 (Ubuntu)",
        redis: "4.0.9",
        redisBuild: "9435c3c2879311f3",
        gcc: "7.4.0",
        busybox: "BusyBox v1.27.2 (Ubuntu 1:1.27.2-2ubuntu3.4)",
      },
    },
    {
      kernelRelease: "4.15.0-213-generic",
      kernelVersion: "#224-Ubuntu SMP Mon Jun 19 13:30:12 UTC 2023",
      versions: { ssh: "OpenSSH_7.6p1 Ubuntu-4ubuntu0.7" },
    },
  ),
  ...updated(
    {
      id: "ubuntu-20.04",
      prettyName: "Ubuntu 20.04.6 LTS",
      osId: "ubuntu",
      versionId: "20.04",
      codename: "focal",
      baseImage: "ubuntu:20.04",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        nginx: "nginx/1.18.0 (Ubuntu)",
        apache: "Apache/2.4.41 (Ubuntu)",
        redis: "5.0.7",
        redisBuild: "66bd629f924ac924",
        gcc: "9.3.0",
        busybox: "BusyBox v1.30.1 (Ubuntu 1:1.30.1-4ubuntu6.4)",
      },
    },
    {
      kernelRelease: "5.4.0-122-generic",
      kernelVersion: "#138-Ubuntu SMP Wed Jun 22 15:00:31 UTC 2022",
      versions: { ssh: "OpenSSH_8.2p1 Ubuntu-4ubuntu0.5" },
    },
    {
      kernelRelease: "5.4.0-169-generic",
      kernelVersion: "#187-Ubuntu SMP Thu Nov 23 14:52:28 UTC 2023",
      versions: { ssh: "OpenSSH_8.2p1 Ubuntu-4ubuntu0.11" },
    },
  ),
  ...updated(
    {
      id: "centos-7",
      prettyName: "CentOS Linux 7 (Core)",
      osId: "centos",
      versionId: "7",
      codename: "Core",
      baseImage: "centos:7",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        ssh: "OpenSSH_7.4",
        nginx: "nginx/1.20.1",
        apache: "Apache/2.4.6 (CentOS)",
        redis: "3.2.12",
        redisBuild: "7897e7d0e13773f",
        gcc: "4.8.5",
      },
    },
    {
      kernelRelease: "3.10.0-1160.92.1.el7.x86_64",
      kernelVersion: "#1 SMP Tue Jun 20 11:48:01 UTC 2023",
      versions: {},
    },
    {
      kernelRelease: "3.10.0-1160.108.1.el7.x86_64",
      kernelVersion: "#1 SMP Thu Jan 25 16:17:31 UTC 2024",
      versions: {},
    },
  ),
  ...updated(
    {
      id: "almalinux-8",
      prettyName: "AlmaLinux 8.8 (Sapphire Caracal)",
      osId: "almalinux",
      versionId: "8.8",
      codename: "Sapphire Caracal",
      baseImage: "almalinux:8",
      nmapOs: "linux",
      machine: "x86_64",
      versions: {
        ssh: "OpenSSH_8.0",
        nginx: "nginx/1.14.1",
        apache: "Apache/2.4.37 (AlmaLinux)",
        redis: "5.0.3",
        redisBuild: "d76aa7e3f6a5cce1",
        gcc: "8.4.1",
      },
    },
    {
      kernelRelease: "4.18.0-477.15.1.el8_8.x86_64",
      kernelVersion: "#1 SMP Mon Jul 24 04:58:00 EDT 2023",
      versions: {},
    },
  ),
  ...updated(
    {
      id: "buildroot-2018.02",
      prettyName: "Buildroot 2018.02.11",
      osId: "buildroot",
      versionId: "2018.02.11",
      codename: "",
      baseImage: "busybox:1.27.2",
      nmapOs: "embedded",
      machine: "armv7l",
      versions: {
        ssh: "OpenSSH_7.6",
        nginx: "nginx/1.12.2",
        apache: "Apache/2.4.29 (Unix)",
        redis: "3.2.11",
        redisBuild: "2d5b9a0c41e7f36b",
        gcc: "6.4.0",
      },
    },
    {
      kernelRelease: "4.9.37",
      kernelVersion: "#1 SMP Wed Aug 14 11:09:47 CST 2019",
      versions: { busybox: "BusyBox v1.27.2 (2019-08-14 10:52:31 CST)" },
    },
    {
      kernelRelease: "3.18.20",
      kernelVersion: "#1 Thu May 23 17:42:10 CST 2019",
      versions: { busybox: "BusyBox v1.27.2 (2019-05-23 16:58:03 CST)" },
    },
  ),
];

/** Ids that a decky's `distro` may have. */
export const RELEASE_IDS: readonly string[] = [...new Set(RELEASES.map(({ id }) => id))];
