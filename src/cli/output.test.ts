import assert from "node:assert/strict";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import type { ApiEvent } from "../wire/api/event.ts";
import { age, ahead } from "./age.ts";
import { eventLine } from "./event-line.ts";
import { reportFailure, toldError } from "./failure.ts";
import { printOnce } from "./print.ts";
import { facts, table } from "./table.ts";
import { printable, styleOf, type Terminal, wantsColor } from "./terminal.ts";

const plain = styleOf(false);

function recordingTerminal(): Terminal & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    interactive: false,
    noteInteractive: false,
    style: plain,
    noteStyle: plain,
    print: () => {},
    note: (line) => void notes.push(line),
    draw: () => {},
    notes,
  };
}

test("table() aligns columns, also where cells are colored, and leaves no space at line ends", () => {
  const rows = [
    { name: "a", count: 1 },
    { name: "longer", count: 100 },
  ];
  const lines = table(
    [
      { title: "NAME", cell: (row) => row.name, paint: (text, _row, style) => style.green(text) },
      { title: "COUNT", cell: (row) => row.count, align: "right" },
      { title: "REST", cell: () => null },
    ],
    rows,
    plain,
  );
  assert.deepEqual(lines, ["NAME    COUNT  REST", "a           1  -", "longer    100  -"]);
  const colored = table(
    [
      { title: "NAME", cell: (row) => row.name, paint: (text, _row, style) => style.green(text) },
      { title: "COUNT", cell: (row) => row.count },
    ],
    rows,
    styleOf(true),
  );
  assert.equal(colored[1], "\u001b[32ma\u001b[39m       1");
});

test("facts() puts values into one column", () => {
  assert.deepEqual(
    facts(
      [
        ["a", 1],
        ["long", null],
      ],
      plain,
    ),
    ["a     1", "long  -"],
  );
});

test("printable() shows what would move the cursor or turn the text", () => {
  assert.equal(
    printable("a\u001b[2Jb\r\nc\u0000\u009b\u202e"),
    "a\\x1b[2Jb\\r\\nc\\x00\\x9b\\u{202e}",
  );
  assert.equal(printable("Grüße, 世界 🙂"), "Grüße, 世界 🙂");
});

test("wantsColor() wants a terminal, and heeds NO_COLOR and TERM=dumb", () => {
  assert.equal(wantsColor({ isTTY: true }, {}), true);
  assert.equal(wantsColor({}, {}), false);
  assert.equal(wantsColor({ isTTY: true }, { NO_COLOR: "1" }), false);
  assert.equal(wantsColor({ isTTY: true }, { NO_COLOR: "" }), true);
  assert.equal(wantsColor({ isTTY: true }, { TERM: "dumb" }), false);
});

test("age() and ahead() say one unit", () => {
  assert.deepEqual(
    [null, 100_000, 99_000, 88_000, -800_000, -8e6, -2e8].map((then) => age(then, 100_000)),
    ["never", "now", "1 s ago", "12 s ago", "15 min ago", "2 h ago", "2 d ago"],
  );
  assert.deepEqual([ahead(160_000, 100_000), ahead(1, 2)], ["in 1 min", "ran out"]);
});

const event: ApiEvent = {
  seq: 7,
  received_ms: 1,
  event_id: "01932b6e-0000-7000-8000-000000000000",
  kind: "ssh.login.attempt",
  host_uuid: "h",
  decky: "www-1",
  service: "ssh",
  session: "s",
  src_ip: "127.0.0.1",
  src_port: 5555,
  dst_ip: "127.0.0.2",
  dst_port: 22,
  at: "2026-01-02T03:04:05.678Z",
  data: { user: "root", password: "a b\u001b[2J", success: true },
};

test("eventLine() tells of a captured file and of a recording without what is in them", () => {
  const line = (kind: ApiEvent["kind"], data: ApiEvent["data"]) =>
    eventLine({ ...event, kind, data }, plain);
  const sha256 = "ab".repeat(32);
  const file = { path: "/tmp/x", via: "scp", bytes: 3, sha256, content: ["QUJD"] };
  assert.match(line("shell.file", file), new RegExp(`path=/tmp/x bytes=3 sha256=${sha256}$`));
  const piece = { shell: 1, part: 3, cast: "{}", last: false, left_out_bytes: 0 };
  assert.match(line("shell.recording", piece), / shell=1 part=3$/);
});

test("eventLine() tells when, where, what, who, and obeys nothing that an attacker sent", () => {
  assert.equal(
    eventLine(event, plain),
    String.raw`03:04:05  www-1         ssh.login.attempt     127.0.0.1:5555         user=root password="a b\u001b[2J" success=true`,
  );
});

test("reportFailure() says what was wrong and what to do, as JSON if asked", () => {
  const failure = new DecnetError("port-in-use", "127.0.0.1:1");
  const person = recordingTerminal();
  assert.equal(reportFailure(failure, person, false), 7);
  assert.deepEqual(person.notes, [
    "error: port in use: 127.0.0.1:1 [port-in-use]",
    "what to do: Stop what listens there, or choose another port.",
  ]);
  const program = recordingTerminal();
  reportFailure(failure, program, true);
  const { error } = JSON.parse(program.notes.join("")) as { error: Record<string, unknown> };
  assert.deepEqual(Object.keys(error), ["code", "message", "detail", "remedy"]);
  assert.equal(error["code"], "port-in-use");
});

test("reportFailure() shows the stack of what nobody expected", () => {
  const terminal = recordingTerminal();
  assert.equal(reportFailure(new TypeError("x is not a function"), terminal, false), 1);
  assert.match(terminal.notes[0] ?? "", /internal error: x is not a function/);
  assert.match(terminal.notes[2] ?? "", /at .*output\.test\.ts/);
});

test("printOnce() styles what it says on standard error for that, not for standard output", () => {
  const terminal = recordingTerminal();
  const out: string[] = [];
  const shell = {
    terminal: { ...terminal, style: styleOf(true), print: (line: string) => void out.push(line) },
  };
  printOnce(shell, {}, { secret: "s" }, "shown this once:", "s");
  assert.deepEqual([out, terminal.notes], [["s"], ["shown this once:"]]);
  printOnce(shell, { json: true }, { secret: "s" }, "shown this once:", "s");
  assert.deepEqual([out[1], terminal.notes.length], ['{\n  "secret": "s"\n}', 1]);
});

test("toldError() does not repeat what the table says", () => {
  assert.equal(toldError("host-not-found", "no such host").message, "no such host");
  assert.equal(toldError("host-not-found", "no such host: x").detail, "x");
  assert.equal(toldError("of-a-later-version", "what").code, "answer-unexpected");
});
