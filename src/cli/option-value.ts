import { DecnetError } from "../domain/errors.ts";
import type { Kind } from "./setting-kinds.ts";

/** @throws {DecnetError} usage, naming the flag and what it takes. */
export function optionValue<T>(kind: Kind<T>, flag: string, raw: unknown): T {
  const value = kind.parse(raw);
  if (value !== null) return value;
  throw new DecnetError(
    "usage",
    `${flag} is ${JSON.stringify(raw)}, but it must be ${kind.expected}`,
  );
}

/** The same of a flag that was perhaps not given: then undefined. */
export function valueIfGiven<T>(kind: Kind<T>, flag: string, raw: unknown): T | undefined {
  return raw === undefined ? undefined : optionValue(kind, flag, raw);
}
