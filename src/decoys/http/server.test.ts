import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Persona } from "../persona.ts";
import { personaOf, type RunningDecoy, startDecoy } from "../testbed.ts";
import { httpDecoy } from "./server.ts";
import { createSite } from "./site.ts";

const run = promisify(execFile);

/** First persona of that release that runs that server. */
function personaWith(distro: string, server: string, from = 0): Persona {
  for (let index = from; ; index++) {
    const persona = personaOf("web-server", index, { distro });
    if (persona.release.versions["http"]?.startsWith(server)) return persona;
  }
}

const nginxPersona = personaWith("ubuntu-20.04", "nginx");
const apachePersona = personaWith("debian-11", "Apache");

function startNginx(t: TestContext): Promise<RunningDecoy> {
  return startDecoy(t, httpDecoy, nginxPersona);
}

function startApache(t: TestContext): Promise<RunningDecoy> {
  return startDecoy(t, httpDecoy, apachePersona);
}

/** Sends bytes and half-closes; gives back all that came. */
async function talk(port: number, ...writes: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  for (const bytes of writes) socket.write(bytes, "latin1");
  socket.end();
  await once(socket, "close");
  return said;
}

async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("curl", ["-s", "-i", ...args], { encoding: "latin1" });
  return stdout;
}

function headerNames(response: string): string[] {
  const [head = ""] = response.split("\r\n\r\n");
  return head
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(":")[0] ?? "");
}

test("httpDecoy as nginx sends a file with nginx's headers in nginx's order", async (t) => {
  const { port } = await startNginx(t);
  const response = await curl(`http://127.0.0.1:${port}/`);
  assert.match(response, /^HTTP\/1\.1 200 OK\r\nServer: nginx\/1\.18\.0 \(Ubuntu\)\r\n/);
  assert.match(response, /\r\nDate: Wed, 20 May 2026 12:34:56 GMT\r\n/);
  assert.match(response, /\r\nETag: "[0-9a-f]{8}-[0-9a-f]+"\r\n/);
  assert.ok(response.includes(nginxPersona.hostname));
  assert.deepEqual(headerNames(response), [
    "Server",
    "Date",
    "Content-Type",
    "Content-Length",
    "Last-Modified",
    "Connection",
    "ETag",
    "Accept-Ranges",
  ]);
});

test("httpDecoy as Apache sends a file with Apache's headers in Apache's order", async (t) => {
  const { port } = await startApache(t);
  const response = await curl("-H", "Connection: keep-alive", `http://127.0.0.1:${port}/`);
  assert.match(response, /\r\nServer: Apache\/2\.4\.\d+ \(Debian\)\r\n/);
  assert.match(response, /\r\nKeep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\n/);
  assert.deepEqual(headerNames(response), [
    "Date",
    "Server",
    "Last-Modified",
    "ETag",
    "Accept-Ranges",
    "Content-Length",
    "Vary",
    "Keep-Alive",
    "Connection",
    "Content-Type",
  ]);
});

const nginxPage = (status: string) =>
  `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n` +
  "<hr><center>nginx/1.18.0 (Ubuntu)</center>\r\n</body>\r\n</html>\r\n";

test("httpDecoy as nginx answers what is wrong as nginx does, to the byte", async (t) => {
  const { port, events } = await startNginx(t);
  const closing =
    "Server: nginx/1.18.0 (Ubuntu)\r\nDate: Wed, 20 May 2026 12:34:56 GMT\r\nContent-Type: text/html\r\n";
  const refused = (status: string) => {
    const page = nginxPage(status);
    return `HTTP/1.1 ${status}\r\n${closing}Content-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`;
  };
  const bad = refused("400 Bad Request");
  assert.equal(await talk(port, "GET / HTTP/1.1\r\n\r\n"), bad);
  assert.equal(await talk(port, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), bad);
  assert.equal(await talk(port, "\x16\x03\x01"), bad);
  assert.equal(await talk(port, "SSH-2.0-x\r\n"), bad);
  assert.equal(await talk(port, "get / HTTP/1.1\r\n\r\n"), bad);
  assert.equal(await talk(port, "GET /../x HTTP/1.0\r\n\r\n"), bad);
  assert.equal(await talk(port, `GET /${"a".repeat(9000)}`), refused("414 Request-URI Too Large"));
  assert.equal(await talk(port, "GET / HTTP/2.0\r\n"), refused("505 HTTP Version Not Supported"));
  assert.equal(
    await talk(port, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n"),
    refused("501 Not Implemented"),
  );
  assert.equal(
    await talk(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"),
    refused("413 Request Entity Too Large"),
  );
  assert.equal(await talk(port, "GET /nope\r\n"), nginxPage("404 Not Found"));
  assert.equal(events.filter(({ kind }) => kind === "http.malformed").length, 9);
});

test("httpDecoy as Apache answers what is wrong as Apache does, to the byte", async (t) => {
  const { port } = await startApache(t);
  const server = apachePersona.release.versions["http"];
  const name = `${apachePersona.hostname.toLowerCase()}.${apachePersona.domain}`;
  const refused = (status: string, words: string, host: string, headers = "") => {
    const page =
      `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status}</title>\n` +
      `</head><body>\n<h1>${status.slice(4)}</h1>\n${words}<hr>\n` +
      `<address>${server} Server at ${host} Port 80</address>\n</body></html>\n`;
    return (
      `HTTP/1.1 ${status}\r\nDate: Wed, 20 May 2026 12:34:56 GMT\r\nServer: ${server}\r\n${headers}` +
      `Content-Length: ${page.length}\r\nConnection: close\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n${page}`
    );
  };
  const words =
    "<p>Your browser sent a request that this server could not understand.<br />\n</p>\n";
  const bad = refused("400 Bad Request", words, name);
  assert.equal(await talk(port, "GET / HTTP/1.1\r\n\r\n"), bad);
  assert.equal(await talk(port, "GET / HTTP/1.1\nHost: a\n\n"), bad);
  assert.equal(await talk(port, "\x16\x03\x01\r\n"), bad);
  assert.equal(await talk(port, "GET / HTTP/1.1\r\nHost: a\r\nFoo : b\r\n\r\n"), bad);
  assert.equal(
    await talk(port, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("400 Bad Request", words, "a"),
  );
  const methods = /Allow: (.*)\r\n/.exec(await talk(port, "OPTIONS / HTTP/1.0\r\n\r\n"))?.[1];
  assert.deepEqual(
    methods?.split(",").toSorted((a, b) => (a < b ? -1 : 1)),
    ["GET", "HEAD", "OPTIONS", "POST"],
  );
  assert.equal(
    await talk(port, "FOO / HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused(
      "501 Not Implemented",
      "<p>FOO not supported for current URL.<br />\n</p>\n",
      "a",
      `Allow: ${methods}\r\n`,
    ),
  );
  assert.match(await curl(`http://127.0.0.1:${port}/server-status`), /^HTTP\/1.1 403 Forbidden/);
});

for (const [name, start] of [
  ["nginx", startNginx],
  ["Apache", startApache],
] as const) {
  test(`httpDecoy as ${name} keeps a connection, answers a pipeline in order, and reads chunks`, async (t) => {
    const { port, events } = await start(t);
    const said = await talk(
      port,
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nPOST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "0\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n",
    );
    assert.deepEqual(said.match(/HTTP\/1\.1 \d+/g), [
      "HTTP/1.1 200",
      "HTTP/1.1 404",
      "HTTP/1.1 404",
    ]);
    assert.deepEqual(
      events.map(({ kind, data }) => [kind, data["target"], data["status"], data["body"]]),
      [
        ["http.request", "/", 200, undefined],
        ["http.request", "/one", 404, "abc"],
        ["http.request", "/two", 404, undefined],
      ],
    );
  });

  test(`httpDecoy as ${name} takes a login by form, by JSON and by Basic, and lets nobody in`, async (t) => {
    const decoy = await start(t);
    const { port, events } = decoy;
    const persona = name === "nginx" ? nginxPersona : apachePersona;
    const site = createSite(persona, name === "Apache");
    const url = `http://127.0.0.1:${port}${site.loginPath}`;
    const page = await curl(url);
    const [, cookie] = /\r\nSet-Cookie: (\w+=[0-9a-v]{26}); path=\/\r\n/.exec(page) ?? [];
    const [, user] = /type="text" name="(\w+)"/.exec(page) ?? [];
    const [, password] = /type="password" name="(\w+)"/.exec(page) ?? [];
    const refused = await curl("-b", `${cookie}`, "-d", `${user}=root&${password}=a%26b`, url);
    assert.match(refused, /^HTTP\/1\.1 200 OK/);
    assert.match(refused, /class="error"/);
    assert.doesNotMatch(refused, /Set-Cookie/);
    const token = /name="token" value="([0-9a-f]{32})"/;
    assert.equal(token.exec(refused)?.[1], token.exec(page)?.[1]);
    await curl("--json", '{"email":"a@b","password":"c"}', `http://127.0.0.1:${port}/api/login`);
    await curl("-u", "admin:x:y", `http://127.0.0.1:${port}/`);
    await curl("-F", "log=eve", "-F", "pwd=secret", `http://127.0.0.1:${port}/wp-login.php`);
    await decoy.settled();
    const attempts = events.filter(({ kind }) => kind === "http.login.attempt");
    assert.deepEqual(
      attempts.map(({ data }) => data),
      [
        { user: "root", password: "a&b", method: "form", target: site.loginPath },
        { user: "a@b", password: "c", method: "form", target: "/api/login" },
        { user: "admin", password: "x:y", method: "basic", target: "/" },
        { user: "eve", password: "secret", method: "form", target: "/wp-login.php" },
      ],
    );
  });

  test(`httpDecoy as ${name} answers conditions, ranges and gzip`, async (t) => {
    const { port } = await start(t);
    const url = `http://127.0.0.1:${port}/`;
    const whole = await curl(url);
    const [, etag = ""] = /\r\nETag: (.*)\r\n/.exec(whole) ?? [];
    const [, modified = ""] = /\r\nLast-Modified: (.*)\r\n/.exec(whole) ?? [];
    const plain = whole.slice(whole.indexOf("\r\n\r\n") + 4);
    assert.match(await curl("-H", `If-None-Match: ${etag}`, url), /^HTTP\/1\.1 304 Not Modified/);
    assert.match(await curl("-H", `If-Modified-Since: ${modified}`, url), /^HTTP\/1\.1 304/);
    assert.match(await curl("-r", "0-14", url), /206 Partial Content[^]*\r\n\r\n<!DOCTYPE html>$/);
    assert.match(
      await curl("-r", "99999-", url),
      /^HTTP\/1\.1 416 .*[^]*\r\nContent-Range: bytes \*\//,
    );
    const zipped = await curl("-H", "Accept-Encoding: gzip", url);
    const body = Buffer.from(zipped.slice(zipped.indexOf("\r\n\r\n") + 4), "latin1");
    assert.equal(gunzipSync(body).toString(), plain);
  });

  test(`httpDecoy as ${name} says to go on to a client that waits with its form`, async (t) => {
    const { port } = await start(t);
    const persona = name === "nginx" ? nginxPersona : apachePersona;
    const { loginPath } = createSite(persona, name === "Apache");
    const said = await talk(
      port,
      `POST ${loginPath} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
      "a=b",
    );
    assert.match(said, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  test(`httpDecoy as ${name} hangs up on a client that stays silent`, async (t) => {
    const decoy = await start(t);
    const socket = connect(decoy.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    decoy.pass(name === "nginx" ? 66_000 : 6000);
    socket.resume();
    await once(socket, "close");
  });
}

test("httpDecoy as nginx answers for a file though the body does not come", async (t) => {
  const decoy = await startNginx(t);
  const socket = connect(decoy.port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  const answered = once(socket, "data");
  await talk(decoy.port, "GET / HTTP/1.0\r\n\r\n");
  decoy.pass(300);
  socket.end();
  const [chunk] = (await answered) as [Buffer];
  assert.match(chunk.toString(), /^HTTP\/1\.1 405 Not Allowed\r\n/);
});

test("httpDecoy as Apache gives a head twenty seconds, however slowly it drips", async (t) => {
  const decoy = await startApache(t);
  const socket = connect(decoy.port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  for (const drip of ["GET / HT", "TP/1.1\r\n", "Host: a\r\n"]) {
    socket.write(drip);
    // Another connection's answer shows that the drip has been read.
    await curl(`http://127.0.0.1:${decoy.port}/`);
    decoy.pass(8000);
  }
  await once(socket, "close");
  assert.match(said, /^HTTP\/1\.1 408 Request Timeout\r\n/);
});

test("httpDecoy tells of a body that never came whole", async (t) => {
  const { port, events } = await startNginx(t);
  const { loginPath } = createSite(nginxPersona, false);
  await talk(port, `POST ${loginPath} HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nabc`);
  assert.deepEqual(
    events.map(({ data }) => [data["body"], data["status"]]),
    [["abc", undefined]],
  );
});

test("createSite() gives no two deckies the same page, cookie name and dates", () => {
  const seen = new Set<string>();
  const now = Date.UTC(2026, 4, 20);
  for (let index = 0; index < 300; index++) {
    const site = createSite(personaOf("web-server", index), false);
    for (const path of ["/", site.loginPath]) {
      const answer = site.answer(
        {
          kind: "request",
          method: "GET",
          target: path,
          path,
          query: "",
          version: 11,
          headers: [],
          host: "a",
          framing: "none",
          keepAlive: true,
        },
        now,
      );
      assert.ok(answer.kind === "file" || answer.kind === "page");
      seen.add(answer.bytes.toString());
    }
  }
  assert.equal(seen.size, 600);
});
