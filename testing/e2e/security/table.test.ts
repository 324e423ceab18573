import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const DOCS = join(import.meta.dirname, "../../../docs");
const page = readFileSync(join(DOCS, "security.md"), "utf8");
const table = page.split("<!-- attacks -->")[1]?.split("<!-- /attacks -->")[0] ?? "";
const rows = table
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .map((line) => line.split("|").slice(1, -1));

const proofs = rows.map((cells) =>
  [...(cells.at(-1) ?? "").matchAll(/\[([^\]]+)\]\(([^)]+)\): "([^"]+)"/g)].map(
    ([, name = "", path = "", title = ""]) => ({ name, path, title }),
  ),
);

const titlesIn = (path: string) =>
  new Set(
    [...readFileSync(path, "utf8").matchAll(/^test\("([^"]+)"/gm)].map(([, title = ""]) => title),
  );

test("every attack in docs/security.md has its cells, and a test that is where it says", () => {
  assert.ok(rows.length >= 13);
  for (const [n, cells] of rows.entries()) {
    assert.equal(cells.length, 5, cells[0]);
    for (const cell of cells) assert.notEqual(cell.trim(), "", cells[0]);
    const named = proofs[n] ?? [];
    assert.ok(named.length > 0, `${cells[0]} names a test`);
    for (const { name, path, title } of named) {
      assert.ok(path.endsWith(`/${name}.test.ts`), path);
      assert.ok(titlesIn(join(DOCS, path)).has(title), `${path} has no test "${title}"`);
    }
  }
});

test("every attack that is tested here stands in docs/security.md", () => {
  const named = new Set(proofs.flat().map(({ title }) => title));
  for (const file of readdirSync(import.meta.dirname)) {
    if (!file.endsWith(".test.ts") || file === "table.test.ts") continue;
    for (const title of titlesIn(join(import.meta.dirname, file)))
      assert.ok(named.has(title), title);
  }
});
