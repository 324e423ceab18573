import { createHash } from "node:crypto";
import { arg, type Call } from "./command.ts";
import { integerOf } from "./protocol.ts";
import { bulk, bulks, error, integer, NIL, NOT_AN_INTEGER, type Reply } from "./reply.ts";

export function sha1Of(script: string): string {
  return createHash("sha1").update(script, "latin1").digest("hex");
}

/**
 * Answers EVAL without running anything: constants, keys, arguments and one call are understood, and
 * the globals that Redis takes away are refused in its words. All else gives nil.
 *
 * @param run What a `redis.call` in the script does.
 */
export function evaluate(call: Call, run: (args: readonly string[]) => Reply): Reply {
  const script = arg(call, 1);
  const count = integerOf(arg(call, 2));
  if (count === null) return NOT_AN_INTEGER;
  if (count < 0) return error("ERR Number of keys can't be negative");
  if (count > call.args.length - 3) {
    return error("ERR Number of keys can't be greater than number of args");
  }
  const keys = call.args.slice(3, 3 + count);
  const rest = call.args.slice(3 + count);
  const sha1 = sha1Of(script);
  if (call.instance.scripts.size < 1000) call.instance.scripts.add(sha1);
  const fails = (words: string) => error(`ERR Error running script (call to f_${sha1}): ${words}`);

  const global = /\b(os|io|require|dofile|loadfile|debug)\s*[.(]/.exec(script)?.[1];
  if (global !== undefined && !script.includes("loadlib")) {
    return fails(
      `@enable_strict_lua:15: user_script:1: Script attempted to access nonexistent global variable '${global}' `,
    );
  }
  const value = /^\s*return\s+([^]*?)\s*;?\s*$/.exec(script)?.[1];
  if (value === undefined) return NIL;
  const number = integerOf(value);
  if (number !== null) return integer(number);
  const text = /^(?:"([^"\\]*)"|'([^'\\]*)')$/.exec(value);
  if (text) return bulk(text[1] ?? text[2] ?? "");
  if (value === "true") return integer(1);
  const list = (name: string) => (name === "KEYS" ? keys : rest);
  const element = /^(KEYS|ARGV)\[(\d{1,4})\]$/.exec(value);
  if (element) return bulk(list(element[1] ?? "")[Number(element[2]) - 1] ?? null);
  if (value === "KEYS" || value === "ARGV") return bulks(list(value));
  const inner = /^redis\.p?call\(([^()]{1,2000})\)$/.exec(value)?.[1];
  if (inner === undefined) return NIL;
  const args = inner.split(",").map((part) => {
    const word = part.trim();
    const place = /^(KEYS|ARGV)\[(\d{1,4})\]$/.exec(word);
    if (place) return list(place[1] ?? "")[Number(place[2]) - 1] ?? "";
    return word.replace(/^(["'])([^]*)\1$/, "$2");
  });
  const reply = run(args);
  if (reply.kind === "error" && reply.text.startsWith("ERR unknown command")) {
    return fails("@user_script:1: @user_script: 1: Unknown Redis command called from Lua script ");
  }
  if (reply.kind === "error") return fails(`@user_script:1: ${reply.text} `);
  return reply;
}
