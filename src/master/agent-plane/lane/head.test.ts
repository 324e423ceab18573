import assert from "node:assert/strict";
import { test } from "node:test";
import { readHead } from "./head.ts";

const head = (...lines: readonly string[]) => lines.join("\r\n");
const POST = "POST /swarm/heartbeat HTTP/1.1";

test("readHead() reads a request as agents write it", () => {
  const read = readHead(
    head(
      "POST /swarm/heartbeat?x=1 HTTP/1.1",
      "Host: master.example.net:8770",
      "Content-Type:application/json",
      "Decnet-Boot: \t 7 ",
      "X-Empty:",
      "Connection: Keep-Alive",
      "Content-Length: 512",
    ),
  );
  assert.deepEqual(
    { ...read, headers: { ...read?.headers } },
    {
      method: "POST",
      path: "/swarm/heartbeat",
      headers: {
        host: "master.example.net:8770",
        "content-type": "application/json",
        "decnet-boot": "7",
        "x-empty": "",
        connection: "Keep-Alive",
        "content-length": "512",
      },
      bodyBytes: 512,
    },
  );
});

test("readHead() takes a request without a length to have no body", () => {
  const read = readHead(head("GET / HTTP/1.1", "Host: m"));
  assert.deepEqual([read?.method, read?.path, read?.bodyBytes], ["GET", "/", 0]);
});

test("readHead() reads no header as one that objects have of themselves", () => {
  const read = readHead(head(POST, "Host: m", "__proto__: x"));
  assert.equal(read?.headers["__proto__"], "x");
  assert.equal(read?.headers["toString"], undefined);
});

test("readHead() leaves alone whatever is not plain and certain", () => {
  const refused: readonly (readonly string[])[] = [
    [],
    [""],
    [POST],
    ["HEAD / HTTP/1.1", "Host: m"],
    ["CONNECT m:1 HTTP/1.1", "Host: m"],
    ["POST /swarm/heartbeat HTTP/1.0", "Host: m"],
    ["POST /swarm/heartbeat  HTTP/1.1", "Host: m"],
    ["POST  /swarm/heartbeat HTTP/1.1", "Host: m"],
    ["POST https://m/swarm/heartbeat HTTP/1.1", "Host: m"],
    ["POST /swarm/\x7f HTTP/1.1", "Host: m"],
    ["", POST, "Host: m"],
    [POST, "Host: m", "Host: m"],
    [POST, "Host: m", "Content-Length: 1", "content-length: 1"],
    [POST, "Host: m", "Content-Length: +1"],
    [POST, "Host: m", "Content-Length: 0x10"],
    [POST, "Host: m", "Content-Length: 1, 1"],
    [POST, "Host: m", "Content-Length:"],
    [POST, "Host: m", "Content-Length: 99999999999"],
    [POST, "Host: m", "Content-Length : 1"],
    [POST, "Host: m", "Transfer-Encoding: chunked", "Content-Length: 1"],
    [POST, "Host: m", "Transfer-Encoding: identity"],
    [POST, "Host: m", "Expect: 100-continue"],
    [POST, "Host: m", "Connection: close"],
    [POST, "Host: m", "Connection: keep-alive, upgrade"],
    [POST, "Host: m", "Upgrade: h2c"],
    [POST, "Host: m", "Trailer: x"],
    [POST, "Host: m", " folded: x"],
    [POST, "Host: m", "X: a\nY: b"],
    [POST, "Host: m", "X: a\rY: b"],
    [POST, "Host: m", "X: a\0b"],
    [POST, "Host: m", "X: caf\xe9"],
    [POST, "Host: m", "no colon"],
    [POST, "Host: m", ": no name"],
    [POST, "Host: m", "(x): y"],
    [POST, "Host: m", ""],
  ];
  for (const lines of refused) assert.equal(readHead(head(...lines)), null, lines.join(" | "));
});
