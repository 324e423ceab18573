import assert from "node:assert/strict";
import { test } from "node:test";
import { personaOf } from "../testbed.ts";
import { PROGRAMS } from "./commands/programs.ts";
import { createMachine } from "./machine.ts";
import { run } from "./run.ts";
import { Shell } from "./shell.ts";

const NOW_MS = Date.UTC(2026, 4, 20, 12, 34, 56);
const WORDS = [
  "",
  "-",
  "--",
  "-n",
  "-c",
  "-1",
  "-rf",
  "-la",
  "-e",
  "--help",
  "=",
  "a=b",
  "/",
  "/etc/passwd",
  "/tmp",
  "/tmp/new/x",
  "..",
  "*",
  "1",
  "0",
  "99999999999999999999",
  "+5",
  "-5",
  "u+x",
  "999",
  "root:root",
  "@x",
  "http://[::1",
  "192.0.2.1",
  "host:1:2",
  "s/a/b/g",
  "s/(/",
  "{print $1}",
  "{print $99,NF}",
  "%s%d%*d",
  "a".repeat(5000),
  "\xff\xfe",
  "__proto__",
  "constructor",
  "toString",
  "$(id)",
  "-d",
  "-k",
  "if=/dev/zero",
  "bs=0",
  "count=-1",
];

for (const distro of ["debian-11", "centos-7", "buildroot-2018.02"]) {
  test(`no program of ${distro} throws, whatever its arguments`, { timeout: 60_000 }, () => {
    const archetype = distro.startsWith("buildroot") ? "iot-device" : "linux-server";
    const machine = createMachine(personaOf(archetype, 1, { distro }), ["root"]);
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const seat = {
      user: "root",
      fromIp: "192.0.2.9",
      fromPort: 1,
      hostIp: "10.0.0.1",
      hostPort: 22,
      loginMs: NOW_MS,
      tty: "/dev/pts/0",
      terminalType: "xterm",
      environment: new Map(),
      service: "ssh" as const,
    };
    for (const name of [
      ...PROGRAMS.builtins.keys(),
      ...PROGRAMS.external.keys(),
      "__proto__",
      "constructor",
    ]) {
      for (let round = 0; round < 12; round++) {
        const shell = new Shell(machine, seat, () => NOW_MS);
        const args = Array.from({ length: random(5) }, () => `'${WORDS[random(WORDS.length)]}'`);
        const line = `echo some text | busybox ${name} ${args.join(" ")}; ${name} ${args.join(" ")}`;
        const running = run(shell, line);
        let step = running.next(null);
        for (let count = 0; step.done !== true && count < 50; count++)
          step = running.next(random(2) === 0 ? "typed\n" : null);
        running.return(0);
        assert.ok(shell.takeOutput().length >= 0, line);
        shell.leave();
      }
    }
  });
}
