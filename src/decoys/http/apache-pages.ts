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
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  416: "Requested Range Not Satisfiable",
  417: "Expectation Failed",
  501: "Not Implemented",
};

export interface ApacheSetup {
  /** Server header, such as `Apache/2.4.56 (Debian)`. */
  readonly server: string;
  /** What it calls itself to a client that named no host. */
  readonly serverName: string;
  /** Debian signs its error pages, forbids TRACE and compresses HTML; Red Hat and plain builds do not. */
  readonly debian: boolean;
  /** Where in its table of methods it starts to list them: by chance at each start. */
  readonly allowOffset: number;
}

/** An error page: what happened in words, and on Debian who says so. `host` is as the client named it. */
export function errorPage(
  { server, serverName, debian }: ApacheSetup,
  status: number,
  words: string,
  host: string | null,
): Buffer {
  const reason = REASONS[status] ?? "";
  const [name = "", port = "80"] = (host ?? serverName).split(/:(?=\d+$)/);
  const signature = `<hr>\n<address>${server} Server at ${escapeHtml(name)} Port ${port}</address>\n`;
  return Buffer.from(
    `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${reason}</title>\n` +
      `</head><body>\n<h1>${reason}</h1>\n${words}${debian ? signature : ""}</body></html>\n`,
    "latin1",
  );
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The paragraph of an error page (`modules/http/http_protocol.c`, `get_canned_error_string`). */
export function wordsOf(status: number, method: string, detail: string): string {
  switch (status) {
    case 400:
      return `<p>Your browser sent a request that this server could not understand.<br />\n${detail}</p>\n`;
    case 401:
      return "<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>\n";
    case 403:
      return "<p>You don't have permission to access this resource.</p>\n";
    case 404:
      return "<p>The requested URL was not found on this server.</p>\n";
    case 405:
      return `<p>The requested method ${method} is not allowed for this URL.</p>\n`;
    case 408:
      return "<p>Server timeout waiting for the HTTP request from the client.</p>\n";
    case 413:
      return `The requested resource does not allow request data with ${method} requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n`;
    case 414:
      return "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>\n";
    case 416:
      return "<p>None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource.</p>\n";
    case 417:
      return `<p>The expectation given in the Expect request-header\nfield could not be met by this server.\nThe client sent<pre>\n    Expect: ${detail}\n</pre>\n</p><p>Only the 100-continue expectation is supported.</p>\n`;
    case 501:
      return `<p>${detail}<br />\n</p>\n`;
    default:
      return `<p>The document has moved <a href="${detail}">here</a>.</p>\n`;
  }
}
