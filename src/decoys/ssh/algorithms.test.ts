import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { RELEASE_IDS } from "../releases.ts";
import { personaOf, startDecoy } from "../testbed.ts";
import { offerOf } from "./algorithms.ts";
import { groupOf } from "./group-exchange.ts";
import { sshDecoy } from "./server.ts";
import { debian, OPTIONS, passwordOf, type Result, ssh } from "./ssh-testbed.ts";

const run = promisify(execFile);

test("sshDecoy shows the algorithms of the claimed build, in its order", async (t) => {
  const persona = personaOf("linux-server", 1, { distro: "debian-11" });
  const decoy = await startDecoy(t, sshDecoy, persona);
  const { stderr } = await run("ssh", [
    "-oBatchMode=yes",
    ...OPTIONS.filter((one) => !/LogLevel|Preferred/.test(one)),
    "-vv",
    "-oPreferredAuthentications=none",
    `-p${decoy.port}`,
    "root@127.0.0.1",
  ]).catch((error: Result) => error);
  const peer = stderr.slice(stderr.indexOf("peer server KEXINIT proposal"));
  const line = (name: string) => new RegExp(`debug2: ${name}: (\\S+)`).exec(peer)?.[1];
  // sshd(8) 8.4p1 of Debian 11, from `sshd -T` and its source, myproposal.h.
  const strict = persona.release.versions["ssh"]?.endsWith("deb11u3")
    ? ",kex-strict-s-v00@openssh.com"
    : "";
  assert.equal(
    line("KEX algorithms"),
    `curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256${strict}`,
  );
  assert.equal(
    line("host key algorithms"),
    "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519",
  );
  assert.equal(
    line("ciphers stoc"),
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
  );
  assert.equal(
    line("MACs stoc"),
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
  );
  assert.equal(line("compression stoc"), "none,zlib@openssh.com");
  assert.match(
    stderr,
    /remote software version OpenSSH_8\.4p1 Debian-5\+deb11u\d|remote version string SSH-2\.0-OpenSSH_8\.4p1/i,
  );
  assert.match(stderr, /server-sig-algs=<ssh-ed25519,sk-ssh-ed25519@openssh\.com,ssh-rsa,/);
});

test("offerOf() names strict key exchange only for builds that have it", () => {
  const strict = "kex-strict-s-v00@openssh.com";
  assert.equal(offerOf("OpenSSH_8.4p1 Debian-5+deb11u3").kex.at(-1), strict);
  assert.notEqual(offerOf("OpenSSH_8.4p1 Debian-5+deb11u1").kex.at(-1), strict);
  assert.equal(offerOf("OpenSSH_8.2p1 Ubuntu-4ubuntu0.11").kex.at(-1), strict);
  assert.notEqual(offerOf("OpenSSH_8.2p1 Ubuntu-4ubuntu0.5").kex.at(-1), strict);
  assert.equal(offerOf("OpenSSH_7.6p1 Ubuntu-4ubuntu0.7").hostKey[0], "ssh-rsa");
});

/** One client's options for each algorithm on offer. */
function insistences(software: string): readonly string[] {
  const { kex, cipher, mac, hostKey } = offerOf(software);
  return [
    ...kex
      .filter((name) => !name.startsWith("kex-strict"))
      .map((name) => `-oKexAlgorithms=${name}`),
    ...cipher.map((name) => `-c${name}`),
    ...mac.map((name) => `-caes128-ctr -m${name}`),
    ...hostKey.map((name) => `-oHostKeyAlgorithms=${name}`),
    "-C",
  ];
}

test("sshDecoy keeps what it offers: a client may insist on any one algorithm", {
  timeout: 120_000,
}, async (t) => {
  const tried = new Set<string>();
  for (const distro of RELEASE_IDS) {
    const persona = personaOf("linux-server", 4, { distro });
    const fresh = insistences(persona.release.versions["ssh"] ?? "").filter(
      (options) => !tried.has(options),
    );
    if (fresh.length === 0) continue;
    const decoy = await startDecoy(t, sshDecoy, persona);
    const attempt = async (options: string) => {
      tried.add(options);
      const args = [...options.split(" "), "root@127.0.0.1", "echo in"];
      const { stdout, stderr } = await ssh(decoy, passwordOf(persona), args);
      assert.equal(stdout, "in\n", `${distro} ${options}: ${stderr}`);
    };
    while (fresh.length > 0) await Promise.all(fresh.splice(0, 6).map(attempt));
  }
  assert.ok(tried.size > 30, [...tried].join("\n"));
});

test("sshDecoy carries long data under UMAC, both ways", async (t) => {
  const persona = debian(1);
  const decoy = await startDecoy(t, sshDecoy, persona);
  const text = "0123456789abcdef".repeat(20_000);
  for (const mac of ["umac-64-etm@openssh.com", "umac-128@openssh.com"]) {
    const options = ["-caes256-ctr", `-m${mac}`, "root@127.0.0.1", "cat"];
    const { stdout } = await ssh(decoy, passwordOf(persona), options, text);
    assert.ok(stdout === text, `${mac}: ${stdout.length} bytes`);
  }
});

test("sshDecoy's group exchange chooses the group as sshd does", () => {
  for (const [preferred, max, group] of [
    [1024, 8192, "modp14"],
    [2048, 8192, "modp14"],
    [3000, 8192, "modp15"],
    [8192, 8192, "modp18"],
    [8192, 4096, "modp16"],
    [1024, 1024, "modp14"],
  ] as const) {
    assert.equal(groupOf(preferred, max), group, `${preferred} to ${max}`);
  }
});
