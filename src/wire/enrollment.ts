import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { FieldFault } from "./fault.ts";

/** Body of `POST /enroll`, on the enrollment listener. */
export const EnrollmentRequest = Type.Object({
  /** The whole join token, as an operator was given it. */
  token: Type.String({ minLength: 1, maxLength: 1024 }),
  /** PKCS #10, PEM (RFC 7468, section 7). */
  csr: Type.String({ minLength: 1, maxLength: 16_384 }),
  /** What the host would like to be called; the token's own name wins. */
  host_name: Type.Optional(
    Type.String({ pattern: "^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$" }),
  ),
  agent_version: Type.Optional(Type.String({ maxLength: 64 })),
});
export type EnrollmentRequest = Static<typeof EnrollmentRequest>;

/** Answer 201 to it. */
export const EnrollmentAnswer = Type.Object({
  host_uuid: Type.String(),
  host_name: Type.String(),
  /** The host's certificate, PEM. */
  certificate: Type.String(),
  /** The swarm's authority, PEM: all that the agent ever trusts. */
  authority: Type.String(),
  /** Where the agent plane listens. */
  agent_host: Type.String(),
  agent_port: Type.Integer({ minimum: 1, maximum: 65535 }),
});
export type EnrollmentAnswer = Static<typeof EnrollmentAnswer>;

const request = Compile(EnrollmentRequest);
const answer = Compile(EnrollmentAnswer);

export type EnrollmentReading =
  | { readonly kind: "request"; readonly request: EnrollmentRequest }
  | {
      readonly kind: "unreadable";
      readonly code: "body-not-json" | "body-invalid";
      /** JSON pointers of the fields that are wrong, each with what is wrong. */
      readonly fields: readonly FieldFault[];
    };

export function parseEnrollmentRequest(body: string): EnrollmentReading {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: "unreadable", code: "body-not-json", fields: [] };
  }
  if (request.Check(value)) return { kind: "request", request: value };
  const fields = request
    .Errors(value)
    .map((error) => ({ field: error.instancePath, fault: error.message }));
  return { kind: "unreadable", code: "body-invalid", fields };
}

/** @returns null if `body` is not an answer: then nothing was enrolled, as far as the agent knows. */
export function parseEnrollmentAnswer(body: string): EnrollmentAnswer | null {
  try {
    const value: unknown = JSON.parse(body);
    return answer.Check(value) ? value : null;
  } catch {
    return null;
  }
}
