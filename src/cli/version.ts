import { readFileSync } from "node:fs";

/** The package's version. The file stands two floors up, from src/cli and from dist/cli alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
