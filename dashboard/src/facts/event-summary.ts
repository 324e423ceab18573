import type { ApiEvent } from "../../../src/wire/api/event.ts";

const LINE_CHARS = 240;

/** What happened, in one line of plain text: what was typed, asked for, or tried. */
export function summaryOf(event: Pick<ApiEvent, "kind" | "data">): string {
  const { data } = event;
  const text = (...names: string[]) => {
    for (const name of names) {
      const value = data[name];
      if (typeof value === "string" || typeof value === "number") return String(value);
      if (Array.isArray(value)) return value.map(String).join(" ");
    }
    return null;
  };
  return oneLine(summarize(event.kind, text) ?? plain(data));
}

type Text = (...names: string[]) => string | null;

function summarize(kind: string, text: Text): string | null {
  if (kind.endsWith(".login.attempt")) {
    const user = text("username", "user") ?? "";
    const secret = text("password") ?? text("fingerprint", "key_fingerprint", "key");
    return secret === null ? user || null : `${user} / ${secret}`;
  }
  if (kind === "http.request") {
    const target = text("target", "path", "url");
    return target === null ? null : `${text("method") ?? ""} ${target}`.trim();
  }
  if (kind === "shell.download") return text("url");
  if (kind.endsWith(".command")) return text("line", "command", "input", "argv", "args");
  if (kind === "example.line") return text("line");
  if (kind === "ssh.client") return text("banner", "version", "client", "software");
  if (kind === "session.close") {
    const ms = text("duration_ms", "durationMs");
    return ms === null ? null : `after ${(Number(ms) / 1000).toFixed(1)} s`;
  }
  return null;
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
export function letIn(event: Pick<ApiEvent, "kind" | "data">): boolean {
  const { data } = event;
  return (
    event.kind.endsWith(".login.attempt") &&
    (data["success"] === true || data["accepted"] === true || data["outcome"] === "accepted")
  );
}

/** Whether a row shows `text` somewhere: source, decky, kind or what was sent. `text` is lowercase. */
export function eventContains(event: ApiEvent, text: string): boolean {
  if (text === "") return true;
  return `${event.src_ip} ${event.decky} ${event.kind} ${event.service} ${event.session} ${JSON.stringify(event.data)}`
    .toLowerCase()
    .includes(text);
}
