import { type Static, type TObject, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import type { FieldFault } from "./fault.ts";
import { parseJson } from "./json.ts";

/** PKCS #10, PEM (RFC 7468, section 7), of a new key. */
const Csr = Type.String({ minLength: 1, maxLength: 16_384 });
const HostUuid = Type.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" });

/** Body of `POST /swarm/renew`, on the agent plane. */
export const RenewalRequest = Type.Object({ csr: Csr });
export type RenewalRequest = Static<typeof RenewalRequest>;

/** Answer 200 to it, and to `POST /recover`. */
export const RenewalAnswer = Type.Object({
  /** The host's next certificate, PEM. */
  certificate: Type.String(),
  /** The authority that issued it, PEM. */
  authority: Type.String(),
});
export type RenewalAnswer = Static<typeof RenewalAnswer>;

/** Body of `POST /recover/challenge`, on the enrollment listener. */
export const ChallengeRequest = Type.Object({ host_uuid: HostUuid });
export type ChallengeRequest = Static<typeof ChallengeRequest>;

/** Answer 200 to it. */
export const ChallengeAnswer = Type.Object({
  /** To be signed; good once, for a minute. */
  nonce: Type.String({ minLength: 1, maxLength: 256 }),
  /** Master's clock, Unix milliseconds: what says whether a certificate ran out. */
  now_ms: Type.Integer(),
});
export type ChallengeAnswer = Static<typeof ChallengeAnswer>;

/** Body of `POST /recover`, on the enrollment listener. */
export const RecoveryRequest = Type.Object({
  host_uuid: HostUuid,
  csr: Csr,
  nonce: Type.String({ minLength: 1, maxLength: 256 }),
  /** Of `recoveryStatement`, by the pinned key; base64. */
  signature: Type.String({ minLength: 1, maxLength: 2048, pattern: "^[A-Za-z0-9+/]+={0,2}$" }),
});
export type RecoveryRequest = Static<typeof RecoveryRequest>;

/**
 * What the pinned key signs: four lines, each ended by a line feed. The first keeps a
 * signature made for any other purpose from counting here.
 *
 * @param csrDigest SHA-256 of the `csr` field's bytes, lowercase hex.
 */
export function recoveryStatement(parts: {
  readonly hostUuid: string;
  readonly nonce: string;
  readonly csrDigest: string;
}): string {
  return `decnet-recover-1\n${parts.hostUuid}\n${parts.nonce}\n${parts.csrDigest}\n`;
}

export type BodyReading<T> =
  | { readonly kind: "request"; readonly request: T }
  | {
      readonly kind: "unreadable";
      readonly code: "body-not-json" | "body-invalid";
      /** JSON pointers of the fields that are wrong, each with what is wrong. */
      readonly fields: readonly FieldFault[];
    };

/** Makes the parser of a request body; it never throws, whatever the bytes. */
export function parserOf<S extends TObject>(schema: S): (body: Buffer) => BodyReading<Static<S>> {
  const validator: Validator = Compile(schema);
  return (body) => {
    const value = parseJson(body);
    if (value === undefined) return { kind: "unreadable", code: "body-not-json", fields: [] };
    if (validator.Check(value)) return { kind: "request", request: value as Static<S> };
    const fields = validator
      .Errors(value)
      .map((error) => ({ field: error.instancePath, fault: error.message }));
    return { kind: "unreadable", code: "body-invalid", fields };
  };
}

export const parseRenewalRequest = parserOf(RenewalRequest);
export const parseChallengeRequest = parserOf(ChallengeRequest);
export const parseRecoveryRequest = parserOf(RecoveryRequest);

const renewalAnswer = Compile(RenewalAnswer);
const challengeAnswer = Compile(ChallengeAnswer);

/** @returns null if `body` is no such answer. */
export function parseRenewalAnswer(body: string): RenewalAnswer | null {
  const value = parseJson(Buffer.from(body));
  return renewalAnswer.Check(value) ? value : null;
}

/** @returns null if `body` is no such answer. */
export function parseChallengeAnswer(body: string): ChallengeAnswer | null {
  const value = parseJson(Buffer.from(body));
  return challengeAnswer.Check(value) ? value : null;
}
