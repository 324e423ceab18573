import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { parseJson } from "./json.ts";
import { parserOf } from "./renewal.ts";

/** Body of `POST /swarm/authorities`, on the agent plane: whom the agent trusts, durably. */
export const TrustReport = Type.Object({
  /** Fingerprints, the newest authority's first. */
  trusted: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), { minItems: 1, maxItems: 4 }),
});
export type TrustReport = Static<typeof TrustReport>;

/** Answer 200 to it: whom the agent is to trust from now on. */
export const TrustAnswer = Type.Object({
  /** PEM, the newest first. */
  authorities: Type.Array(Type.String({ minLength: 1, maxLength: 16_384 }), {
    minItems: 1,
    maxItems: 4,
  }),
});
export type TrustAnswer = Static<typeof TrustAnswer>;

export const parseTrustReport = parserOf(TrustReport);

const trustAnswer = Compile(TrustAnswer);

/** @returns null if `body` is no such answer. */
export function parseTrustAnswer(body: string): TrustAnswer | null {
  const value = parseJson(Buffer.from(body));
  return trustAnswer.Check(value) ? value : null;
}
