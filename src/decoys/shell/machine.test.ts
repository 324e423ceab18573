import assert from "node:assert/strict";
import { test } from "node:test";
import { Shell } from "./shell.ts";
import { ask, shellOf } from "./shell-testbed.ts";

test("a decky's sockets, processes, units, pid files and packages tell of the same services", () => {
  for (const [distro, archetype, server] of [
    ["debian-11", "web-server", "nginx|apache2"],
    ["ubuntu-20.04", "database-server", "redis-server"],
    ["centos-7", "linux-server", "nginx|httpd"],
    ["almalinux-8", "database-server", "redis"],
  ] as const) {
    const shell = shellOf(5, { distro, archetype });
    const told = (line: string) => ask(shell, line).text;
    const [, pid = "", name = ""] =
      new RegExp(`LISTEN +(\\d+)/(${server})`).exec(told("netstat -tlnp")) ?? [];
    assert.notEqual(pid, "", `${distro}: ${told("netstat -tlnp")}`);
    assert.match(told("ss -tlnp"), new RegExp(`\\("${name}[\\w-]*",pid=${pid},fd=\\d+\\)`));
    assert.match(told(`ps -p ${pid}`), new RegExp(name));
    assert.match(
      told("systemctl status redis nginx apache2 httpd"),
      new RegExp(`Main PID: ${pid} `),
    );
    assert.match(
      told("lsof -i"),
      new RegExp(`^${name.slice(0, 5)}\\S* +${pid} .*\\(LISTEN\\)`, "m"),
    );
    const port = archetype === "database-server" ? "18EB" : "0050";
    assert.match(told("cat /proc/net/tcp /proc/net/tcp6"), new RegExp(`:${port} 0+:0000 0A`));
    assert.match(told("dpkg -l; rpm -qa"), new RegExp(`\\b${name}`));
    assert.match(told(`cat /proc/${pid}/comm`), new RegExp(`^${name}`));
    const kept = told(
      "cat /run/nginx.pid /run/apache2/apache2.pid /run/httpd/httpd.pid /run/redis/*.pid",
    );
    if (distro !== "almalinux-8") assert.match(kept, new RegExp(`^${pid}$`, "m"));
  }
});

test("a visitor finds himself among users, processes and connections", () => {
  const shell = shellOf(1, { tty: true });
  assert.match(ask(shell, "w").text, /^root +pts\/0 +192\.0\.2\.9/m);
  assert.match(
    ask(shell, "netstat -tnp").text,
    /10\.1\.2\.3:22 +192\.0\.2\.9:4242 +ESTABLISHED \d+\/sshd: root@pts/,
  );
  const parent = /^root +(\d+) .*sshd: root@pts\/0$/m.exec(ask(shell, "ps aux").text)?.[1];
  assert.match(
    ask(shell, "ps -ef").text,
    new RegExp(`^root +${shell.pid} +${parent} .*-bash$`, "m"),
  );
  assert.match(ask(shell, "ps aux | grep nginx").text, /grep nginx$/m);
  assert.equal(ask(shell, "cat /proc/$$/comm; cat /proc/self/comm").text, "bash\nbash\n");
  const second = new Shell(shell.machine, { ...shell.seat, tty: "/dev/pts/1" }, shell.nowMs);
  assert.equal(ask(shell, "who | wc -l").text, "2\n");
  second.leave();
  assert.equal(ask(shell, "who | wc -l").text, "1\n");
});
