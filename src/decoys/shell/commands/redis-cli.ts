import { neighborOf } from "../../neighbors.ts";
import { type Call, optionsOf } from "../call.ts";
import { isListening } from "../sockets.ts";

const PORT = 6379;

/** redis-cli(1) for one command on the machine's own server. */
export function redisCli(call: Call): number {
  const at = call.args.findIndex(
    (arg, index) => !arg.startsWith("-") && !/^-[hpan]$/.test(call.args[index - 1] ?? ""),
  );
  const { values } = optionsOf(at < 0 ? call.args : call.args.slice(0, at), "h:p:a:n:");
  const command = at < 0 ? [] : call.args.slice(at);
  const { machine } = call.shell;
  const host = values.get("h") ?? "127.0.0.1";
  const port = Number(values.get("p") ?? PORT);
  const ask = isListening(machine, port) ? neighborOf(machine.persona, port) : undefined;
  if (ask === undefined) {
    call.err(`Could not connect to Redis at ${host}:${port}: Connection refused\n`);
    return 1;
  }
  if (command.length === 0) return 0;
  const password = values.get("a");
  const sent = [...(password === undefined ? [] : [["AUTH", password]]), command];
  const answer = ask(sent.map(requestOf).join(""));
  const skipped = password === undefined ? 0 : answer.indexOf("\r\n") + 2;
  const [text] = shown(answer, skipped, call.terminal, "");
  call.out(`${text}\n`);
  return 0;
}

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

/** A reply as redis-cli prints it: with its type on a terminal, else bare. @returns It, and where it ends. */
function shown(
  reply: string,
  at: number,
  terminal: boolean,
  indent: string,
): readonly [text: string, end: number] {
  const line = reply.indexOf("\r\n", at);
  if (line < 0) return ["", reply.length];
  const body = reply.slice(at + 1, line);
  const next = line + 2;
  switch (reply.charAt(at)) {
    case "-":
      return [`${terminal ? "(error) " : ""}${body}`, next];
    case ":":
      return [`${terminal ? "(integer) " : ""}${body}`, next];
    case "$": {
      if (body === "-1") return [terminal ? "(nil)" : "", next];
      const end = next + Number(body);
      const text = reply.slice(next, end);
      const quotes = terminal && !text.includes("\n");
      return [quotes ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text, end + 2];
    }
    case "*": {
      const count = Math.max(0, Number(body));
      if (count === 0) return [terminal ? "(empty array)" : "", next];
      const lines: string[] = [];
      let end = next;
      for (let index = 1; index <= count && end < reply.length; index++) {
        const head = terminal ? `${index}) ` : "";
        const [text, after] = shown(reply, end, terminal, `${indent}${" ".repeat(head.length)}`);
        lines.push(`${index === 1 ? "" : indent}${head}${text}`);
        end = after;
      }
      return [lines.join("\n"), end];
    }
    default:
      return [body, next];
  }
}
