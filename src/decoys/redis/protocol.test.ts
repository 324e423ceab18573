import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesGlob } from "./keyspace.ts";
import {
  CommandParser,
  type Item,
  integerOf,
  KEPT_ARGUMENT_BYTES,
  KEPT_ARGUMENTS,
  splitInline,
} from "./protocol.ts";

function parse(...chunks: readonly (string | Buffer)[]): Item[] {
  const parser = new CommandParser();
  const items: Item[] = [];
  for (const chunk of chunks) {
    parser.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
    for (let item = parser.next(); item !== null; item = parser.next()) items.push(item);
  }
  return items;
}

function faultOf(text: string): string | null {
  const item = parse(text).at(-1);
  return item?.kind === "fault" ? item.reason : null;
}

test("CommandParser reads the same commands wherever the bytes are cut", () => {
  const text =
    "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING\r\n\r\n*0\r\nset \"a\\x00b\" 'c d'\n*1\r\n$4\r\nQUIT\r\n";
  const commands = [["GET", "a\r\nb"], ["PING"], ["set", "a\0b", "c d"], ["QUIT"]];
  const expected = commands.map((args) => ({
    kind: "command",
    command: { args, count: args.length },
  }));
  for (let cut = 0; cut <= text.length; cut++) {
    assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), expected);
  }
  assert.deepEqual(parse(...text.split("")), expected);
});

test("CommandParser refuses in Redis' words what Redis refuses", () => {
  assert.equal(faultOf("*x\r\n"), "invalid multibulk length");
  assert.equal(faultOf("*1048577\r\n"), "invalid multibulk length");
  assert.equal(faultOf("*1\r\n$-1\r\n"), "invalid bulk length");
  assert.equal(faultOf("*1\r\n$536870913\r\n"), "invalid bulk length");
  assert.equal(faultOf("*1\r\nPING\r\n"), "expected '$', got 'P'");
  assert.equal(faultOf('GET "a\r\n'), "unbalanced quotes in request");
  assert.equal(faultOf('GET "a"b\r\n'), "unbalanced quotes in request");
  assert.equal(faultOf("x".repeat(65_537)), "too big inline request");
  assert.equal(faultOf(`*${"1".repeat(65_537)}`), "too big mbulk count string");
  assert.equal(faultOf(`*1\r\n$${"1".repeat(65_537)}`), "too big bulk count string");
});

test("CommandParser keeps the start of what is long and reads on behind it", () => {
  const long = Buffer.alloc(1_000_000, "x");
  const items = parse("*2\r\n$3\r\nGET\r\n$1000000\r\n", long, "\r\nPING\r\n");
  assert.equal(items.length, 2);
  assert.ok(items[0]?.kind === "command");
  assert.equal(items[0].command.args[1]?.length, KEPT_ARGUMENT_BYTES);

  const many = parse(`*5000\r\n${"$1\r\na\r\n".repeat(5000)}PING\r\n`);
  assert.ok(many[0]?.kind === "command");
  assert.equal(many[0].command.args.length, KEPT_ARGUMENTS);
  assert.equal(many[0].command.count, 5000);
  assert.equal(many.length, 2);
});

test("CommandParser waits for a bulk of 512 MB without holding it", () => {
  const parser = new CommandParser();
  parser.push(Buffer.from("*1\r\n$536870912\r\n"));
  for (let index = 0; index < 100; index++) {
    parser.push(Buffer.alloc(65_536));
    assert.equal(parser.next(), null);
  }
});

test("splitInline() reads quotes and escapes as sdssplitargs does", () => {
  assert.deepEqual(splitInline(' a  "b c" \'d\\\'e\' "\\n\\x41\\q" '), ["a", "b c", "d'e", "\nAq"]);
  assert.deepEqual(splitInline(""), []);
  assert.equal(splitInline("'a"), null);
});

test("integerOf() takes whole numbers as string2ll does", () => {
  assert.deepEqual(["0", "-1", "42", "01", "+1", "1.0", " 1", "", "-0"].map(integerOf), [
    0,
    -1,
    42,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("matchesGlob() matches as Redis does, and stays quick where patterns are cruel", () => {
  assert.ok(matchesGlob("a*c?[x-z]", "abbbcdy"));
  assert.ok(matchesGlob("\\*", "*") && !matchesGlob("\\*", "a"));
  assert.ok(matchesGlob("[^a]", "b") && !matchesGlob("[^a]", "a"));
  assert.ok(matchesGlob("*", "") && !matchesGlob("?", ""));
  assert.equal(matchesGlob("*a".repeat(500), "a".repeat(5000).concat("b")), false);
});
