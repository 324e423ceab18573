import type { ServerResponse } from "node:http";
import { ERRORS, type ErrorCode } from "../../domain/errors.ts";
import { HEADERS } from "../../wire/headers.ts";

/** What goes back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A code that has an HTTP status. */
export type HttpErrorCode = {
  [Code in ErrorCode]: (typeof ERRORS)[Code]["status"] extends number ? Code : never;
}[ErrorCode];

export function jsonAnswer(status: number, value: unknown): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: `${JSON.stringify(value)}\n`,
  };
}

/**
 * `{"detail": ...}` and the code in a header.
 * @param detail What was wrong just now, after the table's message; or a list of field faults,
 *   which stands alone.
 */
export function refusal(
  code: HttpErrorCode,
  detail: string | readonly unknown[] | null = null,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const { status, message } = ERRORS[code];
  const text = typeof detail === "string" ? `${message}: ${detail}` : (detail ?? message);
  const answer = jsonAnswer(status, { detail: text });
  return { ...answer, headers: { ...answer.headers, [HEADERS.error]: code, ...headers } };
}

/** One request a connection: enrollment happens once, so there is nothing to keep alive for. */
export function send(response: ServerResponse, answer: Answer): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.writeHead(answer.status, {
      ...answer.headers,
      "cache-control": "no-store",
      connection: "close",
      "content-length": Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  });
}

/** The same as bytes, for a socket whose request Node could not read. */
export function rawAnswer(answer: Answer, reason: string): string {
  const head = [`HTTP/1.1 ${answer.status} ${reason}`];
  for (const [name, value] of Object.entries(answer.headers)) head.push(`${name}: ${value}`);
  head.push(`content-length: ${Buffer.byteLength(answer.body)}`, "connection: close");
  return `${head.join("\r\n")}\r\n\r\n${answer.body}`;
}
