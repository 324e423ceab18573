import { type ApacheSetup, errorPage, escapeHtml, REASONS, wordsOf } from "./apache-pages.ts";
import { render } from "./apache-reply.ts";
import {
  assemble,
  type Flavor,
  type Headers,
  headerOf,
  httpDate,
  type Refusal,
  type Reply,
  type Request,
  resolvePath,
  type Version,
} from "./flavor.ts";
import type { Head } from "./protocol.ts";

/** Methods that Apache knows by a number (`modules/http/http_protocol.c`): others are 501, not 405. */
const KNOWN_METHODS = new Set(
  `GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK
VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL
MERGE`.split(/\s+/),
);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Apache httpd 2.4 in its strict mode, the default since 2.4.25. */
export function apache(setup: ApacheSetup): Flavor {
  const { server, debian } = setup;
  const methods = ["OPTIONS", "HEAD", "GET", "POST"];
  const allow = [0, 1, 2, 3].map((place) => methods[(place + setup.allowOffset) % 4]).join(",");

  const refused = (
    status: number,
    reason: string,
    version: Version,
    host: string | null = null,
    detail = "",
  ): Refusal => ({ kind: "refused", status, reason, host, version, detail });

  const refuse = (refusal: Refusal, nowMs: number): Reply => {
    const words = wordsOf(refusal.status, "", refusal.detail ?? "");
    const body = errorPage(setup, refusal.status, words, refusal.host);
    if (refusal.version === 9) return { status: refusal.status, bytes: body, close: true };
    const headers: Headers = [
      ["Date", httpDate(nowMs)],
      ["Server", server],
      ...(refusal.headers ?? []),
      ["Content-Length", String(body.length)],
      ["Connection", "close"],
      ["Content-Type", "text/html; charset=iso-8859-1"],
    ];
    const status = `${refusal.status} ${REASONS[refusal.status] ?? ""}`;
    return { status: refusal.status, bytes: assemble(status, headers, body), close: true };
  };

  return {
    limits: {
      lineBytes: 8190,
      headerBytes: 8190,
      headers: 100,
      headBytes: 100 * 8190,
      firstByte: /[^]/,
      endsAtLine: (line) => {
        const parsed = parseLine(line);
        return parsed === null || parsed.version === 9;
      },
    },
    keepAliveMs: 5000,
    requestMs: debian ? 20_000 : 60_000,
    bodyBytes: 1024 ** 3,
    answersEarly: false,

    refuse(fault) {
      if (fault === "line-too-long") return refused(414, fault, 10);
      const detail =
        fault === "too-many-headers"
          ? "The number of request header fields exceeds this server's limit."
          : "Size of a request header field exceeds server limit.";
      return refused(400, fault, 10, null, detail);
    },

    judge(head: Head): Request | Refusal {
      const line = parseLine(head.line);
      if (line === null || head.bareLf) return refused(400, "invalid request line", 10);
      const { method, target, version } = line;
      if (version === 9 && method !== "GET") return refused(400, "invalid request line", 10);
      const headers: [string, string][] = [];
      for (const text of head.lines) {
        const last = headers.at(-1);
        if (/^[ \t]/.test(text)) {
          // A folded line belongs to the one before it (RFC 9112, section 5.2).
          if (!last) return refused(400, "folded first header line", version);
          last[1] += ` ${text.trim()}`;
          continue;
        }
        const colon = text.indexOf(":");
        const name = text.slice(0, Math.max(0, colon));
        if (!TOKEN.test(name) || hasControls(text)) {
          return refused(400, "invalid header line", version);
        }
        headers.push([name, text.slice(colon + 1).trim()]);
      }
      const all = (name: string) =>
        headers.filter(([found]) => found.toLowerCase() === name).map(([, value]) => value);
      const hosts = all("host");
      const [host = null] = hosts;
      if (
        hosts.length > 1 ||
        (host !== null && !/^[\w.-]*(?::\d{0,5})?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(host))
      ) {
        return refused(400, "invalid host header", version);
      }
      if (version >= 11 && host === null) return refused(400, "no host header", version);
      const [length, secondLength] = all("content-length");
      if (length !== undefined && (secondLength !== undefined || !/^\d{1,15}$/.test(length))) {
        return refused(400, "invalid content length", version);
      }
      const [encoding] = all("transfer-encoding");
      if (encoding !== undefined && encoding.toLowerCase() !== "chunked") {
        return refused(400, "unknown transfer encoding", version);
      }
      const authority =
        method === "CONNECT" ? target : (/^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? host ?? "");
      const name = authority.toLowerCase() || null;
      const path =
        target === "*" || method === "CONNECT"
          ? "*"
          : resolvePath(target.replace(/^https?:\/\/[^/?#]*/i, "") || "/");
      if (path === null) return refused(400, "invalid URI", version, name);
      const expect = headerOf({ headers }, "expect");
      if (expect !== undefined && expect !== "" && expect.toLowerCase() !== "100-continue") {
        return refused(417, "unknown expectation", version, name, escapeHtml(expect));
      }
      if (!KNOWN_METHODS.has(method)) {
        const unknown = refused(
          501,
          "unknown method",
          version,
          name,
          `${escapeHtml(method)} not supported for current URL.`,
        );
        return { ...unknown, headers: [["Allow", allow]] };
      }
      const connection = headerOf({ headers }, "connection")?.toLowerCase() ?? "";
      const smuggles = encoding !== undefined && length !== undefined;
      return {
        kind: "request",
        method,
        target,
        path,
        query: target.split("?")[1] ?? "",
        version,
        headers,
        host: name,
        framing:
          encoding !== undefined
            ? "chunked"
            : Number(length ?? 0) > 0
              ? { length: Number(length) }
              : "none",
        keepAlive:
          !smuggles &&
          !connection.includes("close") &&
          (version >= 11 || connection.includes("keep-alive")),
      };
    },

    reply(request, answer, moment) {
      return render(request, answer, moment, setup, allow);
    },
    refusal: refuse,
    late: (nowMs) => refuse(refused(408, "timeout", 10), nowMs).bytes,
  };
}

function parseLine(
  line: string,
): { readonly method: string; readonly target: string; readonly version: Version } | null {
  const [, method = "", target = "", major, minor] =
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+)(?: HTTP\/(\d)\.(\d))?$/.exec(line) ?? [];
  const fits =
    target.startsWith("/") ||
    /^https?:\/\/[^/]/i.test(target) ||
    (target === "*" && method === "OPTIONS") ||
    (method === "CONNECT" && /^[\w.-]+:\d+$/.test(target));
  if (!fits || hasControls(target)) return null;
  if (major === undefined) return { method, target, version: 9 };
  const version = Number(major) * 10 + Number(minor);
  return version < 10 ? null : { method, target, version };
}

function hasControls(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
