/** Builds what is published: dist/ with compiled JavaScript and the dashboard. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

function run(command: string, ...args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const dist = join(root, "dist");
mkdirSync(dist, { recursive: true });
// The dashboard's own script knows whether it is up to date.
for (const name of readdirSync(dist)) {
  if (name !== "dashboard") rmSync(join(dist, name), { recursive: true });
}
run(process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
run(process.execPath, "scripts/build-dashboard.ts");
