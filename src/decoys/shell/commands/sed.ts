import { type Call, fail, optionsOf } from "../call.ts";
import type { Running } from "../shell.ts";
import { linesOf, regexpOf, sourcesOf } from "./sources.ts";

/** sed(1): `s`, `p` and `d`, with addresses. */
export function* sed(call: Call): Running {
  const { flags, values, operands, unknown } = optionsOf(call.args, "ne:f:i:Ersuz");
  const inPlace = flags.has("i") || flags.has("in-place");
  // `-i` takes no separate value: what getopt took for one is the script.
  const rest =
    inPlace && values.get("i") !== undefined && !call.args.some((arg) => /^-i./.test(arg))
      ? [values.get("i") ?? "", ...operands]
      : [...operands];
  const script = values.get("e") ?? rest.shift();
  if (unknown !== null || script === undefined) {
    call.err("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
    return 1;
  }
  const kind = flags.has("E") || flags.has("r") ? "extended" : "basic";
  const steps = script
    .split(/[;\n](?=\s*(?:\d|s|\/|\$|p|d))/)
    .map((text) => sedStep(text.trim(), kind));
  if (steps.includes(null))
    return fail(call, `-e expression #1, char ${script.length}: unknown command`);
  const { sources, rc } = yield* sourcesOf(call, rest);
  for (const { name, text } of sources) {
    const lines = linesOf(text);
    let written = "";
    for (const [index, original] of lines.entries()) {
      let line: string | null = original;
      for (const step of steps) {
        if (
          line === null ||
          step === null ||
          !step.applies(index + 1, index === lines.length - 1, line)
        )
          continue;
        if (step.command === "p") written += `${line}\n`;
        else if (step.command === "d") line = null;
        else line = step.change(line);
      }
      if (line !== null && !flags.has("n")) written += `${line}\n`;
    }
    if (inPlace) call.shell.disk.write(call.shell.cwd, name, written);
    else call.out(written);
  }
  return rc;
}

interface SedStep {
  readonly command: string;
  applies(line: number, last: boolean, text: string): boolean;
  change(line: string): string;
}

function sedStep(text: string, kind: "basic" | "extended"): SedStep | null {
  const match = /^(?:(\d+|\$)(?:,(\d+|\$))?|\/((?:\\\/|[^/])*)\/)?\s*([spd])(.*)$/s.exec(text);
  if (match === null) return null;
  const [, from, to, pattern, command = "", rest = ""] = match;
  const address = pattern === undefined ? null : regexpOf(pattern, kind, "");
  const applies = (line: number, last: boolean, subject: string) => {
    if (address !== null) return address.test(subject.slice(0, 8192));
    if (from === undefined) return true;
    if (to === undefined) return from === "$" ? last : line === Number(from);
    return line >= Number(from) && (to === "$" || line <= Number(to));
  };
  if (command !== "s") return { command, applies, change: (line) => line };
  const mark = rest.charAt(0);
  const parts = rest.slice(1).split(mark);
  if (mark === "" || parts.length < 3) return null;
  const [search = "", replacement = "", options = ""] = parts;
  const regexp = regexpOf(
    search,
    kind,
    `${options.includes("g") ? "g" : ""}${/[iI]/.test(options) ? "i" : ""}`,
  );
  if (regexp === null) return null;
  const change = (line: string) =>
    line.slice(0, 8192).replace(regexp, (...found: string[]) =>
      replacement.replace(/\\(\d)|\\n|&|\\(.)/g, (token, group?: string, plain?: string) => {
        if (token === "&") return found[0] ?? "";
        if (token === "\\n") return "\n";
        return group === undefined ? (plain ?? "") : (found[Number(group)] ?? "");
      }),
    );
  return { command, applies, change };
}
