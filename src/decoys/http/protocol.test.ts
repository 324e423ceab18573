import assert from "node:assert/strict";
import { test } from "node:test";
import { apache } from "./apache.ts";
import { rangeOf, resolvePath } from "./flavor.ts";
import { nginx } from "./nginx.ts";
import { type Framing, type Item, KEPT_BODY_BYTES, RequestParser } from "./protocol.ts";

const servers = [
  nginx({ server: "nginx/1.18.0", gzip: true }),
  apache({ server: "Apache/2.4.56 (Debian)", serverName: "x.lan", debian: true, allowOffset: 0 }),
];
const limits = servers[0]!.limits;

function parse(chunks: readonly Buffer[], framing: Framing): Item[] {
  const parser = new RequestParser(limits);
  const items: Item[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let item = parser.next(); item !== null; item = parser.next()) {
      items.push(item);
      if (item.kind === "head") parser.expectBody(framing);
    }
  }
  return items;
}

test("RequestParser reads the same requests wherever the bytes are cut", () => {
  const bytes = Buffer.from(
    "\r\nPOST /a HTTP/1.1\r\nHost: x\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: y\r\n\r\nGET / HTTP/1.0\n\n0\r\n\r\n",
  );
  const expected: Item[] = [
    {
      kind: "head",
      head: { line: "POST /a HTTP/1.1", lines: ["Host: x"], bareLf: false },
    },
    { kind: "body", body: { bytes: Buffer.from("abcde"), length: 5, fault: null } },
    { kind: "head", head: { line: "GET / HTTP/1.0", lines: [], bareLf: true } },
    { kind: "body", body: { bytes: Buffer.alloc(0), length: 0, fault: null } },
  ];
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(parse([bytes.subarray(0, cut), bytes.subarray(cut)], "chunked"), expected);
  }
  const single = Array.from(bytes, (byte) => Buffer.from([byte]));
  assert.deepEqual(parse(single, "chunked"), expected);
});

test("RequestParser keeps the start of a long body and counts the rest", () => {
  const length = KEPT_BODY_BYTES + 100_000;
  const bytes = Buffer.concat([
    Buffer.from("POST / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(length, "x"),
    Buffer.from("GET / HTTP/1.1\r\n"),
  ]);
  const [, body] = parse([bytes], { length });
  assert.ok(body?.kind === "body");
  assert.equal(body.body.length, length);
  assert.equal(body.body.bytes.length, KEPT_BODY_BYTES);
});

test("RequestParser stops at chunked framing that is none", () => {
  for (const framing of ["zz\r\n", "3\r\nabcd\r\n", "-1\r\n", "ffffffffff\r\n", "\r\n"]) {
    const items = parse(
      [Buffer.from(`POST / HTTP/1.1\r\n\r\n${framing}GET / HTTP/1.1\r\n\r\n`)],
      "chunked",
    );
    assert.equal(items.length, 2);
    assert.ok(items[1]?.kind === "body" && items[1].body.fault === "bad-chunk");
  }
});

test("RequestParser refuses heads that outgrow the server's limits", () => {
  const faultOf = (text: string) => {
    const item = parse([Buffer.from(text)], "none").at(-1);
    return item?.kind === "fault" ? item.fault : null;
  };
  const long = "a".repeat(9000);
  assert.equal(faultOf(`GET /${long}`), "line-too-long");
  assert.equal(faultOf(`GET / HTTP/1.1\r\nX: ${long}`), "header-too-long");
  assert.equal(
    faultOf(`GET / HTTP/1.1\r\n${`X: ${"a".repeat(4000)}\r\n`.repeat(9)}`),
    "head-too-long",
  );
  assert.equal(faultOf("\x16\x03\x01"), "not-a-method");
});

test("both servers judge random and mangled requests without throwing", () => {
  // A linear congruential generator: the same bytes at every run.
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const sample = Buffer.from(
    "POST http://a/b%20c?d=e HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\nAuthorization: Basic YTpi\r\nRange: bytes=0-3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  for (let round = 0; round < 3000; round++) {
    const flavor = servers[round % 2]!;
    const bytes = Buffer.from(sample.subarray(0, random(sample.length + 1)));
    for (let hits = random(6); hits > 0 && bytes.length > 0; hits--) {
      bytes[random(bytes.length)] = random(256);
    }
    const parser = new RequestParser(flavor.limits);
    parser.push(bytes);
    for (let item = parser.next(); item !== null; item = parser.next()) {
      if (item.kind === "fault") flavor.refusal(flavor.refuse(item.fault), 0);
      if (item.kind !== "head") continue;
      const request = flavor.judge(item.head);
      if (request.kind === "refused") {
        flavor.refusal(request, 0);
        parser.stop();
      } else {
        parser.expectBody(request.framing);
        flavor.reply(request, { kind: "error", status: 404 }, { nowMs: 0, served: 0 });
      }
    }
  }
});

test("resolvePath() decodes, folds dots, and refuses what leaves the root", () => {
  assert.equal(resolvePath("/a/./b/../c%20d/?x=%zz"), "/a/c d/");
  assert.equal(resolvePath("//a//b"), "/a/b");
  assert.equal(resolvePath("/"), "/");
  assert.equal(resolvePath("/../etc/passwd"), null);
  assert.equal(resolvePath("/%2e%2e/etc"), null);
  assert.equal(resolvePath("/%zz"), null);
});

test("rangeOf() reads one range and leaves others alone", () => {
  assert.deepEqual(rangeOf("bytes=0-3", 10), { first: 0, last: 3 });
  assert.deepEqual(rangeOf("bytes=-4", 10), { first: 6, last: 9 });
  assert.deepEqual(rangeOf("bytes=7-", 10), { first: 7, last: 9 });
  assert.equal(rangeOf("bytes=10-", 10), "unsatisfiable");
  assert.equal(rangeOf("bytes=0-1,3-4", 10), null);
  assert.equal(rangeOf(undefined, 10), null);
});
