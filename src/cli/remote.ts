import { readFileSync, statSync } from "node:fs";
import { DecnetError } from "../domain/errors.ts";
import type { MasterPlace } from "./api-client.ts";
import type { Environment, Settings } from "./settings.ts";

/** How a command finds its master: here by the socket file, or elsewhere by an API token. */
export const CLIENT_SETTINGS = ["data", "url", "apiTokenFile", "authorityFile"] as const;

/**
 * A master elsewhere, and the token to show it.
 * @throws {DecnetError} config-invalid if there is no token, or it would travel unencrypted.
 */
export function remoteMaster(
  { url, apiTokenFile, authorityFile }: Settings<(typeof CLIENT_SETTINGS)[number]>,
  env: Environment,
): MasterPlace {
  const { protocol, hostname } = new URL(url);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  if (protocol === "http:" && !isHere) {
    throw new DecnetError(
      "config-invalid",
      `${url} would carry the API token unencrypted: use https`,
    );
  }
  const token = (apiTokenFile === "" ? env["DECNET_API_TOKEN"] : readToken(apiTokenFile))?.trim();
  if (token === undefined || token === "") {
    throw new DecnetError(
      "config-invalid",
      "--url takes an API token: its file by --api-token-file or DECNET_API_TOKEN_FILE",
    );
  }
  // It goes into a header: nothing else may.
  if (!/^[\w-]{1,200}$/.test(token))
    throw new DecnetError("config-invalid", "that is no API token");
  const authorityPem = authorityFile === "" ? null : readText(authorityFile);
  return { kind: "url", url, token, authorityPem };
}

function readToken(path: string): string {
  const text = readText(path);
  if ((statSync(path).mode & 0o077) !== 0) {
    const why = `${path} holds a secret and may be read by other users: chmod 600 ${path}`;
    throw new DecnetError("config-invalid", why);
  }
  return text;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DecnetError("config-invalid", why, { cause });
  }
}
