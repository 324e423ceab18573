import type { ApiEvent } from "../wire/api/event.ts";
import { printable, type Style } from "./terminal.ts";

/** Longest that the telling part of a line may get, in characters. */
const MAX_WORDS = 160;

/** One event as one line: when, where, what, who. What an attacker sent cannot move the cursor. */
export function eventLine(event: ApiEvent, style: Style): string {
  const time = event.at.slice(11, 19);
  const words = printable(wordsOf(event)).slice(0, MAX_WORDS);
  const kind = event.kind.padEnd(20);
  const painted = style[colorOf(event.kind)](kind);
  return [
    style.dim(time),
    style.bold(printable(event.decky).padEnd(12)),
    painted,
    printable(`${event.src_ip}:${event.src_port}`).padEnd(21),
    words,
  ]
    .join("  ")
    .trimEnd();
}

/** That somebody came or went says less than what he did. */
function colorOf(kind: ApiEvent["kind"]): "dim" | "yellow" | "cyan" {
  if (kind.startsWith("session.")) return "dim";
  return kind.endsWith(".login.attempt") ? "yellow" : "cyan";
}

/** Facts that tell the most, in this order; the rest is for --json and the dashboard. */
const TELLING = [
  "user",
  "password",
  "fingerprint",
  "success",
  "input",
  "rc",
  "command",
  "args",
  "line",
  "method",
  "target",
  "url",
  "path",
  "bytes",
  "sha256",
  "shell",
  "part",
  "status",
  "user_agent",
  "ident",
  "type",
  "name",
  "value",
  "reason",
  "duration_ms",
] as const;

function wordsOf({ data }: ApiEvent): string {
  const told = TELLING.filter((name) => data[name] !== undefined && data[name] !== null);
  return told.map((name) => `${name}=${shown(data[name])}`).join(" ");
}

function shown(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}
