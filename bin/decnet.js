#!/usr/bin/env node
// Starts decnet on Node.js 24 or later. Plain JavaScript of an older kind, so that an older Node.js
// gets as far as saying what it lacks, or as starting the Node.js 24 that came with the package.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const compiled = join(root, "dist", "cli", "main.js");
// A checkout has the sources, which Node.js 24 runs as they are.
const sources = join(root, "src", "cli", "main.ts");
const entry = existsSync(sources) ? sources : compiled;

if (Number(process.versions.node.split(".")[0]) >= NEEDED) {
  await import(pathToFileURL(entry).href);
} else {
  const node = bundledNode();
  if (node === null) {
    process.stderr.write(
      `error: decnet needs Node.js ${NEEDED} or later; this is ${process.version}\n` +
        `what to do: Install Node.js ${NEEDED}, or install decnet with its optional dependencies.\n`,
    );
    process.exitCode = 7;
  } else {
    runWith(node);
  }
}

/** The Node.js 24 of the optional dependency, null where there is none for this machine. */
function bundledNode() {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const node = join(dirname(manifest), "bin", "node");
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}

/** The channel lets the child notice our end, also by kill -9. */
function runWith(node) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // A terminal sends Ctrl-C to both of us; the child decides when to end.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`error: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 7;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code === null ? 128 + (signal === "SIGKILL" ? 9 : 15) : code;
  });
}
