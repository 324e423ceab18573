import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { openAuthority } from "../../pki/authorities.ts";
import { checkAgentCertificate, checkMasterCertificate } from "../../pki/certificate.ts";
import { issueOperatorCertificate, readOperatorCertificate } from "../operator-certificate.ts";
import { type Answer, codeOf, openForTest, PASSWORD } from "./open-for-test.ts";

const HOST = "master.example.net";
const times = { nowMs: Date.now(), ttlMs: 86_400_000 };

async function openTls(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), "decnet-tls-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const authority = await openAuthority({ dir, nowMs: times.nowMs, random: randomBytes });
  const tls = await issueOperatorCertificate(authority, [HOST, "0.0.0.0"])(times);
  const plane = await openForTest(t, { tls, listen: { host: "0.0.0.0", port: 0 } });
  const call = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
    client: object = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request({
        host: "127.0.0.1",
        port: plane.port,
        servername: HOST,
        ca: authority.certificatePem,
        agent: false,
        method,
        path,
        headers: { host: `${HOST}:${plane.port}`, "content-type": "application/json", ...headers },
        ...client,
      });
      sent.on("error", reject).on("response", (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () => {
          const { statusCode: status = 0, headers } = answer;
          const isJson = headers["content-type"]?.startsWith("application/json") === true;
          resolve({ status, headers, text, json: isJson ? JSON.parse(text) : undefined });
        });
      });
      sent.end(body === undefined ? "" : JSON.stringify(body));
    });
  return { ...plane, authority, tls, dir, call };
}

test("over TLS the cookie is Secure and __Host-, and browsers are told to stay with TLS", async (t) => {
  const { call } = await openTls(t);
  const body = { user: "admin", password: PASSWORD };
  const login = await call("POST", "/api/v1/session", {}, body);
  assert.equal(login.status, 201);
  const cookie = login.headers["set-cookie"]?.[0] ?? "";
  assert.match(
    cookie,
    /^__Host-decnet_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  assert.equal(login.headers["strict-transport-security"], "max-age=31536000");
  const value = cookie.split(";")[0] ?? "";
  assert.equal((await call("GET", "/api/v1/session", { cookie: value })).status, 200);
  const bare = value.replace("__Host-", "");
  assert.equal((await call("GET", "/api/v1/session", { cookie: bare })).status, 401);
});

test("over TLS only names of the certificate are taken for this master's", async (t) => {
  const { call, port } = await openTls(t);
  for (const host of ["evil.example", `${HOST}.evil.example`, "0.0.0.0", "192.0.2.1"]) {
    assert.equal((await call("GET", "/api/v1/status", { host })).status, 421, host);
  }
  for (const host of [HOST, `${HOST.toUpperCase()}:1`, "localhost", `127.0.0.1:${port}`]) {
    assert.equal((await call("GET", "/api/v1/status", { host })).status, 401, host);
  }
  const own = { origin: `https://${HOST}:${port}` };
  assert.equal(codeOf(await call("POST", "/api/v1/session", own, {})), "request-invalid");
  const plain = { origin: `http://${HOST}:${port}` };
  assert.equal(codeOf(await call("POST", "/api/v1/session", plain, {})), "origin-refused");
});

test("beyond loopback, numbers about the fleet take a login; that the process lives does not", async (t) => {
  const { call, openToken } = await openTls(t);
  for (const path of ["/metrics", "/readyz"]) assert.equal((await call("GET", path)).status, 401);
  assert.equal((await call("GET", "/healthz")).status, 200);
  const { secret } = await openToken("admin", "read");
  const headers = { authorization: `Bearer ${secret}` };
  assert.equal((await call("GET", "/metrics", headers)).status, 200);
});

test("an agent's certificate means nothing to the operator plane", async (t) => {
  const { call, authority } = await openTls(t);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const agent = await authority.issueAgent({
    ...times,
    publicKey: publicKey.export({ type: "spki", format: "der" }),
    hostUuid: "7b1e9a3e-0f3b-4f7e-9a56-3f6b8a1d2c44",
  });
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const client = { cert: agent.certificatePem, key };
  for (const path of ["/api/v1/status", "/api/v1/hosts", "/metrics"]) {
    assert.equal((await call("GET", path, {}, undefined, client)).status, 401);
  }
});

test("the operator plane's certificate can serve no agents, and act as none", async (t) => {
  const { tls } = await openTls(t);
  const certificate = new X509Certificate(tls.chainPem);
  assert.equal(checkMasterCertificate(certificate), "certificate is not a master's");
  assert.equal(checkAgentCertificate(certificate), "certificate is not an agent's");
});

test("the operator plane speaks TLS 1.2 and 1.3, nothing older, and no plain HTTP", async (t) => {
  const { port, authority, anonymous } = await openTls(t);
  const handshake = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") =>
    new Promise<string>((resolve) => {
      const socket = connect(
        {
          host: "127.0.0.1",
          port,
          servername: HOST,
          ca: authority.certificatePem,
          minVersion: version,
          maxVersion: version,
          // Without this, OpenSSL would not even offer the old version.
          ciphers: "DEFAULT@SECLEVEL=0",
        },
        () => {
          resolve(socket.getProtocol() ?? "none");
          socket.destroy();
        },
      );
      socket.on("error", () => resolve("refused"));
    });
  assert.equal(await handshake("TLSv1.1"), "refused");
  assert.equal(await handshake("TLSv1.2"), "TLSv1.2");
  assert.equal(await handshake("TLSv1.3"), "TLSv1.3");
  await assert.rejects(anonymous.call("GET", "/healthz"));
});

test("setCertificate() changes the certificate for connections from then on", async (t) => {
  const { deps, authority } = await openTls(t);
  const { openOperatorPlane } = await import("./operator-plane.ts");
  const other = await openOperatorPlane({ ...deps, socketPath: null });
  t.after(() => other.close());
  const presented = () =>
    new Promise<string>((resolve, reject) => {
      const to = { host: "127.0.0.1", port: other.port, servername: HOST };
      const socket = connect({ ...to, ca: authority.certificatePem }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      }).on("error", reject);
    });
  const before = await presented();
  assert.equal(await presented(), before);
  other.setCertificate(await issueOperatorCertificate(authority, [HOST])(times));
  assert.notEqual(await presented(), before);
});

test("readOperatorCertificate() says what is wrong with the files", async (t) => {
  const { dir, tls, authority } = await openTls(t);
  const write = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(dir, name), text, { mode });
    return join(dir, name);
  };
  const certPath = write("cert.pem", tls.chainPem);
  const keyPath = write("key.pem", tls.keyPem);
  assert.deepEqual(await readOperatorCertificate({ certPath, keyPath }, times.nowMs), {
    chainPem: tls.chainPem,
    keyPem: tls.keyPem,
  });
  const other = await issueOperatorCertificate(authority, [HOST])(times);
  const fails = (files: object, code: string, detail: RegExp, nowMs = times.nowMs) =>
    assert.rejects(readOperatorCertificate({ certPath, keyPath, ...files }, nowMs), (error) => {
      assert.equal((error as { code: string }).code, code);
      assert.match(String(error), detail);
      return true;
    });
  const invalid = "config-invalid";
  await fails({ certPath: join(dir, "none") }, invalid, /ENOENT/);
  await fails({ keyPath: join(dir, "none") }, invalid, /no such file/);
  await fails({ certPath: write("junk", "junk") }, invalid, /junk/);
  await fails({ keyPath: write("other", other.keyPem) }, invalid, /not that of the certificate/);
  await fails({ keyPath: write("open", tls.keyPem, 0o644) }, "data-unusable", /chmod 600/);
  await fails({}, invalid, /it is valid from/, times.nowMs + 2 * 86_400_000);
});

test("an operator's own RSA certificate does not cost forward secrecy", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "decnet-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const tls = { keyPem: readFileSync(key, "utf8"), chainPem: readFileSync(cert, "utf8") };
  const { port } = await openForTest(t, { tls, listen: { host: "127.0.0.1", port: 0 } });
  const attempt = (ciphers: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { ca: tls.chainPem, servername: "localhost", maxVersion: "TLSv1.2", ciphers };
      const socket = connect({ host: "127.0.0.1", port, ...options } as ConnectionOptions, () => {
        resolve(socket.getCipher().name);
        socket.destroy();
      }).on("error", reject);
    });
  assert.equal(await attempt("DEFAULT"), "ECDHE-RSA-AES128-GCM-SHA256");
  for (const ciphers of ["AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES128-SHA256"]) {
    await assert.rejects(attempt(ciphers), /handshake failure/, ciphers);
  }
});
