import { STATUS_CODES } from "node:http";
import type { AgentAnswer } from "../exchange.ts";

/** Writes answers of HTTP/1.1 (RFC 9112) on connections that stay open for `keepAliveMs`. */
export function createAnswerWriter(deps: {
  readonly nowMs: () => number;
  readonly keepAliveMs: number;
}): (answer: AgentAnswer) => string {
  const stays = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(deps.keepAliveMs / 1000)}\r\n`;
  let date = "";
  let dateSecond = Number.NaN;

  function dateLine(): string {
    const second = Math.floor(deps.nowMs() / 1000);
    if (second !== dateSecond) {
      dateSecond = second;
      date = `date: ${new Date(second * 1000).toUTCString()}\r\n`;
    }
    return date;
  }

  return ({ status, headers, body }) => {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
    text += dateLine();
    text += stays;
    if (body !== null) text += `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    // No content at all, so no length of it (RFC 9110, section 8.6).
    else text += status === 204 || status === 304 ? "\r\n" : "content-length: 0\r\n\r\n";
    return text;
  };
}
