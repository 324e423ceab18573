import { createHmac } from "node:crypto";
import type { Persona } from "../persona.ts";
import { type Answer, type Headers, headerOf, type Request } from "./flavor.ts";

/** A decky's web site: what it answers, whatever server puts it into words. */
export interface Site {
  /** Where the login form stands. */
  readonly loginPath: string;
  /** True if the application behind the server answers, not the server from its files. */
  isDynamic(path: string): boolean;
  answer(request: Request, nowMs: number): Answer;
}

const APPLICATIONS = [
  { folder: "portal", title: "Employee Portal", noun: "portal" },
  { folder: "intranet", title: "Intranet", noun: "intranet" },
  { folder: "admin", title: "Administration", noun: "administration" },
  { folder: "helpdesk", title: "Help Desk", noun: "help desk" },
  { folder: "inventory", title: "Inventory", noun: "inventory" },
  { folder: "reports", title: "Reporting", noun: "reporting" },
  { folder: "orders", title: "Order Management", noun: "order" },
  { folder: "hr", title: "HR Self Service", noun: "HR" },
  { folder: "tickets", title: "Service Tickets", noun: "ticket" },
  { folder: "console", title: "Management Console", noun: "console" },
];
const LOCKED_FOLDERS = ["backup", "private", "internal", "old", "files", "export", "logs"];
const USER_FIELDS = ["username", "user", "login", "email"];
const PASSWORD_FIELDS = ["password", "pass", "passwd"];
const SESSION_COOKIES = ["PHPSESSID", "PHPSESSID", "SESSID", "sid"];
const REFUSALS = [
  "Invalid username or password.",
  "Login failed. Please check your credentials.",
  "Wrong user name or password.",
  "The user name or password is incorrect.",
];
const FONTS = [
  "Arial, sans-serif",
  "Verdana, Geneva, sans-serif",
  '"Segoe UI", Tahoma, sans-serif',
];
const PHP: Readonly<Record<string, string>> = { "centos-7": "5.4.16", "almalinux-8": "7.2.24" };

/** Builds the site of a persona: the same for the same persona, and no other's. */
export function createSite(persona: Persona, isApache: boolean): Site {
  const of = <T>(label: string, choices: readonly T[]): T =>
    choices[persona.pick(`http.${label}`, choices.length)] as T;
  const application = of("application", APPLICATIONS);
  const organization = nameOf(persona.domain);
  const folder = `/${application.folder}/`;
  const loginPath = `${folder}${of("script", ["login.php", "index.php", "signin.php"])}`;
  const lockedFolder = `/${of("locked", LOCKED_FOLDERS)}/`;
  const userField = of("field.user", USER_FIELDS);
  const passwordField = of("field.password", PASSWORD_FIELDS);
  const cookie = of("cookie", SESSION_COOKIES);
  const refusal = of("refusal", REFUSALS);
  const color = `#${persona.secret("http.color").toString("hex", 0, 3)}`;
  const build = `${1 + persona.pick("http.major", 6)}.${persona.pick("http.minor", 20)}.${persona.pick("http.patch", 40)}`;
  const year = new Date(persona.installedMs).getUTCFullYear();
  // Somebody put the files there after the system was installed; Apache's ETag shows microseconds.
  const deployedMs = persona.installedMs + persona.pick("http.deployed", 86_400_000) + 3_600_000;
  const stylesheet = `/${of("static", ["css", "static", "assets"])}/${of("sheet", ["style", "main", "site"])}.css`;
  const layout = { title: application.title, organization, stylesheet, year, build };

  const file = (type: string, text: string, delayMs: number): Answer => ({
    kind: "file",
    type,
    bytes: Buffer.from(text, "utf8"),
    modifiedMs: deployedMs + delayMs,
  });
  const home = document(
    { ...layout, title: `${organization} ${application.title}` },
    `<p>${of("welcome", ["Welcome to", "This is", "You have reached"])} the ${organization} ${application.noun} server <b>${persona.hostname}</b>.</p>
<ul>
<li><a href="${loginPath}">${of("link", ["Sign in", "Log in", "Login", "Enter"])}</a></li>
<li><a href="mailto:${of("mail", ["it", "support", "helpdesk", "admin"])}@${persona.domain}">Contact</a></li>
</ul>`,
  );
  const css = `body { font-family: ${of("font", FONTS)}; margin: ${1 + persona.pick("http.margin", 4)}em auto; max-width: ${36 + persona.pick("http.width", 30)}em; }
h1 { color: ${color}; font-size: ${14 + persona.pick("http.size", 12)}pt; }
.error { color: #b00; }
footer { border-top: 1px solid ${color}; margin-top: 3em; font-size: 80%; }
`;
  const files = new Map<string, Answer>([
    ["/", file("text/html", home, 0)],
    ["/index.html", file("text/html", home, 0)],
    [stylesheet, file("text/css", css, 60_000 + persona.pick("http.css", 600_000))],
  ]);
  if (persona.pick("http.robots", 3) > 0) {
    const robots = `User-agent: *\nDisallow: ${folder}\nDisallow: ${lockedFolder}\n`;
    files.set("/robots.txt", file("text/plain", robots, 900_000));
  }

  const forms = createForms(persona, cookie);
  const form = (session: string, message: string) =>
    document(
      layout,
      `${message === "" ? "" : `<p class="error">${message}</p>\n`}<form method="post" action="${loginPath}">
<input type="hidden" name="token" value="${forms.token(session)}">
<label>${of("label.user", ["Username", "User name", "User", "Login"])}<br><input type="text" name="${userField}" autocomplete="off"></label><br>
<label>Password<br><input type="password" name="${passwordField}"></label><br>
<button type="submit">${of("button", ["Login", "Log in", "Sign in", "Submit"])}</button>
</form>`,
    );

  const poweredBy = PHP[persona.distro];
  const login = (request: Request, nowMs: number): Answer => {
    const { session, setCookie } = forms.session(request, nowMs);
    const headers: Headers = [
      ...(poweredBy === undefined ? [] : [["X-Powered-By", `PHP/${poweredBy}`] as const]),
      ...(setCookie === null ? [] : [["Set-Cookie", setCookie] as const]),
      ["Expires", "Thu, 19 Nov 1981 08:52:00 GMT"],
      ["Cache-Control", "no-store, no-cache, must-revalidate"],
      ["Pragma", "no-cache"],
    ];
    const message = request.method === "POST" ? refusal : "";
    return { kind: "page", status: 200, bytes: Buffer.from(form(session, message)), headers };
  };

  const isDynamic = (path: string) => path === loginPath || path === folder;
  return {
    loginPath,
    isDynamic,
    answer(request, nowMs) {
      const { path } = request;
      if (isDynamic(path)) return login(request, nowMs);
      if (path.startsWith(lockedFolder)) {
        const realm = `Basic realm="${of("realm", ["Restricted", "Restricted Area", organization, persona.hostname])}"`;
        return { kind: "error", status: 401, headers: [["WWW-Authenticate", realm]] };
      }
      const found = files.get(path);
      if (found) return found;
      const isFolder = [folder, lockedFolder, stylesheet.replace(/[^/]+$/, "")].find(
        (known) => known === `${path}/` || known === path,
      );
      if (isFolder !== undefined) {
        return path.endsWith("/")
          ? { kind: "error", status: 403 }
          : { kind: "moved", path: isFolder };
      }
      const hidden = isApache && /^\/(?:server-status|icons\/|(?:.*\/)?\.ht)/.test(path);
      return { kind: "error", status: hidden ? 403 : 404 };
    },
  };
}

/** Sessions as PHP gives them: 26 characters of five bits each. */
function createForms(persona: Persona, cookie: string) {
  const key = persona.secret("http.session");
  const alphabet = "0123456789abcdefghijklmnopqrstuv";
  let made = 0;
  const derive = (text: string) => createHmac("sha256", key).update(text).digest();
  return {
    session(request: Request, nowMs: number): { session: string; setCookie: string | null } {
      const sent = new RegExp(`(?:^|;\\s*)${cookie}=([\\w,-]{1,128})`).exec(
        headerOf(request, "cookie") ?? "",
      );
      if (sent?.[1] !== undefined) return { session: sent[1], setCookie: null };
      made++;
      const session = [...derive(`session ${nowMs} ${made}`).subarray(0, 26)]
        .map((byte) => alphabet[byte & 31])
        .join("");
      return { session, setCookie: `${cookie}=${session}; path=/` };
    },
    token: (session: string) => derive(`token ${session}`).toString("hex", 0, 16),
  };
}

interface Layout {
  readonly title: string;
  readonly organization: string;
  readonly stylesheet: string;
  readonly year: number;
  readonly build: string;
}

function document({ title, organization, stylesheet, year, build }: Layout, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<link rel="stylesheet" href="${stylesheet}?v=${build}">
</head>
<body>
<h1>${title}</h1>
${body}
<footer>&copy; ${year} ${organization} &middot; v${build}</footer>
</body>
</html>
`;
}

/** `cedarworks.lan` is Cedarworks. */
function nameOf(domain: string): string {
  const [label = ""] = domain.split(".");
  return `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
}
