import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { sizeOf } from "./sizes.ts";
import { spanOf } from "./times.ts";

type EventFacts = Pick<ApiEvent, "kind" | "data">;

const LINE_CHARS = 240;

/** What happened, in one line of plain text: what was typed, asked for, or tried (docs/events.md). */
export function summaryOf({ kind, data }: EventFacts): string {
  const told = TELLS[kind]?.((...names) => firstText(data, names)) ?? null;
  return oneLine(told ?? plain(data));
}

type Tell = (text: (...names: readonly string[]) => string | null) => string | null;

const login: Tell = (text) =>
  joined(" / ", text("user"), text("password", "fingerprint", "method"));
const input: Tell = (text) => text("input", "line");
const reason: Tell = (text) => text("reason");

/** What tells the most of each kind; of one that is not here, all its data does. */
const TELLS: Partial<Record<ApiEvent["kind"], Tell>> = {
  "session.open": () => "",
  "session.close": (text) => {
    const ms = text("duration_ms");
    return ms === null ? null : `after ${Number(ms) < 1000 ? `${ms} ms` : spanOf(Number(ms))}`;
  },
  "example.line": input,
  "http.request": (text) => joined(" ", text("method"), text("target"), arrow(text("status"))),
  "http.login.attempt": login,
  "http.malformed": reason,
  "redis.command": (text) => joined(" ", text("command"), text("args")),
  "redis.login.attempt": login,
  "redis.malformed": reason,
  "ssh.client": (text) => text("ident"),
  "ssh.login.attempt": login,
  "ssh.command": input,
  "ssh.malformed": reason,
  "telnet.login.attempt": login,
  "telnet.command": input,
  "telnet.malformed": reason,
  "shell.download": (text) => text("url"),
  "shell.file": (text) => {
    const [bytes, via] = [text("bytes"), text("via")];
    return joined(
      ", ",
      text("path"),
      bytes === null ? null : sizeOf(Number(bytes)),
      via === null ? null : `by ${via}`,
    );
  },
  "shell.recording": (text) => {
    const [shell, part] = [text("shell"), text("part")];
    return joined(
      ", ",
      shell === null ? null : `terminal ${shell}`,
      part === null ? null : `part ${part}`,
    );
  },
};

function firstText(data: ApiEvent["data"], names: readonly string[]): string | null {
  for (const name of names) {
    const value = data[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
    if (Array.isArray(value)) return value.map(String).join(" ");
  }
  return null;
}

function joined(between: string, ...parts: readonly (string | null)[]): string | null {
  const told = parts.filter((part) => part !== null);
  return told.length === 0 ? null : told.join(between);
}

function arrow(status: string | null): string | null {
  return status === null ? null : `→ ${status}`;
}

function plain(data: ApiEvent["data"]): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("  ");
}

/** An attacker's text stays on its line: control and direction marks become visible. */
export function oneLine(text: string, mostChars = LINE_CHARS): string {
  const cut = text.length > mostChars ? `${text.slice(0, mostChars)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) => {
    if (mark === "\n") return "⏎";
    if (mark === "\t") return " ";
    return `\\u${mark.codePointAt(0)?.toString(16).padStart(4, "0")}`;
  });
}

/** True for an attempt that let the attacker in. */
export function letIn({ kind, data }: EventFacts): boolean {
  return kind.endsWith(".login.attempt") && data["success"] === true;
}

/** Whether a row shows `text` somewhere: source, decky, kind or what was sent. `text` is lowercase. */
export function eventContains(event: ApiEvent, text: string): boolean {
  if (text === "") return true;
  const { src_ip, decky, kind, service, session, data } = event;
  // Base64 holds any short word by chance.
  const sent = JSON.stringify({ ...data, content: undefined });
  return [src_ip, decky, kind, service, session, sent].join(" ").toLowerCase().includes(text);
}
