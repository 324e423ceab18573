/** Writes the tables of docs/ that say what the code says; tests hold the two level. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { SETTINGS, type Setting } from "../src/cli/settings.ts";
import { ERRORS } from "../src/domain/errors.ts";
import { METRICS } from "../src/master/operator-plane/metrics.ts";

const docs = join(import.meta.dirname, "../docs");

write("errors.md", {
  errors: table(
    ["code", "HTTP", "message", "what to do"],
    Object.entries(ERRORS).map(([code, { status, message, remedy }]) => [
      `\`${code}\``,
      status === null ? "" : `${status}`,
      message,
      remedy,
    ]),
  ),
});

write("operations.md", {
  settings: table(
    ["key", "flag", "environment", "default", "meaning"],
    Object.entries(SETTINGS).map(([key, setting]: [string, Setting<unknown>]) => [
      setting.inFile === false ? "" : `\`${key}\``,
      `\`${setting.flag}\``,
      setting.env === null ? "" : `\`${setting.env}\``,
      setting.defaultText,
      setting.meaning,
    ]),
  ),
  "exit-codes": table(
    ["code", "meaning"],
    Object.values(EXIT_CODES).map(({ code, meaning }) => [`${code}`, meaning]),
  ),
  metrics: table(
    ["name", "type", "label", "meaning"],
    METRICS.map((metric) => [
      `\`${metric.name}\``,
      metric.type,
      "label" in metric ? metric.label : "",
      metric.help,
    ]),
  ),
});

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
function write(file: string, parts: Readonly<Record<string, string>>): void {
  const path = join(docs, file);
  let text = readFileSync(path, "utf8");
  for (const [name, part] of Object.entries(parts)) {
    const [before, rest] = split(text, `<!-- ${name} -->`, path);
    const [, after] = split(rest, `<!-- /${name} -->`, path);
    text = `${before}<!-- ${name} -->\n\n${part}\n\n<!-- /${name} -->${after}`;
  }
  writeFileSync(path, text);
}

function split(text: string, marker: string, path: string): [string, string] {
  const place = text.indexOf(marker);
  if (place === -1) throw new Error(`${path} has no ${marker}`);
  return [text.slice(0, place), text.slice(place + marker.length)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
