import { type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import { type Package, packagesOf } from "../packages.ts";
import type { Running } from "../shell.ts";

const RESOLVE_MS = 4000;
const LAST_SIGNED = "(none)";

const installed = (call: Call) => packagesOf(call.shell.machine.persona);

function fitting(packages: readonly Package[], patterns: readonly string[]): readonly Package[] {
  if (patterns.length === 0) return packages;
  return packages.filter(({ name }) =>
    patterns.some((pattern) =>
      pattern.includes("*") ? name.startsWith(pattern.split("*")[0] ?? "") : name === pattern,
    ),
  );
}

function dpkg(call: Call): number {
  const [action = "", ...operands] = call.args;
  const packages = installed(call);
  if (action === "--version") {
    const version = packages.find(({ name }) => name === "dpkg")?.version ?? "1.20.12";
    call.out(`Debian 'dpkg' package management program version ${version} (amd64).\n`);
    return 0;
  }
  if (action === "--print-architecture") {
    call.out("amd64\n");
    return 0;
  }
  if (action === "-l" || action === "--list") return dpkgList(call, operands);
  if (action === "-s" || action === "--status") {
    let rc = 0;
    for (const name of operands) {
      const one = packages.find((each) => each.name === name);
      if (one === undefined) {
        call.err(
          `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n`,
        );
        rc = 1;
      } else {
        call.out(
          `Package: ${name}\nStatus: install ok installed\nPriority: optional\nArchitecture: ${one.architecture}\nVersion: ${one.version}\n\n`,
        );
      }
    }
    return rc;
  }
  if (action === "--get-selections") {
    for (const { name } of packages) call.out(`${name.padEnd(47)} install\n`);
    return 0;
  }
  if (action === "-i" || action === "--install" || action === "-r" || action === "-P") {
    return fail(
      call,
      "error: requested operation requires superuser privilege".replace(/^/, ""),
      2,
    );
  }
  return fail(
    call,
    "error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];\nUse 'apt' or 'aptitude' for user-friendly package management;",
    2,
  );
}

function dpkgList(call: Call, patterns: readonly string[]): number {
  const found = fitting(installed(call), patterns);
  if (found.length === 0) {
    for (const name of patterns) call.err(`dpkg-query: no packages found matching ${name}\n`);
    return 1;
  }
  const width = (of: (one: Package) => string, least: number) =>
    Math.max(least, ...found.map((one) => of(one).length));
  const [name, version] = [width((one) => one.name, 14), width((one) => one.version, 12)];
  call.out(
    `Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ ${"Name".padEnd(name)} ${"Version".padEnd(version)} Architecture Description\n+++-${"=".repeat(name)}-${"=".repeat(version)}-============-=================================\n`,
  );
  for (const one of found) {
    call.out(
      `ii  ${one.name.padEnd(name)} ${one.version.padEnd(version)} ${one.architecture.padEnd(12)} ${one.name}\n`,
    );
  }
  return 0;
}

function rpm(call: Call): number {
  const { flags, operands } = optionsOf(call.args, null);
  if (flags.has("version")) {
    const version = installed(call)
      .find(({ name }) => name === "rpm")
      ?.version.split("-")[0];
    call.out(`RPM version ${version}\n`);
    return 0;
  }
  if (!flags.has("q")) {
    call.err("RPM version 4.11.3\nCopyright (C) 1998-2002 - Red Hat, Inc.\n");
    return 1;
  }
  const label = (one: Package) => `${one.name}-${one.version}.${one.architecture}`;
  if (flags.has("a")) {
    for (const one of fitting(installed(call), operands)) call.out(`${label(one)}\n`);
    return 0;
  }
  let rc = 0;
  for (const name of operands) {
    const one = installed(call).find((each) => each.name === name);
    if (one === undefined) {
      call.out(`package ${name} is not installed\n`);
      rc = 1;
    } else if (flags.has("i")) {
      const { installedMs, timeZone } = call.shell.machine.persona;
      const [version, release] = one.version.split(/-(.*)/);
      call.out(
        `Name        : ${name}\nVersion     : ${version}\nRelease     : ${release}\nArchitecture: ${one.architecture}\nInstall Date: ${strftime("%a %d %b %Y %I:%M:%S %p %Z", installedMs, timeZone)}\nSignature   : ${LAST_SIGNED}\n`,
      );
    } else call.out(`${label(one)}\n`);
  }
  return rc;
}

function* apt(call: Call): Running {
  const { shell } = call;
  const { persona } = shell.machine;
  const [verb = "", ...names] = call.args.filter((arg) => !arg.startsWith("-"));
  const ubuntu = persona.release.osId === "ubuntu";
  const [host, path] = ubuntu ? ["archive.ubuntu.com", "ubuntu"] : ["deb.debian.org", "debian"];
  const version = installed(call).find(({ name }) => name === "apt")?.version ?? "2.2.4";
  if (verb === "") {
    call.out(`apt ${version} (amd64)\nUsage: ${call.name} [options] command\n`);
    return 0;
  }
  if (verb === "list") {
    if (call.name === "apt")
      call.err(
        "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n",
      );
    call.out("Listing... Done\n");
    for (const one of fitting(installed(call), names)) {
      call.out(
        `${one.name}/${persona.release.codename},now ${one.version} ${one.architecture} [installed]\n`,
      );
    }
    return 0;
  }
  if (verb === "policy" || verb === "show") return policy(call, names);
  if (verb === "search") return 0;
  if (shell.account.uid !== 0) {
    const lock = verb === "update" ? "/var/lib/apt/lists/lock" : "/var/lib/dpkg/lock-frontend";
    call.err(
      `E: Could not open lock file ${lock} - open (13: Permission denied)\nE: Unable to ${verb === "update" ? "lock directory /var/lib/apt/lists/" : "acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?"}\n`,
    );
    return 100;
  }
  if (verb === "update") {
    const { codename } = persona.release;
    const suites = ["", "-updates", "-security"].map((part) => `${codename}${part}`);
    for (const [index, suite] of suites.entries()) {
      yield { kind: "sleep", ms: RESOLVE_MS };
      call.out(
        `Err:${index + 1} http://${host}/${path} ${suite} InRelease\n  Temporary failure resolving '${host}'\n`,
      );
    }
    call.out("Reading package lists... Done\n");
    for (const suite of suites) {
      call.err(
        `W: Failed to fetch http://${host}/${path}/dists/${suite}/InRelease  Temporary failure resolving '${host}'\n`,
      );
    }
    call.err(
      "W: Some index files failed to download. They have been ignored, or old ones used instead.\n",
    );
    return 0;
  }
  call.out(
    "Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n",
  );
  const known = new Map(installed(call).map((one) => [one.name, one.version]));
  if (verb === "install") {
    const missing = names.filter((name) => !known.has(name));
    for (const name of missing) call.err(`E: Unable to locate package ${name}\n`);
    if (missing.length > 0) return 100;
    for (const name of names)
      call.out(`${name} is already the newest version (${known.get(name)}).\n`);
  }
  if (verb === "upgrade" || verb === "dist-upgrade") call.out("Calculating upgrade... Done\n");
  if (verb === "remove" || verb === "purge") {
    for (const name of names.filter((one) => !known.has(one)))
      call.err(`Package '${name}' is not installed, so not removed\n`);
  }
  call.out("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n");
  return 0;
}

function policy(call: Call, names: readonly string[]): number {
  for (const name of names) {
    const one = installed(call).find((each) => each.name === name);
    if (one === undefined) continue;
    call.out(
      `${name}:\n  Installed: ${one.version}\n  Candidate: ${one.version}\n  Version table:\n *** ${one.version} 100\n        100 /var/lib/dpkg/status\n`,
    );
  }
  return 0;
}

function* yum(call: Call): Running {
  const { machine, account } = call.shell;
  const [verb = "", ...names] = call.args.filter((arg) => !arg.startsWith("-"));
  const el7 = machine.persona.release.osId === "centos";
  if (verb === "list" || (verb === "info" && names.length > 0)) {
    if (el7) call.out("Loaded plugins: fastestmirror\n");
    call.out("Installed Packages\n");
    for (const one of fitting(
      installed(call),
      names.filter((name) => name !== "installed"),
    )) {
      call.out(
        `${`${one.name}.${one.architecture}`.padEnd(40)} ${one.version.padEnd(30)} ${el7 ? "@base" : "@baseos"}\n`,
      );
    }
    return 0;
  }
  if (account.uid !== 0) {
    call.err(
      el7
        ? "Loaded plugins: fastestmirror\nYou need to be root to perform this command.\n"
        : "Error: This command has to be run with superuser privileges (under the root user on most systems).\n",
    );
    return 1;
  }
  yield { kind: "sleep", ms: RESOLVE_MS };
  if (el7) {
    call.out("Loaded plugins: fastestmirror\nDetermining fastest mirrors\n");
    call.err(
      `Could not retrieve mirrorlist http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os&infra=stock error was\n14: curl#6 - "Could not resolve host: mirrorlist.centos.org; Unknown error"\n`,
    );
  } else {
    call.err(
      "AlmaLinux 8 - BaseOS                            0.0  B/s |   0  B     00:00    \nErrors during downloading metadata for repository 'baseos':\n  - Curl error (6): Couldn't resolve host name for https://mirrors.almalinux.org/mirrorlist/8/baseos [Could not resolve host: mirrors.almalinux.org]\nError: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist: Curl error (6): Couldn't resolve host name\n",
    );
  }
  return 1;
}

export const PACKAGES = {
  apt,
  "apt-get": apt,
  "apt-cache": apt,
  yum,
  dnf: yum,
  dpkg,
  "dpkg-query": dpkg,
  rpm,
};
