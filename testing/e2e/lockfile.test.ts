import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.startsWith("node_modules/") && link !== true,
);

test("package-lock.json pins every package by its hash, those of other platforms included", () => {
  assert.ok(installed.length > 100, "too few packages to mean anything");
  const unpinned = installed.filter(
    ([, { integrity }]) => integrity?.startsWith("sha512-") !== true,
  );
  assert.deepEqual(unpinned, []);
});

test("package-lock.json names no registry, so that each machine uses its own", () => {
  assert.deepEqual(
    installed.filter(([, { resolved }]) => resolved !== undefined),
    [],
  );
});
