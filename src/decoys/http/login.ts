import { headerOf, type Request } from "./flavor.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Names that forms give their fields, the likeliest first. */
const USER_FIELD =
  /^(?:user(?:_?name|_?id)?|login|log|e?mail|name|account|uid|usr|j_username|.*user.*)$/i;
const PASSWORD_FIELD = /^(?:pass(?:word|wd|wort)?|pwd|passphrase|pw|psw|j_password|.*pass.*)$/i;

/** Credentials of an Authorization header (RFC 7617), or null if it has none. */
export function basicCredentials(request: Request): Credentials | null {
  const [, token] =
    /^basic +([A-Za-z0-9+/=]+)$/i.exec(headerOf(request, "authorization") ?? "") ?? [];
  if (token === undefined) return null;
  const text = Buffer.from(token, "base64").toString("latin1");
  const colon = text.indexOf(":");
  return colon < 0
    ? { user: text, password: "" }
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Credentials that a form or a JSON object sends, or null if `body` has no password field. */
export function formCredentials(request: Request, body: Buffer): Credentials | null {
  const fields = fieldsOf(headerOf(request, "content-type") ?? "", body.toString("latin1"));
  const password = fields.find(([name]) => PASSWORD_FIELD.test(name));
  if (!password) return null;
  const user = fields.find(([name]) => USER_FIELD.test(name) && !PASSWORD_FIELD.test(name));
  return { user: user?.[1] ?? "", password: password[1] };
}

function fieldsOf(type: string, body: string): readonly (readonly [string, string])[] {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]{1,70})/i.exec(type)?.[1];
  if (boundary !== undefined) {
    return body.split(`--${boundary}`).flatMap((part) => {
      const [, name, value] = /name="([^"]{0,100})"[^]*?\r\n\r\n([^]*)\r\n$/.exec(part) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
  }
  if (/json/i.test(type)) {
    try {
      const value: unknown = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
      if (typeof value !== "object" || value === null) return [];
      return Object.entries(value).flatMap(([name, field]) =>
        typeof field === "string" ? [[name, field] as const] : [],
      );
    } catch {
      return [];
    }
  }
  return /urlencoded/i.test(type) ? [...new URLSearchParams(body)] : [];
}
