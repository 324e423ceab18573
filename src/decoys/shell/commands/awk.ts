import { type Call, fail, optionsOf } from "../call.ts";
import { unescape } from "../escapes.ts";
import type { Running } from "../shell.ts";
import { Awk } from "./awk-machine.ts";
import { parseAwk } from "./awk-parse.ts";
import { truth } from "./awk-values.ts";
import { linesOf, sourcesOf } from "./sources.ts";

/** awk(1). */
export function* awk(call: Call): Running {
  const { values, operands } = optionsOf(call.args, "F:v:f:");
  const [source = "", ...paths] = operands;
  const rules = parseAwk(source);
  if (rules === null) {
    const head = source.split("\n")[0]?.slice(0, 40) ?? "";
    return fail(call, `line 1: syntax error at or near ${head === "" ? "end of file" : head}`, 2);
  }
  const machine = new Awk(call.out);
  machine.set("FS", unescape(values.get("F") ?? " ", false));
  for (const [at, arg] of call.args.entries()) {
    const text = arg === "-v" ? call.args[at + 1] : /^-v./.test(arg) ? arg.slice(2) : undefined;
    const [name, value] = text?.split(/=(.*)/s) ?? [];
    if (name !== undefined && value !== undefined) machine.set(name, value);
  }
  for (const { pattern, body } of rules) if (pattern === "BEGIN") machine.run(body);
  if (!machine.hasExited && rules.some(({ pattern }) => pattern !== "BEGIN")) {
    const { sources, rc } = yield* sourcesOf(call, paths);
    if (rc !== 0) return 2;
    for (const line of sources.flatMap(({ text }) => linesOf(text))) {
      machine.take(line);
      for (const { pattern, body } of rules) {
        if (pattern === "BEGIN" || pattern === "END") continue;
        if (pattern === null || truth(machine.evaluate(pattern))) machine.run(body);
        if (!machine.goesOn) break;
      }
      if (machine.hasExited) break;
      machine.leaving = null;
    }
  }
  machine.leaving = null;
  for (const { pattern, body } of rules) if (pattern === "END") machine.run(body);
  return 0;
}
