import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import tls from "node:tls";
import { DecnetError } from "../domain/errors.ts";
import { openAuthority } from "./authorities.ts";
import type { Authority } from "./authority.ts";
import {
  checkAgentCertificate,
  checkMasterCertificate,
  fingerprintOf,
  hostUuidOf,
  isValidAt,
  MASTER_NAME,
  validityOf,
} from "./certificate.ts";
import { makeSigningRequest } from "./csr.ts";

const nowMs = Date.now();
const DAY_MS = 86_400_000;
const hostUuid = "0d1f5a3e-2f0c-4b7e-9a43-0c2f5d7e8a91";

const root = await mkdtemp(join(tmpdir(), "decnet-authority-"));
after(() => rm(root, { recursive: true }));
const open = (dir: string, at = nowMs) =>
  openAuthority({ dir: join(root, dir), nowMs: at, random: randomBytes });
const authority = await open("shared");

interface Leaf {
  readonly keyPem: string;
  readonly certificatePem: string;
}

async function agentOf(from: Authority): Promise<Leaf> {
  const { keyPem } = await makeSigningRequest();
  const publicKey = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const issued = await from.issueAgent({ publicKey, hostUuid, nowMs, ttlMs: 7 * DAY_MS });
  return { keyPem, certificatePem: issued.certificatePem };
}

async function masterOf(from: Authority): Promise<Leaf> {
  return await from.issueMaster({ nowMs, ttlMs: DAY_MS, addresses: ["127.0.0.1", "::1"] });
}

/** What becomes of one real handshake: each side's leaf, verified by the other. */
async function handshake(server: Leaf, client: Leaf): Promise<string> {
  const ca = authority.certificatePem;
  const listener = tls.createServer({
    key: server.keyPem,
    cert: server.certificatePem,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, "127.0.0.1", resolve);
  });
  const { port } = listener.address() as AddressInfo;
  const atServer = new Promise<string | null>((resolve) => {
    listener.once("secureConnection", () => resolve(null));
    // Node hangs up on a client that it does not trust; why stands on the socket.
    listener.once("tlsClientError", (_, socket) => resolve(String(socket.authorizationError)));
  });
  const socket = tls.connect({
    host: "127.0.0.1",
    port,
    ca,
    key: client.keyPem,
    cert: client.certificatePem,
    servername: MASTER_NAME,
  });
  const atClient = new Promise<string | null>((resolve) => {
    socket.once("secureConnect", () => resolve(null));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  const clientFault = await atClient;
  const serverFault = clientFault === null ? await atServer : null;
  socket.destroy();
  listener.close();
  if (clientFault !== null) return `client refuses: ${clientFault}`;
  return serverFault === null ? "both trust" : `server refuses: ${serverFault}`;
}

function isUnusable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof DecnetError && error.code === "data-unusable" && pattern.test(error.message);
}

test("openAuthority() makes an authority once, with its key for this user alone", async () => {
  const first = await open("once");
  const second = await open("once", nowMs + 5 * DAY_MS);
  assert.equal(second.certificatePem, first.certificatePem);
  assert.equal(second.fingerprint, first.fingerprint);
  assert.match(first.fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(await readdir(join(root, "once")), ["authority.pem"]);
  assert.equal((await stat(join(root, "once"))).mode & 0o777, 0o700);
  assert.equal((await stat(join(root, "once", "authority.pem"))).mode & 0o777, 0o600);
  assert.notEqual((await open("another")).fingerprint, first.fingerprint);
});

test("openAuthority() makes a P-256 root that signs leaves and nothing else, for ten years", () => {
  const certificate = new X509Certificate(authority.certificatePem);
  assert.equal(fingerprintOf(certificate.raw), authority.fingerprint);
  assert.equal(certificate.ca, true);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  const { notBeforeMs, notAfterMs } = validityOf(certificate);
  assert.ok(Math.abs(notBeforeMs - (nowMs - DAY_MS)) <= 1000);
  assert.ok(Math.abs(notAfterMs - (nowMs + 3652.5 * DAY_MS)) <= 1000);
  assert.equal(authority.notAfterMs, notAfterMs);
  const text = execFileSync("openssl", ["x509", "-noout", "-text"], {
    input: authority.certificatePem,
    encoding: "utf8",
  });
  assert.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(text, /Key Usage: critical\s+Certificate Sign, CRL Sign/);
});

test("openAuthority() refuses a key that other users can read, and says what to do", async () => {
  await open("readable");
  const path = join(root, "readable", "authority.pem");
  await chmod(path, 0o640);
  await assert.rejects(open("readable"), isUnusable(/chmod 600/));
  await chmod(path, 0o600);
  await chmod(join(root, "readable"), 0o777);
  await assert.rejects(open("readable"), isUnusable(/chmod 700/));
});

test("openAuthority() refuses a damaged file and leaves it as it is", async () => {
  await open("damaged");
  const path = join(root, "damaged", "authority.pem");
  const whole = await readFile(path, "utf8");
  const keyOf = (text: string) => text.slice(text.indexOf("-----BEGIN PRIVATE"));
  const otherKey = keyOf(await readFile(join(root, "shared", "authority.pem"), "utf8"));
  const foreign = whole.slice(0, whole.indexOf("-----BEGIN PRIVATE")) + otherKey;
  for (const text of ["", "hello", whole.slice(0, 300), keyOf(whole), foreign]) {
    await writeFile(path, text);
    await assert.rejects(open("damaged"), isUnusable(/is damaged/));
    assert.equal(await readFile(path, "utf8"), text);
  }
});

test("openAuthority() refuses an authority that ran out, and names both times", async () => {
  await open("old");
  await assert.rejects(open("old", nowMs + 4000 * DAY_MS), isUnusable(/valid from .* clock says/));
});

test("openAuthority() says so when the directory cannot be made", async () => {
  await writeFile(join(root, "file"), "");
  await assert.rejects(open("file/below"), isUnusable(/ENOTDIR/));
});

test("issueAgent() issues for a client in the agent's role alone, within its time", async () => {
  const { certificatePem } = await agentOf(authority);
  const certificate = new X509Certificate(certificatePem);
  assert.equal(checkAgentCertificate(certificate), null);
  assert.equal(checkMasterCertificate(certificate), "certificate is not a master's");
  assert.equal(certificate.subject, `CN=${hostUuid}`);
  assert.equal(hostUuidOf(certificate), hostUuid);
  assert.match(certificate.serialNumber, /^01[0-9A-F]{32}$/);
  const validity = validityOf(certificate);
  assert.ok(isValidAt(validity, nowMs));
  assert.ok(isValidAt(validity, nowMs + 7 * DAY_MS - 1000));
  assert.ok(!isValidAt(validity, nowMs + 7 * DAY_MS + 1000));
  assert.ok(!isValidAt(validity, nowMs - 6 * 60_000));
});

test("issueAgent() gives no leaf a longer life than the authority has", async () => {
  const publicKey = createPublicKey((await makeSigningRequest()).keyPem).export({
    type: "spki",
    format: "der",
  });
  const issued = await authority.issueAgent({ publicKey, hostUuid, nowMs, ttlMs: 1e13 });
  assert.equal(issued.notAfterMs, authority.notAfterMs);
});

test("issueMaster() issues for a server in the master's role, by name and address", async () => {
  const issued = await authority.issueMaster({
    nowMs,
    ttlMs: DAY_MS,
    addresses: ["192.0.2.7", "2001:db8::7"],
    names: ["master.example.net"],
  });
  const certificate = new X509Certificate(issued.certificatePem);
  assert.equal(checkMasterCertificate(certificate), null);
  assert.equal(checkAgentCertificate(certificate), "certificate is not an agent's");
  assert.equal(certificate.checkHost("master.example.net"), "master.example.net");
  assert.equal(certificate.checkIP("192.0.2.7"), "192.0.2.7");
  assert.equal(certificate.checkIP("2001:db8::7"), "2001:db8::7");
  assert.ok(certificate.checkPrivateKey(createPrivateKey(issued.keyPem)));
  assert.equal(issued.chainPem, issued.certificatePem + authority.certificatePem);
  assert.equal(issued.fingerprint, fingerprintOf(certificate.raw));
});

test("openssl verifies both kinds of leaf for their own purpose and for no other", async () => {
  const ca = join(root, "ca.pem");
  await writeFile(ca, authority.certificatePem);
  const verdict = (leaf: Leaf, purpose: string) => {
    try {
      const args = ["verify", "-x509_strict", "-CAfile", ca, "-purpose", purpose];
      execFileSync("openssl", args, { input: leaf.certificatePem, stdio: "pipe" });
      return "good";
    } catch {
      return "bad";
    }
  };
  const [agent, master] = [await agentOf(authority), await masterOf(authority)];
  assert.equal(verdict(agent, "sslclient"), "good");
  assert.equal(verdict(agent, "sslserver"), "bad");
  assert.equal(verdict(master, "sslserver"), "good");
  assert.equal(verdict(master, "sslclient"), "bad");
});

test("over TLS, agent and master trust each other in their own roles and in no other", async () => {
  const [agent, master] = [await agentOf(authority), await masterOf(authority)];
  assert.equal(await handshake(master, agent), "both trust");
  assert.equal(await handshake(agent, agent), "client refuses: INVALID_PURPOSE");
  assert.equal(await handshake(master, master), "server refuses: INVALID_PURPOSE");
});

test("over TLS, neither trusts a leaf of another authority", async () => {
  const other = await open("other");
  const [agent, master] = [await agentOf(authority), await masterOf(authority)];
  assert.match(await handshake(await masterOf(other), agent), /^client refuses/);
  assert.match(await handshake(master, await agentOf(other)), /^server refuses/);
});
