import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { test } from "node:test";

/** Who may import whom. What a room needs from above arrives as an argument. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  wire: ["domain"],
  pki: ["domain"],
  store: ["domain"],
  decoys: ["domain"],
  agent: ["domain", "wire", "pki", "decoys"],
  master: ["domain", "wire", "pki", "store"],
  cli: ["domain", "wire", "pki", "store", "decoys", "agent", "master"],
};

const src = import.meta.dirname;
const dashboard = resolve(src, "../dashboard/src");
const IMPORT = /(?:^|[\s;])(import|export)\s+(type\s+)?(?:[^'"();]*?\sfrom\s*)?["']([^"']+)["']/g;
const DYNAMIC_IMPORT = /\bimport\(\s*["']([^"']+)["']/g;

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(IMPORT)) {
    found.push({ specifier: match[3] ?? "", typeOnly: match[2] !== undefined });
  }
  for (const match of text.matchAll(DYNAMIC_IMPORT)) {
    found.push({ specifier: match[1] ?? "", typeOnly: false });
  }
  return found;
}

function roomOf(path: string): string {
  return relative(src, path).split("/")[0] ?? "";
}

/** Why `file` may not import `specifier`, or null if it may. */
function breach(file: string, { specifier }: Import): string | null {
  const room = roomOf(file);
  const isTest = file.endsWith(".test.ts");
  if (!specifier.startsWith(".")) {
    return room === "domain" && !isTest ? "domain imports nothing, not even a library" : null;
  }
  const target = resolve(dirname(file), specifier);
  if (relative(src, target).startsWith("..")) return "leaves src/";
  const targetRoom = roomOf(target);
  if (targetRoom === room) return decoyBreach(file, target, isTest);
  if (MAY_IMPORT[room]?.includes(targetRoom)) return null;
  return `${room} may not import ${targetRoom}`;
}

/** A protocol's folder imports no other protocol's; `shell/` is a part that several share. */
function decoyBreach(file: string, target: string, isTest: boolean): string | null {
  if (roomOf(file) !== "decoys" || isTest) return null;
  const [from, to] = [file, target].map((path) => relative(`${src}/decoys`, path).split("/"));
  if (!from || !to || from.length < 2 || to.length < 2) return null;
  return from[0] === to[0] || to[0] === "shell" ? null : "a decoy may not import another";
}

test("every file under src/ imports only what its room may", () => {
  const files = globSync("**/*.ts", { cwd: src }).filter((file) => file.includes("/"));
  assert.ok(files.length > 20, "the walk found too few files to mean anything");
  const breaches: string[] = [];
  for (const file of files) {
    const path = resolve(src, file);
    assert.ok(roomOf(path) in MAY_IMPORT, `src/${file} stands in a room that has no row`);
    for (const found of importsOf(readFileSync(path, "utf8"))) {
      const why = breach(path, found);
      if (why !== null) breaches.push(`${file} imports ${found.specifier}: ${why}`);
    }
  }
  assert.deepEqual(breaches, []);
});

test("the dashboard imports nothing of src/ but types of src/wire", () => {
  const files = globSync("**/*.{ts,tsx}", { cwd: dashboard });
  const breaches: string[] = [];
  for (const file of files) {
    const path = resolve(dashboard, file);
    for (const found of importsOf(readFileSync(path, "utf8"))) {
      if (!found.specifier.startsWith(".")) continue;
      const target = resolve(dirname(path), found.specifier);
      if (!relative(dashboard, target).startsWith("..")) continue;
      if (roomOf(target) !== "wire") breaches.push(`${file} imports ${found.specifier}`);
      else if (!found.typeOnly) breaches.push(`${file} imports values of ${found.specifier}`);
    }
  }
  assert.deepEqual(breaches, []);
});

test("the walls stop what they are there to stop", () => {
  const at = (file: string, specifier: string) =>
    breach(resolve(src, file), { specifier, typeOnly: false });
  assert.notEqual(at("agent/loop.ts", "../master/master.ts"), null);
  assert.notEqual(at("master/master.ts", "../agent/agent.ts"), null);
  assert.notEqual(at("domain/host.ts", "node:fs"), null);
  assert.notEqual(at("wire/events.ts", "../store/store.ts"), null);
  assert.notEqual(at("decoys/http/server.ts", "../redis/server.ts"), null);
  assert.notEqual(at("store/sqlite/store.ts", "../../../testing/x.ts"), null);
  assert.equal(at("decoys/ssh/server.ts", "../shell/shell.ts"), null);
  assert.equal(at("decoys/ssh/server.ts", "../persona.ts"), null);
  assert.deepEqual(importsOf('import {\n a,\n} from "./a.ts";\nexport * from "./b.ts";'), [
    { specifier: "./a.ts", typeOnly: false },
    { specifier: "./b.ts", typeOnly: false },
  ]);
  assert.deepEqual(importsOf('const x = await import("./c.ts");'), [
    { specifier: "./c.ts", typeOnly: false },
  ]);
});
