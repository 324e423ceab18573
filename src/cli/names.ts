import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { AddDeckyRequest } from "../wire/api/decky.ts";
import { CreateOperatorRequest } from "../wire/api/operator.ts";
import { CreateTokenRequest } from "../wire/api/token.ts";
import type { Kind } from "./setting-kinds.ts";

/** Names, exactly as the master takes them; checked here, too, since this says it in words. */
const named = (schema: TSchema, expected: string): Kind<string> => ({
  expected,
  parse: (raw) => (typeof raw === "string" && Value.Check(schema, raw) ? raw : null),
});

const { hostName } = CreateTokenRequest.properties;
const { name: operator } = CreateOperatorRequest.properties;
const { name: decky, hostname } = AddDeckyRequest.properties;

export const HOST_NAME = named(
  hostName,
  "1 to 63 letters, digits, dots and dashes, a letter or digit at both ends",
);
export const OPERATOR_NAME = named(
  operator,
  "1 to 32 lowercase letters, digits, dots, dashes and underscores, a letter or digit at both ends",
);
export const DECKY_NAME = named(
  decky,
  "1 to 63 lowercase letters, digits and dashes, a letter or digit at both ends",
);
/** What a decky calls itself: one DNS label. */
export const DECKY_HOSTNAME = named(
  hostname,
  "1 to 63 letters, digits and dashes, a letter or digit at both ends",
);
