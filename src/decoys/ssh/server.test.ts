import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Persona } from "../persona.ts";
import { hostKeysOf } from "../shell/host-keys.ts";
import { startDecoy } from "../testbed.ts";
import { sshDecoy } from "./server.ts";
import { debian, passwordOf, ssh } from "./ssh-testbed.ts";

const run = promisify(execFile);

async function keysOf(t: TestContext, persona: Persona): Promise<string[]> {
  const decoy = await startDecoy(t, sshDecoy, persona);
  const { stdout } = await run("ssh-keyscan", ["-p", String(decoy.port), "127.0.0.1"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").slice(1).join(" "))
    .toSorted();
}

test("sshDecoy runs a command for OpenSSH's client with the weak password, and records it", async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  const { rc, stdout, stderr } = await ssh(decoy, passwordOf(persona), [
    "root@127.0.0.1",
    "uname -n; id -u; ls /nope",
  ]);
  assert.equal(stdout, `${persona.hostname}\n0\n`);
  assert.equal(stderr, "ls: cannot access '/nope': No such file or directory\n");
  assert.equal(rc, 2);
  const attempts = decoy.events
    .filter(({ kind }) => kind === "ssh.login.attempt")
    .map(({ data }) => data);
  assert.deepEqual(attempts, [
    { user: "root", method: "none", success: false },
    { user: "root", method: "password", password: passwordOf(persona), success: true },
  ]);
  const command = decoy.events.find(({ kind }) => kind === "ssh.command");
  assert.deepEqual(command?.data, { input: "uname -n; id -u; ls /nope", rc: 2 });
  const client = decoy.events.find(({ kind }) => kind === "ssh.client")?.data;
  assert.match(String(client?.["ident"]), /^SSH-2\.0-OpenSSH_/);
  assert.match(String(client?.["hassh"]), /^[0-9a-f]{32}$/);
});

test("sshDecoy pipes standard input into a command, byte for byte", async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  const { stdout } = await ssh(
    decoy,
    passwordOf(persona),
    ["root@127.0.0.1", "cat > /tmp/x; wc -c /tmp/x; base64 /tmp/x"],
    "\x7fELF\x01",
  );
  assert.equal(stdout, "5 /tmp/x\nf0VMRgE=\n");
});

test("sshDecoy gives an interactive shell with prompt, history keys and exit", async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  const { rc, stdout } = await ssh(
    decoy,
    passwordOf(persona),
    ["-tt", "root@127.0.0.1"],
    "echo one twp\x7fo\r\x1b[A\rcd /tmp\rfalse\rexit\r",
  );
  const host = persona.hostname.split(".")[0];
  assert.ok(stdout.includes(`Linux ${persona.hostname} ${persona.release.kernelRelease}`), stdout);
  assert.match(stdout, /Last login: /);
  assert.ok(stdout.includes(`root@${host}:~# `), stdout);
  assert.equal(stdout.split("\r\none two\r\n").length, 3, stdout);
  assert.ok(stdout.includes(`root@${host}:/tmp# exit\r\nlogout\r\n`), stdout);
  assert.equal(rc, 1);
  const inputs = decoy.events
    .filter(({ kind }) => kind === "ssh.command")
    .map(({ data }) => data["input"]);
  assert.deepEqual(inputs, ["echo one two", "echo one two", "cd /tmp", "false", "exit"]);
});

test("sshDecoy records a wrong password and refuses it only after a while", async (t) => {
  const decoy = await startDecoy(t, sshDecoy, debian(1));
  const denied = ssh(decoy, "not the password", ["root@127.0.0.1"]);
  while (decoy.events.length < 3) await new Promise(setImmediate);
  decoy.pass(3000);
  const { rc, stderr } = await denied;
  assert.equal(rc, 255);
  assert.match(stderr, /Permission denied \(publickey,password\)/);
  assert.equal(decoy.events.at(-1)?.data["password"], "not the password");
  assert.equal(decoy.events.at(-1)?.data["success"], false);
});

test("sshDecoy offers the same host keys after a restart, and others for another decky", async (t) => {
  const [first, again, other] = [
    await keysOf(t, debian(1)),
    await keysOf(t, debian(1)),
    await keysOf(t, debian(2)),
  ];
  assert.equal(first.length, 3);
  assert.deepEqual(again, first);
  for (const key of other) assert.ok(!first.includes(key));
  assert.deepEqual(
    first.map((key) => key.split(" ")[0]),
    ["ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa"],
  );
});

test("hostKeysOf() leaves the loop free while it looks for primes", async () => {
  let turns = 0;
  let done = false;
  const spin = () => {
    turns++;
    if (!done) setImmediate(spin);
  };
  setImmediate(spin);
  await hostKeysOf(debian(3));
  done = true;
  assert.ok(turns > 50, `${turns} turns of the loop`);
});

test("sshDecoy refuses forwarding, and records that and a subsystem", async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  const forward = await ssh(decoy, passwordOf(persona), ["-W", "192.0.2.1:80", "root@127.0.0.1"]);
  assert.notEqual(forward.rc, 0);
  await ssh(decoy, passwordOf(persona), ["-s", "root@127.0.0.1", "sftp"]);
  const requests = decoy.events
    .filter(({ kind }) => kind === "ssh.request")
    .map(({ data }) => data);
  assert.deepEqual(
    requests.find((data) => data["type"] === "direct-tcpip"),
    { type: "direct-tcpip", host: "192.0.2.1", port: 80 },
  );
  assert.deepEqual(
    requests.find((data) => data["type"] === "subsystem"),
    { type: "subsystem", name: "sftp" },
  );
});

test("sshDecoy hangs up after the sixth failure in the words of sshd", async (t) => {
  const decoy = await startDecoy(t, sshDecoy, debian(1));
  const keys = await import("ssh2");
  const stderr = await new Promise<string>((resolve) => {
    const client = new keys.default.Client();
    const tries = Array.from({ length: 10 }, (_, index) => `try ${index}`);
    client.on("error", (error) => resolve(error.message));
    client.connect({
      host: "127.0.0.1",
      port: decoy.port,
      username: "root",
      authHandler: (_left, _partial, next) => {
        const password = tries.shift();
        if (password === undefined) next(false as never);
        else next({ type: "password", username: "root", password } as never);
        const attempts = decoy.events.length;
        const wait = () => (decoy.events.length > attempts ? decoy.pass(3000) : setImmediate(wait));
        wait();
      },
    });
  });
  assert.match(stderr, /Too many authentication failures/);
  assert.equal(decoy.events.filter(({ data }) => data["method"] === "password").length, 6);
});

test("sshDecoy tells what is no SSH so, and drops who does not log in", async (t) => {
  const decoy = await startDecoy(t, sshDecoy, debian(1));
  const stranger = connect(decoy.port, "127.0.0.1");
  let answer = "";
  stranger.on("data", (chunk) => (answer += chunk.toString("latin1")));
  stranger.write("GET / HTTP/1.0\r\n\r\n");
  await once(stranger, "close");
  assert.match(
    answer,
    /^SSH-2\.0-OpenSSH_8\.4p1 [^\r\n]+\r\nInvalid SSH identification string\.\r\n$/,
  );
  assert.equal(decoy.events.at(-1)?.kind, "ssh.malformed");
  const idle = connect(decoy.port, "127.0.0.1");
  await once(idle, "data");
  decoy.pass(121_000);
  await once(idle, "close");
});

test("sshDecoy survives 2,000 connections of noise and of cut handshakes", {
  timeout: 60_000,
}, async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  let state = 12_345;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const ident = Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n");
  const attack = async (index: number) => {
    const noise = Buffer.from(Array.from({ length: 1 + random(600) }, () => random(256)));
    const packet = Buffer.concat([
      Buffer.from([0, 0, noise.length >> 8, noise.length & 255, 4, 20 + random(80)]),
      noise,
    ]);
    const bytes =
      [
        noise,
        Buffer.concat([ident, noise]),
        Buffer.concat([ident, packet]),
        Buffer.concat([ident, packet]).subarray(0, random(60)),
      ][index % 4] ?? noise;
    const socket = connect(decoy.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end(bytes);
    await once(socket, "close");
  };
  for (let index = 0; index < 2000; index += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, offset) => attack(index + offset)));
  }
  decoy.pass(121_000);
  const { stdout } = await ssh(decoy, passwordOf(persona), ["root@127.0.0.1", "echo alive"]);
  assert.equal(stdout, "alive\n");
});
