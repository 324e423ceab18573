import { gzipSync } from "node:zlib";
import { type ApacheSetup, errorPage, escapeHtml, REASONS, wordsOf } from "./apache-pages.ts";
import {
  type Answer,
  assemble,
  type Headers,
  headerOf,
  httpDate,
  type Moment,
  type Reply,
  type Request,
  rangeOf,
  takesGzip,
} from "./flavor.ts";

/** An answer as Apache sends it: its headers, their order and its pages. */
export function render(
  request: Request,
  answer: Answer,
  moment: Moment,
  setup: ApacheSetup,
  allow: string,
): Reply {
  const { server, debian } = setup;
  // MaxKeepAliveRequests is 100, and the header tells how many are left.
  const left = 100 - moment.served;
  const refusesBody = answer.kind === "error" && (answer.status === 413 || answer.status === 400);
  const keepAlive = request.keepAlive && !refusesBody && left > 0;
  const asked = headerOf(request, "connection")?.toLowerCase().includes("keep-alive") === true;
  const connection: Headers = keepAlive
    ? asked
      ? [
          ["Keep-Alive", `timeout=5, max=${left}`],
          ["Connection", "Keep-Alive"],
        ]
      : []
    : [["Connection", "close"]];

  const finish = (
    status: number,
    type: string | null,
    body: Buffer,
    headers: Headers,
    compressible = false,
    after: Headers = [],
  ): Reply => {
    if (request.version === 9) return { status, bytes: body, close: true };
    const compress = compressible && debian && takesGzip(request);
    const content = compress ? gzipSync(body) : body;
    const varies = compressible && debian;
    const length = ["Content-Length", String(content.length)] as const;
    const bare = request.method === "HEAD" || status === 304;
    const encoded: Headers = compress
      ? [["Vary", "Accept-Encoding"], ["Content-Encoding", "gzip"], length]
      : [
          ...(status === 304 || (bare && status >= 400) ? [] : [length]),
          ...(varies ? [["Vary", "Accept-Encoding"] as const] : []),
        ];
    const lines: Headers = [
      ["Date", httpDate(moment.nowMs)],
      ["Server", server],
      ...headers.map(([name, value]) =>
        name === "ETag" && compress
          ? ([name, value.replace(/"$/, '-gzip"')] as const)
          : ([name, value] as const),
      ),
      ...encoded,
      ...after,
      ...connection,
      ...(type === null ? [] : [["Content-Type", type] as const]),
    ];
    const text = `${status} ${REASONS[status] ?? ""}`;
    return {
      status,
      bytes: assemble(text, lines, bare ? Buffer.alloc(0) : content),
      close: !keepAlive,
    };
  };
  const error = (status: number, headers: Headers = [], detail = "") =>
    finish(
      status,
      "text/html; charset=iso-8859-1",
      errorPage(setup, status, wordsOf(status, request.method, detail), request.host),
      headers,
    );

  if (request.method === "TRACE") {
    if (debian) return error(405, [["Allow", ""]]);
    const echo = [
      `${request.method} ${request.target} HTTP/1.1`,
      ...request.headers.map(([name, value]) => `${name}: ${value}`),
      "\r\n",
    ];
    return finish(200, "message/http", Buffer.from(echo.join("\r\n"), "latin1"), []);
  }
  if (request.path === "*" && request.method === "OPTIONS") {
    return finish(200, null, Buffer.alloc(0), []);
  }
  if (answer.kind === "page") {
    return finish(
      answer.status,
      "text/html; charset=UTF-8",
      answer.bytes,
      answer.headers,
      answer.status === 200,
    );
  }
  if (answer.kind === "error" && [401, 403, 413].includes(answer.status)) {
    return error(answer.status, answer.headers);
  }
  if (request.method === "OPTIONS") {
    return finish(200, "text/html", Buffer.alloc(0), [["Allow", allow]]);
  }
  if (!["GET", "HEAD", "POST"].includes(request.method)) {
    return error(405, [["Allow", allow]]);
  }
  if (answer.kind === "error") return error(answer.status, answer.headers);
  if (answer.kind === "moved") {
    const location = `http://${request.host ?? "localhost"}${answer.path}`;
    return error(301, [["Location", location]], escapeHtml(location));
  }
  const { bytes, modifiedMs } = answer;
  const modified = ["Last-Modified", httpDate(modifiedMs)] as const;
  // FileETag MTime Size: the size, then the time of change in microseconds.
  const tag = `"${bytes.length.toString(16)}-${(modifiedMs * 1000).toString(16)}"`;
  const etag = ["ETag", tag] as const;
  const match = headerOf(request, "if-none-match");
  const since = Date.parse(headerOf(request, "if-modified-since") ?? "");
  // A date that has not come yet does not count.
  const unchanged = since <= moment.nowMs && since >= Math.floor(modifiedMs / 1000) * 1000;
  if (match === undefined ? unchanged : match.includes(tag) || match === "*") {
    return finish(304, null, Buffer.alloc(0), [etag]);
  }
  const range = rangeOf(headerOf(request, "range"), bytes.length);
  if (range === "unsatisfiable") return error(416, [["Content-Range", `bytes */${bytes.length}`]]);
  const accept = ["Accept-Ranges", "bytes"] as const;
  if (range !== null) {
    const { first, last } = range;
    const span = ["Content-Range", `bytes ${first}-${last}/${bytes.length}`] as const;
    const part = bytes.subarray(first, last + 1);
    return finish(206, answer.type, part, [modified, etag, accept], false, [span]);
  }
  const html = answer.type.startsWith("text/");
  return finish(200, answer.type, bytes, [modified, etag, accept], html);
}
