import { PROGRAMS } from "./commands/programs.ts";
import type { Shell } from "./shell.ts";
import { isFault } from "./tree.ts";

/** What Tab adds: the rest of the only name that fits, of a command or of a file. */
export function completion(shell: Shell, line: string): string {
  const word = /[^\s;|&<>]*$/.exec(line)?.[0] ?? "";
  const first = /(?:^|[;|&])\s*$/.test(line.slice(0, line.length - word.length));
  const slash = word.lastIndexOf("/");
  if (slash < 0 && first) {
    return word === "" ? "" : rest(commandsOf(shell), word);
  }
  const directory = word.slice(0, slash + 1).replace(/^~/, shell.account.home);
  const children = shell.disk.list(shell.cwd, slash < 0 ? "." : directory);
  if (isFault(children)) return "";
  const names = [...children].map(
    ([name, { kind }]) => `${name}${kind === "directory" ? "/" : " "}`,
  );
  return rest(names, word.slice(slash + 1));
}

/** Everything that the first word of a command may be, each with a blank behind it. */
function commandsOf(shell: Shell): readonly string[] {
  const names = new Set(PROGRAMS.builtins.keys());
  for (const directory of (shell.variables.get("PATH") ?? "").split(":").slice(0, 16)) {
    const children = shell.disk.list("/", directory);
    if (!isFault(children)) for (const name of children.keys()) names.add(name);
  }
  return [...names].map((name) => `${name} `);
}

/** What all names that begin so have in common beyond it. */
function rest(names: readonly string[], begun: string): string {
  const [only, ...others] = names.filter((name) => name.startsWith(begun));
  if (only === undefined) return "";
  let common = only;
  for (const name of others) while (!name.startsWith(common)) common = common.slice(0, -1);
  return common.slice(begun.length);
}
