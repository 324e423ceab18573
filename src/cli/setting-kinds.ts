import { isIP } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** How one setting's raw value (text of a flag or variable, or JSON of the file) becomes its value. */
export interface Kind<T> {
  /** What a right value is, as an error goes on after "it must be". */
  readonly expected: string;
  /** @returns null if `raw` is not such a value. */
  parse(raw: unknown): T | null;
}

/** An absolute path; a leading `~/` is the home directory, also where no shell expanded it. */
export const path: Kind<string> = {
  expected: "a path",
  parse(raw) {
    if (typeof raw !== "string" || raw === "") return null;
    return raw.startsWith("~/") ? join(homedir(), raw.slice(2)) : resolve(raw);
  },
};

/** The same, or empty for none. */
export const optionalPath: Kind<string> = {
  expected: path.expected,
  parse: (raw) => (raw === "" ? "" : path.parse(raw)),
};

/** Scheme, host and port of a server, without a path; or empty for none. */
export const origin: Kind<string> = {
  expected: "a URL such as https://master.example.net:8443, without a path",
  parse(raw) {
    if (raw === "") return "";
    const url = typeof raw === "string" && URL.canParse(raw) ? new URL(raw) : null;
    const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.host !== "";
    return isOrigin && `${url.origin}/` === url.href ? url.origin : null;
  },
};

/** A TCP port; 0 asks the system for a free one. */
export const port: Kind<number> = {
  expected: "a port from 0 (any free one) to 65535",
  parse(raw) {
    const number = wholeNumber(raw);
    return number !== null && number <= 65_535 ? number : null;
  },
};

/** How many; none at all is a count, too, unless `least` is more. */
export function count(most: number, least = 0): Kind<number> {
  return {
    expected: `a whole number from ${least} to ${most}`,
    parse(raw) {
      const number = wholeNumber(raw);
      return number !== null && number >= least && number <= most ? number : null;
    },
  };
}

/** An IP address, of `version` 4 or 6 alone if one is given. */
export function address(version?: 4 | 6): Kind<string> {
  return {
    expected: `an ${version === undefined ? "IP" : `IPv${version}`} address`,
    parse(raw) {
      const found = typeof raw === "string" ? isIP(raw) : 0;
      return typeof raw === "string" && found !== 0 && found === (version ?? found) ? raw : null;
    },
  };
}

/** Labels of letters, digits and dashes (RFC 1123, section 2.1). */
const HOST_NAME = /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?$/;

/** A host name or an address to listen on or to be reached at; without a port. */
export const host: Kind<string> = {
  expected: "a host name or an IP address, without a port",
  parse: (raw) =>
    typeof raw === "string" && (isIP(raw) !== 0 || HOST_NAME.test(raw)) ? raw : null,
};

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration with its unit, such as `500ms`, `30s`, `15m`, `2h`, `7d`; milliseconds inside. */
export function duration(leastMs: number, mostMs: number): Kind<number> {
  const parse = (raw: unknown) => {
    const match = typeof raw === "string" ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(raw) : null;
    const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
    return ms >= leastMs && ms <= mostMs ? ms : null;
  };
  const usable = ["500ms", "30s", "15m", "2h", "7d"].filter((text) => parse(text) !== null);
  const bounds = `${durationText(leastMs)} to ${durationText(mostMs)}`;
  return {
    expected: `a duration from ${bounds}, such as ${usable.join(", ").replace(/, ([^,]*)$/, " or $1")}`,
    parse,
  };
}

/** `ms` in the largest unit that states it exactly, as `duration` reads it. */
export function durationText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const size = UNIT_MS[unit];
    if (size !== undefined && ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    expected: `one of ${values.join(", ")}`,
    parse: (raw) => values.find((value) => value === raw) ?? null,
  };
}

/** A flag that is either given or not. */
export const given: Kind<boolean> = {
  expected: "true or false",
  parse: (raw) => (typeof raw === "boolean" ? raw : null),
};

function wholeNumber(raw: unknown): number | null {
  if (typeof raw === "string") return /^\d{1,9}$/.test(raw) ? Number(raw) : null;
  return typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0 ? raw : null;
}
