import assert from "node:assert/strict";
import { test } from "node:test";
import { capturedFile } from "./captured-file.ts";
import { readableData } from "./event-data.ts";
import { sizeOf } from "./sizes.ts";

const sha256 = "ab".repeat(32);
const fileOf = (data: Record<string, unknown>) => capturedFile({ kind: "shell.file", data });

test("capturedFile() joins the pieces into bytes, under a name that says nothing", () => {
  const pieces = [Buffer.from([0, 255, 7]), Buffer.from("<script>")];
  const content = pieces.map((piece) => piece.toString("base64"));
  const file = fileOf({ path: "/tmp/evil.html", sha256, bytes: 90_000, content });
  assert.equal(file?.name, "captured-abababababababab.bin");
  assert.deepEqual(Buffer.from(file?.kept ?? []), Buffer.concat(pieces));
  assert.equal(file?.bytes, 90_000);
});

test("capturedFile() takes no name from what is no hash", () => {
  assert.equal(fileOf({ sha256: "../../x.html", content: [] })?.name, "captured-unnamed.bin");
});

test("capturedFile() has nothing to give of what cannot be read, or is too long to be true", () => {
  assert.equal(fileOf({ sha256, content: ["%%%"] }), null);
  assert.equal(fileOf({ sha256, content: [7] }), null);
  assert.equal(fileOf({ sha256 }), null);
  assert.equal(fileOf({ sha256, content: ["A".repeat(400_000)] }), null);
  assert.equal(capturedFile({ kind: "ssh.command", data: { content: ["AAAA"] } }), null);
});

test("readableData() shortens content and recording, and leaves all else", () => {
  const data = { path: "/tmp/x", content: ["A".repeat(16_000), "A".repeat(4000)] };
  assert.deepEqual(readableData({ kind: "shell.file", data }), {
    path: "/tmp/x",
    content: "(20 kB of base64)",
  });
  const cast = "é".repeat(1000);
  const piece = readableData({ kind: "shell.recording", data: { part: 1, cast } });
  assert.deepEqual(piece, { part: 1, cast: `${"é".repeat(160)}… (2 kB in all)` });
  const other = { content: "text" };
  assert.equal(readableData({ kind: "http.request", data: other }), other);
});

test("sizeOf() is as exact as its size asks for", () => {
  assert.deepEqual([0, 1, 999, 1000, 3456, 72 * 1024, 2_100_000].map(sizeOf), [
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1 kB",
    "3.5 kB",
    "73 kB",
    "2.1 MB",
  ]);
});
