import { gzipSync } from "node:zlib";
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

export const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Not Allowed",
  408: "Request Time-out",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  416: "Requested Range Not Satisfiable",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
};
interface Rendering {
  readonly server: string;
  readonly gzip: boolean;
  readonly page: (status: number) => Buffer;
}

/** An answer as nginx sends it: its headers, their order and its pages. */
export function render(
  request: Request,
  answer: Answer,
  moment: Moment,
  { server, gzip, page }: Rendering,
): Reply {
  // keepalive_requests is 100; a body that was refused is not read on.
  const refusesBody = answer.kind === "error" && (answer.status === 413 || answer.status === 400);
  const keepAlive = request.keepAlive && !refusesBody && moment.served < 99;
  const connection = ["Connection", keepAlive ? "keep-alive" : "close"] as const;
  const start = [
    ["Server", server],
    ["Date", httpDate(moment.nowMs)],
  ] as const;

  const finish = (
    status: number,
    type: string | null,
    body: Buffer,
    before: Headers,
    after: Headers,
    dynamic = false,
  ): Reply => {
    const bare = request.method === "HEAD" || status === 304;
    if (request.version === 9) return { status, bytes: body, close: true };
    const compress =
      gzip &&
      takesGzip(request) &&
      body.length >= 20 &&
      [200, 403, 404].includes(status) &&
      type?.startsWith("text/html") === true;
    const chunked = compress || (dynamic && request.version >= 11);
    let content = compress ? gzipSync(body, { level: 1 }) : body;
    if (chunked && !bare) content = chunk(content);
    const etag = (header: readonly [string, string]) =>
      compress && header[0] === "ETag" ? ([header[0], `W/${header[1]}`] as const) : header;
    const headers = [
      ...start,
      type === null ? null : (["Content-Type", type] as const),
      chunked || dynamic || status === 304
        ? null
        : (["Content-Length", String(body.length)] as const),
      ...before,
      chunked ? (["Transfer-Encoding", "chunked"] as const) : null,
      connection,
      ...after.filter(([name]) => !compress || name !== "Accept-Ranges").map(etag),
      compress ? (["Content-Encoding", "gzip"] as const) : null,
    ];
    const text = `${status} ${REASONS[status] ?? ""}`;
    const bytes = assemble(text, headers, bare ? Buffer.alloc(0) : content);
    return { status, bytes, close: !keepAlive };
  };
  const error = (status: number, after: Headers = []) =>
    finish(status, "text/html", page(status), [], after);

  const known = ["GET", "HEAD", "POST"].includes(request.method);
  const isFile = answer.kind === "file" || answer.kind === "moved";
  if (isFile || (answer.kind === "error" && answer.status === 404)) {
    if (!known || (answer.kind === "file" && request.method === "POST")) return error(405);
  }
  switch (answer.kind) {
    case "error":
      return error(answer.status, answer.headers);
    case "moved": {
      const location = `http://${request.host ?? "localhost"}${answer.path}`;
      return finish(301, "text/html", page(301), [["Location", location]], []);
    }
    case "page":
      return finish(
        answer.status,
        "text/html; charset=UTF-8",
        answer.bytes,
        [],
        answer.headers,
        true,
      );
    case "file":
      break;
  }
  const { bytes, modifiedMs } = answer;
  const modified = ["Last-Modified", httpDate(modifiedMs)] as const;
  const tag = `"${Math.floor(modifiedMs / 1000).toString(16)}-${bytes.length.toString(16)}"`;
  const etag = ["ETag", tag] as const;
  // if_modified_since is exact: only the very date that was given counts.
  const match = headerOf(request, "if-none-match");
  const since = headerOf(request, "if-modified-since");
  if (match === undefined ? since === modified[1] : match.includes(tag) || match === "*") {
    return finish(304, null, Buffer.alloc(0), [modified], [etag]);
  }
  const range = rangeOf(headerOf(request, "range"), bytes.length);
  if (range === "unsatisfiable") {
    return error(416, [["Content-Range", `bytes */${bytes.length}`]]);
  }
  if (range !== null) {
    const { first, last } = range;
    const span = ["Content-Range", `bytes ${first}-${last}/${bytes.length}`] as const;
    return finish(206, answer.type, bytes.subarray(first, last + 1), [modified], [etag, span]);
  }
  return finish(200, answer.type, bytes, [modified], [etag, ["Accept-Ranges", "bytes"]]);
}

function chunk(bytes: Buffer): Buffer {
  const size = bytes.length === 0 ? "" : `${bytes.length.toString(16)}\r\n`;
  return Buffer.concat([
    Buffer.from(size, "latin1"),
    bytes,
    Buffer.from(`${size === "" ? "" : "\r\n"}0\r\n\r\n`, "latin1"),
  ]);
}
