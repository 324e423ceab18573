import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeSigningRequest, readSigningRequest } from "./csr.ts";

const dir = mkdtempSync(join(tmpdir(), "decnet-csr-"));
after(() => rmSync(dir, { recursive: true }));

function openssl(...args: string[]): string {
  return execFileSync("openssl", args, { cwd: dir, encoding: "utf8", stdio: "pipe" });
}

/** A request made by `openssl` over a key of the given kind. */
function request(newKey: readonly string[], ...more: string[]): string {
  openssl("genpkey", "-out", "key.pem", ...newKey);
  return openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=x", ...more);
}

const ec = (curve: string) => ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${curve}`];
const rsa = (bits: number, exponent = 65_537) => [
  "-algorithm",
  "RSA",
  "-pkeyopt",
  `rsa_keygen_bits:${bits}`,
  "-pkeyopt",
  `rsa_keygen_pubexp:${exponent}`,
];

function reasonOf(pem: string): string {
  const reading = readSigningRequest(pem);
  assert.equal(reading.kind, "refused");
  return reading.kind === "refused" ? reading.reason : "";
}

function mutated(pem: string, change: (der: Buffer) => Buffer): string {
  const der = Buffer.from(pem.replace(/-----.*?-----/g, ""), "base64");
  const base64 = change(der).toString("base64");
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}

const ACCEPTED: Readonly<Record<string, () => string>> = {
  "P-256": () => request(ec("P-256")),
  "P-256 signed with SHA-512": () => request(ec("P-256"), "-sha512"),
  "P-384": () => request(ec("P-384"), "-sha384"),
  Ed25519: () => request(["-algorithm", "ED25519"]),
  "RSA of 2048 bits": () => request(rsa(2048)),
  "RSA of 3072 bits": () => request(rsa(3072), "-sha384"),
  "P-256 with text around it": () => `hello\n${request(ec("P-256"), "-text")}\nbye`,
  "P-256 with the older label": () => request(ec("P-256"), "-newhdr"),
  "P-256 with extensions asked for": () =>
    request(ec("P-256"), "-addext", "basicConstraints=CA:TRUE"),
};

for (const [name, make] of Object.entries(ACCEPTED)) {
  test(`readSigningRequest() accepts ${name} and gives the public key`, () => {
    const reading = readSigningRequest(make());
    assert.equal(reading.kind, "accepted");
    const key = createPrivateKey(readFileSync(join(dir, "key.pem")));
    const expected = createPublicKey(key).export({ type: "spki", format: "der" });
    assert.deepEqual(reading.kind === "accepted" && Buffer.from(reading.publicKey), expected);
  });
}

test("readSigningRequest() gives a key with written-out curve parameters in its named form", () => {
  const explicit = [...ec("P-256"), "-pkeyopt", "ec_param_enc:explicit"];
  const reading = readSigningRequest(request(explicit));
  // 91 bytes: a P-256 key under its curve's name. Written out, the parameters take 300 and more.
  assert.equal(reading.kind === "accepted" && reading.publicKey.length, 91);
});

const REFUSED: Readonly<Record<string, readonly [() => string, RegExp]>> = {
  "RSA of 1024 bits": [() => request(rsa(1024)), /1024 bits is too short/],
  "RSA with exponent 3": [() => request(rsa(2048, 3)), /exponent/],
  "P-521": [() => request(ec("P-521")), /secp521r1 not accepted/],
  secp256k1: [() => request(ec("secp256k1")), /secp256k1 not accepted/],
  Ed448: [() => request(["-algorithm", "ED448"]), /algorithm not accepted/],
  "RSA-PSS": [() => request(["-algorithm", "RSA-PSS"]), /algorithm not accepted/],
  "a signature over SHA-1": [() => request(rsa(2048), "-sha1"), /algorithm not accepted/],
};

for (const [name, [make, reason]] of Object.entries(REFUSED)) {
  test(`readSigningRequest() refuses ${name}`, () => {
    assert.match(reasonOf(make()), reason);
  });
}

test("readSigningRequest() refuses a request whose signature is of other bytes", () => {
  const pem = request(ec("P-256"));
  const subjectChanged = mutated(pem, (der) => {
    der[der.indexOf("x")] = 0x79;
    return der;
  });
  assert.equal(reasonOf(subjectChanged), "signature does not verify");
});

test("readSigningRequest() refuses a request signed by another key", () => {
  openssl("genpkey", "-out", "key.pem", ...ec("P-256"));
  openssl("genpkey", "-out", "other.pem", ...ec("P-256"));
  openssl("pkey", "-in", "other.pem", "-pubout", "-out", "other.pub");
  const pem = openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=x");
  const own = createPublicKey(readFileSync(join(dir, "key.pem"))).export({
    type: "spki",
    format: "der",
  });
  const other = createPublicKey(readFileSync(join(dir, "other.pub"))).export({
    type: "spki",
    format: "der",
  });
  const swapped = mutated(pem, (der) => {
    other.copy(der, der.indexOf(own));
    return der;
  });
  assert.equal(reasonOf(swapped), "signature does not verify");
});

test("readSigningRequest() never throws, whichever byte is changed, cut or added", () => {
  const pem = request(ec("P-256"));
  let length = 0;
  mutated(pem, (der) => {
    length = der.length;
    return der;
  });
  for (let at = 0; at < length; at++) {
    for (const value of [0x00, 0x30, 0x80, 0x84, 0xff]) {
      const changed = mutated(pem, (der) => {
        der[at] = value === der[at] ? value ^ 1 : value;
        return der;
      });
      assert.equal(readSigningRequest(changed).kind, "refused", `byte ${at} to ${value}`);
    }
    assert.equal(readSigningRequest(mutated(pem, (der) => der.subarray(0, at))).kind, "refused");
  }
  const longer = mutated(pem, (der) => Buffer.concat([der, Buffer.from([5, 0])]));
  assert.equal(readSigningRequest(longer).kind, "refused");
});

test("readSigningRequest() refuses what is no request at all, and does so at once", () => {
  const begin = "-----BEGIN CERTIFICATE REQUEST-----";
  const end = "-----END CERTIFICATE REQUEST-----";
  const nested = Buffer.alloc(8000, 0x30).toString("base64");
  for (const text of [
    "",
    "hello",
    begin,
    `${begin}${end}`,
    `${end}${begin}`,
    `${begin}${" ".repeat(16_000)}`,
    `${begin}\n${nested}\n${end}`,
    `${begin}\n\u0000\n${end}`,
    "x".repeat(100_000),
  ]) {
    assert.equal(readSigningRequest(text).kind, "refused");
  }
});

test("makeSigningRequest() makes a request that is accepted, and that openssl verifies", async () => {
  const { keyPem, requestPem } = await makeSigningRequest();
  const reading = readSigningRequest(requestPem);
  assert.equal(reading.kind, "accepted");
  const expected = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  assert.deepEqual(reading.kind === "accepted" && Buffer.from(reading.publicKey), expected);
  execFileSync("openssl", ["req", "-verify", "-noout"], { input: requestPem, stdio: "pipe" });
});
