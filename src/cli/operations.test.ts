import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERRORS, type ErrorCode } from "../domain/errors.ts";
import { METRICS } from "../master/operator-plane/metrics.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-codes.ts";
import { SETTINGS, type Setting } from "./settings.ts";

const text = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
const ADVICE = "out of step: npm run docs writes the table anew";

/** The cells of the table between the markers of `name`, without its head. */
function documented(name: string): string[][] {
  const part = text.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";
  const rows = part.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

test("docs/operations.md lists every setting, and no other", () => {
  const settings = Object.entries(SETTINGS).map(([key, setting]: [string, Setting<unknown>]) => [
    setting.inFile === false ? "" : key,
    setting.flag,
    setting.env ?? "",
    setting.defaultText,
    setting.meaning,
  ]);
  assert.deepEqual(documented("settings"), settings, ADVICE);
});

test("docs/operations.md lists every exit code, and no other", () => {
  const codes = Object.values(EXIT_CODES).map(({ code, meaning }) => [`${code}`, meaning]);
  assert.deepEqual(documented("exit-codes"), codes, ADVICE);
});

test("docs/operations.md lists every metric, and no other", () => {
  const metrics = METRICS.map((metric) => [
    metric.name,
    metric.type,
    "label" in metric ? metric.label : "",
    metric.help,
  ]);
  assert.deepEqual(documented("metrics"), metrics, ADVICE);
});

test("every error code has an exit code, and none of them says that all is well", () => {
  const known: ReadonlySet<number> = new Set(Object.values(EXIT_CODES).map(({ code }) => code));
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    assert.ok(known.has(exitCodeOf(code)), code);
    assert.notEqual(exitCodeOf(code), EXIT_CODES.ok.code, code);
  }
  assert.deepEqual(
    (
      ["usage", "host-not-found", "master-unreachable", "host-decommissioned", "internal"] as const
    ).map(exitCodeOf),
    [2, 3, 4, 5, 1],
  );
});
