/**
 * Builds the dashboard into dist/dashboard, if it is missing or older than what it is made of.
 * Runs before `npm start` and `npm test`; says nothing when there is nothing to do.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const root = resolve(import.meta.dirname, "..");
const dashboard = join(root, "dashboard");
const built = join(root, "dist/dashboard");

/** Folders count too: one is newer once a file of it was deleted. */
const SOURCES = [
  "dashboard",
  "dashboard/*.{html,json,ts}",
  "dashboard/{src,public}",
  "dashboard/{src,public}/**",
  "package-lock.json",
];

/** When the file was written, Unix milliseconds; null if it is not there. */
function writtenMs(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function isFresh(): boolean {
  const builtMs = writtenMs(join(built, "index.html"));
  if (builtMs === null) return false;
  return globSync(SOURCES, { cwd: root, exclude: ["dashboard/node_modules/**"] }).every(
    (source) => (writtenMs(join(root, source)) ?? 0) < builtMs,
  );
}

/** Where vite's command is; null if the development dependencies are not installed. */
function findVite(): string | null {
  try {
    const found = createRequire(join(dashboard, "package.json")).resolve("vite/package.json");
    return join(dirname(found), "bin/vite.js");
  } catch {
    return null;
  }
}

/** Lays `.br` and `.gz` beside what is text, so that the master need not compress while serving. */
function compress(dir: string): void {
  for (const name of globSync("**/*.{html,js,css,svg}", { cwd: dir })) {
    const bytes = readFileSync(join(dir, name));
    writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes));
    writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

/** Builds beside the old one and changes over at once: nobody is served half a dashboard. */
function build(vite: string): boolean {
  const fresh = join(root, `dist/.dashboard-${process.pid}`);
  try {
    const run = spawnSync(
      process.execPath,
      [vite, "build", dashboard, "--logLevel", "warn", "--outDir", fresh, "--emptyOutDir"],
      { cwd: dashboard, stdio: ["ignore", "inherit", "inherit"] },
    );
    if (run.status !== 0) return false;
    compress(fresh);
    rmSync(built, { recursive: true, force: true });
    renameSync(fresh, built);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (!isFresh()) {
  const vite = findVite();
  if (vite === null) {
    console.error(
      "The dashboard is not built, and vite is not installed. Run npm ci without --omit=dev.",
    );
    process.exitCode = 1;
  } else {
    console.error("Building the dashboard …");
    if (!build(vite)) {
      console.error("The dashboard could not be built; vite says above why.");
      process.exitCode = 1;
    }
  }
}
