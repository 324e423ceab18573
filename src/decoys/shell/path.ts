import type { Shell } from "./shell.ts";
import { type Entry, isFault } from "./tree.ts";

/** The file that `name` starts, or the message that tells why none. */
export function findProgram(shell: Shell, name: string): { entry: Entry; path: string } | string {
  const prefix = shell.selfName;
  if (name.includes("/")) {
    const path = name.startsWith("/") ? name : `${shell.cwd}/${name}`;
    const entry = shell.disk.stat("/", path);
    if (isFault(entry)) {
      const words =
        shell.dialect === "bash" || entry.fault !== "No such file or directory"
          ? entry.fault
          : "not found";
      return `${prefix}: ${name}: ${words}\n`;
    }
    if (entry.kind === "directory") {
      return `${prefix}: ${name}: ${shell.dialect === "bash" ? "Is a directory" : "Permission denied"}\n`;
    }
    if ((entry.mode & 0o111) === 0) return `${prefix}: ${name}: Permission denied\n`;
    return { entry, path };
  }
  const found = which(shell, name);
  if (found !== null) return found;
  if (shell.dialect === "bash") return `${prefix}: ${name}: command not found\n`;
  return `${prefix}: ${name}: not found\n`;
}

/** First executable of that name along PATH. */
export function which(shell: Shell, name: string): { entry: Entry; path: string } | null {
  for (const directory of (shell.variables.get("PATH") ?? "").split(":").slice(0, 64)) {
    if (directory === "" || name === "") continue;
    const path = `${directory}/${name}`;
    const entry = shell.disk.stat(shell.cwd, path);
    if (!isFault(entry) && entry.kind === "file" && (entry.mode & 0o111) !== 0) {
      return { entry, path };
    }
  }
  return null;
}
