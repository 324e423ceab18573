import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { personaOf, startDecoy } from "../testbed.ts";
import { LineParser, MAX_LINE_BYTES } from "./protocol.ts";
import { exampleDecoy } from "./server.ts";

async function talk(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.end(bytes);
  await once(socket, "close");
  return said;
}

test("exampleDecoy greets as its host, answers, and records each line", async (t) => {
  const persona = personaOf("linux-server", 1);
  const decoy = await startDecoy(t, exampleDecoy, persona);
  const said = await talk(decoy.port, "hello\r\nuptime\nquit\r\nnever read\r\n");
  const uptimeS = Math.floor((decoy.nowMs() - persona.bootedMs) / 1000);
  assert.equal(
    said,
    `${persona.hostname}.${persona.domain} ready.\r\nunknown command\r\n${uptimeS}\r\nbye\r\n`,
  );
  assert.deepEqual(decoy.events, [
    { kind: "example.line", data: { line: "hello" } },
    { kind: "example.line", data: { line: "uptime" } },
    { kind: "example.line", data: { line: "quit" } },
  ]);
});

test("exampleDecoy says the banner that its config names", async (t) => {
  const decoy = await startDecoy(t, exampleDecoy, personaOf("linux-server", 1), { banner: "hi" });
  assert.equal(await talk(decoy.port, "quit\n"), "hi\r\nbye\r\n");
});

test("exampleDecoy hangs up on a line without end", async (t) => {
  const decoy = await startDecoy(t, exampleDecoy, personaOf("linux-server", 1), { banner: "hi" });
  assert.equal(await talk(decoy.port, Buffer.alloc(100_000, "x")), "hi\r\nline too long\r\n");
  assert.deepEqual(decoy.events, []);
});

test("LineParser reads the same lines wherever the bytes are cut", () => {
  const bytes = Buffer.from("one\r\n\ntwo \xff\nthree", "latin1");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parser = new LineParser();
    const lines = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap(
      (chunk) => parser.push(chunk).lines,
    );
    assert.deepEqual(lines, ["one", "", "two \xff"]);
  }
});

test("LineParser keeps no more than one line", () => {
  const parser = new LineParser();
  assert.equal(parser.push(Buffer.alloc(MAX_LINE_BYTES, "x")).overflowed, false);
  assert.equal(parser.push(Buffer.from("x")).overflowed, true);
  assert.deepEqual(parser.push(Buffer.from("\nquit\n")), { lines: [], overflowed: true });
});
