import {
  assemble,
  type Flavor,
  type Headers,
  headerOf,
  httpDate,
  type Refusal,
  type Request,
  resolvePath,
  type Version,
} from "./flavor.ts";
import { REASONS, render } from "./nginx-reply.ts";
import type { Framing, Head } from "./protocol.ts";

const HEADER_TOO_LARGE = "Request Header Or Cookie Too Large";

export interface NginxSetup {
  /** Server header, such as `nginx/1.18.0 (Ubuntu)`. */
  readonly server: string;
  /** Debian's configuration compresses text/html, Red Hat's nothing. */
  readonly gzip: boolean;
}

/** nginx from 1.12 to 1.20, as its sources and packages stand. */
export function nginx({ server, gzip }: NginxSetup): Flavor {
  const [, minor = 0, patch = 0] = (/\/(\d+)\.(\d+)\.(\d+)/.exec(server) ?? [])
    .slice(1)
    .map(Number);
  // CHANGES: the color went with 1.17.0, several Host lines with 1.17.9.
  const bodyTag = minor < 17 ? '<body bgcolor="white">' : "<body>";
  const oneHost = minor > 17 || (minor === 17 && patch >= 9);

  const page = (status: number, detail?: string): Buffer => {
    const reason = `${status} ${REASONS[status] ?? ""}`;
    const lines = [
      "<html>",
      `<head><title>${detail === undefined ? reason : `${status} ${detail}`}</title></head>`,
      bodyTag,
      `<center><h1>${reason}</h1></center>`,
      ...(detail === undefined ? [] : [`<center>${detail}</center>`]),
      `<hr><center>${server}</center>`,
      "</body>",
      "</html>",
      "",
    ];
    return Buffer.from(lines.join("\r\n"), "latin1");
  };

  const refused = (status: number, reason: string, version: Version, detail?: string): Refusal => ({
    kind: "refused",
    status,
    reason,
    host: null,
    version,
    ...(detail !== undefined && { detail }),
  });

  return {
    limits: {
      lineBytes: 8191,
      headerBytes: 8191,
      headers: 10_000,
      headBytes: 32 * 1024,
      firstByte: /[A-Z_]/,
      endsAtLine: (line) => {
        const parsed = parseLine(line);
        return parsed === null || parsed.version === 9 || parsed.version >= 20;
      },
    },
    keepAliveMs: 65_000,
    requestMs: 60_000,
    bodyBytes: 1024 * 1024,
    answersEarly: true,

    refuse(fault) {
      if (fault === "line-too-long") return refused(414, fault, 10);
      if (fault === "not-a-method") return refused(400, fault, 10);
      return refused(400, fault, 10, HEADER_TOO_LARGE);
    },

    judge(head: Head): Request | Refusal {
      const line = parseLine(head.line);
      if (line === null) return refused(400, "invalid request line", 10);
      const { method, target, version } = line;
      if (version >= 20) return refused(505, "unsupported version", 10);
      const path = resolvePath(target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "") || "/");
      if (path === null || path.includes("\0")) return refused(400, "invalid URI", 10);
      const headers = head.lines.flatMap((text): Headers => {
        const [, name, value] = /^([\w-]+):[ ]*(.*?)[ ]*$/s.exec(text) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      });
      const all = (name: string) => headers.filter(([found]) => found.toLowerCase() === name);
      if (head.lines.some((text) => text.includes("\0"))) {
        return refused(400, "invalid header line", version);
      }
      const hosts = all("host").map(([, value]) => value);
      if (hosts.some((host) => host === "" || /[/\0]|\.\./.test(host)) || (oneHost && hosts[1])) {
        return refused(400, "invalid host header", version);
      }
      if (version >= 11 && hosts.length === 0) return refused(400, "no host header", version);
      if (all("content-length").length > 1) return refused(400, "duplicate header line", version);
      const framing = framingOf(all("transfer-encoding")[0]?.[1], all("content-length")[0]?.[1]);
      if (framing === "unknown-encoding") return refused(501, "unknown transfer encoding", version);
      if (framing === "bad-length") return refused(400, "invalid content length", version);
      if (method === "TRACE") return refused(405, "TRACE method", version);
      const connection = headerOf({ headers }, "connection")?.toLowerCase() ?? "";
      const keepAlive =
        version >= 11 ? !connection.includes("close") : connection.includes("keep-alive");
      return {
        kind: "request",
        method,
        target,
        path,
        query: target.split("?")[1] ?? "",
        version,
        headers,
        host: (hosts[0] ?? "").replace(/:\d*$/, "") || null,
        framing,
        keepAlive: keepAlive && version >= 10,
      };
    },

    reply(request, answer, moment) {
      return render(request, answer, moment, { server, gzip, page });
    },

    refusal(refusal, nowMs) {
      const body = page(refusal.status, refusal.detail);
      if (refusal.version === 9) return { status: refusal.status, bytes: body, close: true };
      const headers = [
        ["Server", server],
        ["Date", httpDate(nowMs)],
        ["Content-Type", "text/html"],
        ["Content-Length", String(body.length)],
        ["Connection", "close"],
      ] as const;
      const status = `${refusal.status} ${REASONS[refusal.status] ?? ""}`;
      return { status: refusal.status, bytes: assemble(status, headers, body), close: true };
    },

    late: () => null,
  };
}

/** After `src/http/ngx_http_parse.c`: a space may stand in the target unless an H follows it. */
function parseLine(
  line: string,
): { readonly method: string; readonly target: string; readonly version: Version } | null {
  const [, method = "", rest = ""] = /^([A-Z_-]+) +(.+)$/s.exec(line) ?? [];
  if (!/^(?:\/|[a-z][a-z0-9+.-]*:\/\/)/i.test(rest)) return null;
  const h = / +H/.exec(rest);
  if (!h) {
    const target = rest.replace(/ +$/, "");
    return method === "GET" ? { method, target, version: 9 } : null;
  }
  const version = /^ +HTTP\/([1-9]\d{0,2})\.(\d{1,2}) *$/.exec(rest.slice(h.index));
  if (!version) return null;
  const target = rest.slice(0, h.index);
  return { method, target, version: Number(version[1]) * 10 + Math.min(9, Number(version[2])) };
}

function framingOf(
  encoding: string | undefined,
  length: string | undefined,
): Framing | "unknown-encoding" | "bad-length" {
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return "bad-length";
  const coding = encoding?.toLowerCase();
  if (coding === "chunked") return "chunked";
  if (coding !== undefined && coding !== "identity") return "unknown-encoding";
  return length === undefined || Number(length) === 0 ? "none" : { length: Number(length) };
}
