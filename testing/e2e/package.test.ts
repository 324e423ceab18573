import assert from "node:assert/strict";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { run, startProgram } from "./decnet.ts";
import { temporaryDir } from "./temporary.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Builds the package and unpacks it where npm would install it, beside the libraries we have here. */
async function install(dir: string): Promise<string> {
  const built = await run(process.execPath, [join(ROOT, "scripts/build.ts")]);
  assert.equal(built.code, 0, built.stdout + built.stderr);
  const packed = await run("npm", [
    "pack",
    ROOT,
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    dir,
  ]);
  assert.equal(packed.code, 0, packed.stderr);
  const libraries = join(dir, "node_modules");
  await mkdir(join(libraries, "decnet"), { recursive: true });
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name !== "decnet") await symlink(join(ROOT, "node_modules", name), join(libraries, name));
  }
  const [tarball = ""] = (await readdir(dir)).filter((name) => name.endsWith(".tgz"));
  const into = ["-C", join(libraries, "decnet"), "--strip-components", "1"];
  const unpacked = await run("tar", ["-xzf", join(dir, tarball), ...into]);
  assert.equal(unpacked.code, 0, unpacked.stderr);
  return join(libraries, "decnet");
}

test("the published package runs below node_modules, and brings the dashboard and its papers", async (t) => {
  const dir = await temporaryDir(t);
  const installed = await install(dir);
  const papers = ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"];
  const found = await readdir(installed);
  assert.deepEqual(
    papers.filter((name) => !found.includes(name)),
    [],
  );
  const sources = (await readdir(join(installed, "dist"), { recursive: true })).filter(
    (name) => name.endsWith(".ts") || name.endsWith(".test.js"),
  );
  assert.deepEqual(sources, []);

  const launcher = join(installed, "bin/decnet.js");
  const version = await run(process.execPath, [launcher, "version", "--json"]);
  assert.equal(version.code, 0, version.stderr);
  assert.match(version.stdout, /"decnet": "\d+\.\d+\.\d+/);

  const ports = ["--agent-port", "0", "--enrollment-port", "0", "--operator-port", "0"];
  const master = startProgram(t, [launcher, "master", "--data", join(dir, "data"), ...ports]);
  const url = (await master.line(/^dashboard/)).split(/\s+/)[1] ?? "";
  const page = await fetch(url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<div id="/);
  master.process.kill("SIGTERM");
  assert.equal(await master.ended(), 0);
});
