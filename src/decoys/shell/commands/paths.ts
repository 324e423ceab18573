import { type Call, fail } from "../call.ts";
import { isFault } from "../tree.ts";

const MAX_FOUND = 20_000;

/** Quotation marks of a UTF-8 locale, as bytes. */
export const quote = { open: "\xe2\x80\x98", close: "\xe2\x80\x99" };

export function missingOperand(call: Call, what = "missing operand"): number {
  return fail(call, `${what}\nTry '${call.name} --help' for more information.`);
}

/** Every path of a tree, itself first. */
export function pathsBelow(call: Call, path: string, depth = 0): string[] {
  const entry = call.shell.disk.stat(call.shell.cwd, path, false);
  if (isFault(entry) || entry.kind !== "directory" || depth > 16) return [path];
  const base = path.endsWith("/") ? path : `${path}/`;
  const paths = [path];
  for (const name of entry.children.keys()) {
    if (paths.length > MAX_FOUND) break;
    paths.push(...pathsBelow(call, base + name, depth + 1));
  }
  return paths;
}
