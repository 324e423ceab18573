import assert from "node:assert/strict";
import { test } from "node:test";
import { LineEditor } from "./line-editor.ts";
import { parse } from "./parse.ts";
import { Shell } from "./shell.ts";
import { ask, NOW_MS, shellOf, textOf } from "./shell-testbed.ts";

test("run() reads quotes, variables, substitutions and lists as a shell does", () => {
  for (const [line, text] of [
    [`echo "a  b" 'c $HOME' d\\ e`, "a  b c $HOME d e\n"],
    ["x=5; echo $x ${x:-6} ${y:-6} ${#x} $((x * 2 + 1))", "5 5 6 1 11\n"],
    ["echo $(echo one; echo two) `echo three`", "one two three\n"],
    ["false && echo no || echo yes", "yes\n"],
    ["true && echo yes; echo $?", "yes\n0\n"],
    ["for i in 1 2 3; do echo -n $i; done; echo", "123\n"],
    ["if [ -f /etc/passwd ]; then echo there; else echo not; fi", "there\n"],
    ["i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n"],
    ["case abc in a*) echo a;; *) echo other;; esac", "a\n"],
    ["f() { echo got $1; }; f it", "got it\n"],
    ["cat <<END\na $HOME\nEND", "a /root\n"],
    ["echo hello | tr a-z A-Z | rev", "OLLEH\n"],
    ["((i=3)); for ((j=0;j<2;j++)); do echo -n $((i+=j)); done; echo", "34\n"],
    ["function f { echo hi $1; }; f you; x=abc; echo ${x^^} ${x^}", "hi you\nABC Abc\n"],
    ["exec 3>&1; echo to three >&3; (( 0 )) || echo zero", "to three\nzero\n"],
    ["echo {a,b}{1..2}", "a1 a2 b1 b2\n"],
    ["(cd /tmp; pwd); pwd", "/tmp\n/root\n"],
    ["echo /etc/host*", "/etc/hostname /etc/hosts\n"],
    ["printf '%s-%03d\\n' a 7", "a-007\n"],
    ["ls /nope 2>&1 >/dev/null | wc -l", "1\n"],
    ["echo f0VMRg== | base64 -d | hexdump -C | head -1 | cut -c1-20", "00000000  7f 45 4c 4\n"],
  ] as const) {
    assert.equal(textOf(line), text, line);
  }
});

test("run() says what an unknown command says, and 127", () => {
  assert.deepEqual(ask(shellOf(), "nonesuch -x"), {
    rc: 127,
    text: "-bash: nonesuch: command not found\n",
    sleptMs: 0,
  });
  assert.deepEqual(
    ask(shellOf(), "./nonesuch").text,
    "-bash: ./nonesuch: No such file or directory\n",
  );
  assert.equal(ask(shellOf(), "/bin/busybox ECCHI").text, "ECCHI: applet not found\n");
});

test("run() keeps what a visitor writes for his next session, and from other visitors", () => {
  const shell = shellOf();
  ask(shell, "cd /tmp; echo 'echo ran $1' > x.sh; chmod +x x.sh");
  assert.equal(
    ask(shell, "./x.sh twice; ls -l x.sh | cut -c1-10; sh x.sh three").text,
    "ran twice\n-rwxr-xr-x\nran three\n",
  );
  shell.leave();
  const again = new Shell(shell.machine, shell.seat, shell.nowMs);
  assert.equal(ask(again, "/tmp/x.sh again").text, "ran again\n");
  const other = new Shell(shell.machine, { ...shell.seat, fromIp: "192.0.2.77" }, shell.nowMs);
  assert.equal(ask(other, "cat /tmp/x.sh").text, "cat: /tmp/x.sh: No such file or directory\n");
});

test("run() never runs what was brought: it is no program of the machine's", () => {
  const shell = shellOf();
  const { rc, text } = ask(shell, "cd /tmp; printf '\\x7fELF\\x02' > m; chmod 777 m; ./m");
  assert.deepEqual(
    [rc, text],
    [126, "-bash: ./m: cannot execute binary file: Exec format error\n"],
  );
});

test("run() lets wget and curl fail after a while, and tells what they wanted", () => {
  const shell = shellOf();
  const { rc, text, sleptMs } = ask(
    shell,
    "wget -q http://example.test/a.sh; curl -O http://192.0.2.1:8080/b",
  );
  assert.equal(rc, 28);
  assert.match(text, /Failed to connect to 192\.0\.2\.1 port 8080: Connection timed out/);
  assert.ok(sleptMs > 5000);
  assert.deepEqual(
    shell.takeDeeds().map((deed) => (deed.kind === "download" ? deed.url : deed.kind)),
    ["http://example.test/a.sh", "http://192.0.2.1:8080/b"],
  );
});

test("a machine's figures agree wherever they are told", () => {
  const shell = shellOf();
  const { persona } = shell.machine;
  assert.equal(textOf("nproc", shell), `${persona.hardware.cores}\n`);
  assert.equal(textOf("grep -c ^processor /proc/cpuinfo", shell), `${persona.hardware.cores}\n`);
  assert.match(
    textOf("grep MemTotal /proc/meminfo", shell),
    new RegExp(`${persona.hardware.memoryKb} kB`),
  );
  assert.match(textOf("free -k", shell), new RegExp(`Mem: +${persona.hardware.memoryKb} `));
  const upSeconds = (NOW_MS - persona.bootedMs) / 1000;
  assert.equal(textOf("cut -d' ' -f1 /proc/uptime", shell), `${upSeconds.toFixed(2)}\n`);
  assert.match(textOf("ifconfig", shell), new RegExp(persona.macAddress));
  assert.match(textOf("cat /sys/class/net/*/address", shell), new RegExp(persona.macAddress));
  assert.equal(
    textOf("hostname; cat /etc/hostname; uname -n", shell),
    `${persona.hostname}\n`.repeat(3),
  );
  assert.match(
    textOf("uname -a", shell),
    new RegExp(`^Linux ${persona.hostname} ${persona.release.kernelRelease} `),
  );
});

test("two machines differ in what an attacker compares, and each is the same again", () => {
  for (const line of [
    "cat /etc/shadow",
    "uname -n",
    "cat /etc/machine-id",
    "ip a",
    "ps aux",
    "last",
    "md5sum /bin/ls",
  ]) {
    assert.equal(textOf(line, shellOf(1)), textOf(line, shellOf(1)), line);
    assert.notEqual(textOf(line, shellOf(1)), textOf(line, shellOf(2)), line);
  }
});

test("every distribution has its own words for itself", () => {
  for (const distro of [
    "debian-10",
    "debian-11",
    "ubuntu-18.04",
    "ubuntu-20.04",
    "centos-7",
    "almalinux-8",
  ]) {
    const shell = shellOf(3, { distro });
    assert.ok(textOf(". /etc/os-release; echo $PRETTY_NAME", shell).length > 5, distro);
    for (const line of [
      "id",
      "w",
      "ps aux",
      "df -h",
      "free -m",
      "ls -la /etc /root /proc",
      "cat /etc/passwd",
      "ss -tlnp",
    ]) {
      const { rc, text } = ask(shell, line);
      assert.equal(rc, 0, `${distro}: ${line}: ${text}`);
    }
  }
  const camera = shellOf(1, { distro: "buildroot-2018.02", archetype: "iot-device" });
  assert.match(textOf("ps; cat /proc/cpuinfo; mount", camera), /telnetd[^]*ARMv7[^]*squashfs/);
});

test("run() gives each iteration of a loop its own line, and a script its line numbers", () => {
  const shell = shellOf();
  assert.equal(
    ask(shell, "printf 'a b\\nc\\n' | while read x y; do echo $x-$y; done").text,
    "a-b\nc-\n",
  );
  ask(shell, "printf '#!/bin/bash\\ntrue\\nnope\\n' > s; printf 'true\\nnope\\n' > t; chmod +x s");
  assert.equal(ask(shell, "./s").text, "./s: line 3: nope: command not found\n");
  assert.equal(ask(shell, "sh t").text, "t: 2: nope: not found\n");
});

test("run() starts jobs beside the prompt and tells of files that were written", () => {
  const shell = shellOf(1, { tty: true });
  const { text, sleptMs } = ask(shell, "sleep 300 & echo next");
  assert.match(text, /^\[1\] \d+\nnext\n$/);
  assert.equal(sleptMs, 0);
  ask(shell, "echo -ne '\\x7fELF' > /tmp/.m; echo -ne '\\x02' >> /tmp/.m; cp /tmp/.m /tmp/n");
  assert.deepEqual(shell.takeDeeds(), []);
  const [deed, ...others] = ask(shell, "rm /tmp/.m") && shell.takeDeeds(true);
  assert.ok(deed?.kind === "file");
  assert.deepEqual(
    [deed.path, deed.via, deed.bytes, deed.content],
    ["/tmp/.m", "shell", 5, ["f0VMRgI="]],
  );
  assert.deepEqual(others, []);
});

test("an account without power is refused what only root may", () => {
  const shell = shellOf(1, { user: "guest" });
  assert.equal(ask(shell, "cat /etc/shadow").text, "cat: /etc/shadow: Permission denied\n");
  assert.equal(
    ask(shell, "ls /root").text,
    "ls: cannot open directory '/root': Permission denied\n",
  );
  assert.equal(ask(shell, "echo x > /etc/x").text, "-bash: /etc/x: Permission denied\n");
  assert.match(
    ask(shell, "sudo id", ["one\n", "two\n", "three\n"]).text,
    /3 incorrect password attempts/,
  );
});

test("run() bounds loops, recursion, output, files and patterns", { timeout: 20_000 }, () => {
  const shell = shellOf();
  for (const line of [
    ":(){ :|:& };:",
    "while true; do echo x; done",
    "f() { f; f; }; f",
    "for i in {1..1000}; do for j in {1..1000}; do echo $i; done; done",
    "cat /bin/* /bin/* /bin/*",
    "yes | head -100000 | sort | uniq -c",
    "echo 'while :; do sh x; done' > x; sh x",
    "dd if=/dev/zero of=/tmp/big bs=1M count=100000",
    `grep -E '(a+)+$' <<< ${"a".repeat(60)}!`,
    `echo ${"$(".repeat(60)}${")".repeat(60)}`,
    `echo ${"{a,b}".repeat(30)} | wc -c`,
    "x=aaaaaaaa; for i in {1..100}; do x=$x$x; done; echo ${#x}",
    "find / -name '*a*' | xargs cat | md5sum",
    "rm -rf /* ; ls /",
  ]) {
    const { text } = ask(shell, line);
    assert.ok(text.length <= 1024 * 1024 + 100, line);
  }
  assert.ok(
    ask(shell, "for i in {1..3000}; do touch /tmp/f$i; done; touch /tmp/last").text.length > 0,
  );
});

test("parse() never throws, whatever the text", () => {
  const shell = shellOf(9);
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const bits = [
    "'",
    '"',
    "`",
    "$(",
    ")",
    "${",
    "}",
    "|",
    "&&",
    ";",
    "\n",
    "<<E",
    ">",
    "if",
    "then",
    "fi",
    "for",
    " ",
    "a",
    "$x",
    "\\",
    "(",
    "{",
    "case",
    "in",
    "esac",
    "E",
  ];
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: 1 + random(20) }, () => bits[random(bits.length)]).join("");
    assert.match(parse(text).kind, /^(command|incomplete|wrong)$/);
    ask(shell, text);
  }
});

test("LineEditor edits as readline does", () => {
  const type = (keys: string, history: string[] = []) => {
    const editor = new LineEditor(history);
    let line = "";
    for (const key of keys) {
      const edit = editor.key(key);
      if (edit.kind === "line") line = edit.text;
    }
    return line;
  };
  assert.equal(type("helo\x1b[Dl\r"), "hello");
  assert.equal(type("wrong\x15right\r"), "right");
  assert.equal(type("one two\x17three\r"), "one three");
  assert.equal(type("\x1b[A\x1b[A\x1b[B!\r", ["first", "second"]), "second!");
  assert.equal(type("bc\x01a\x05d\r"), "abcd");
  assert.equal(type("gr\xc3\xbc\x7fu\r"), "gru");
});
