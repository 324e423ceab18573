import type { Host } from "../domain/host.ts";
import type { JoinToken } from "../domain/token.ts";

export interface TokenStore {
  /** @param secretHash SHA-256 of the token's secret, lowercase hex. */
  createToken(token: JoinToken, secretHash: string): Promise<void>;
  listTokens(): Promise<readonly JoinToken[]>;
  /** @returns False if there is no such token, or it was used or revoked before. */
  revokeToken(id: string, nowMs: number): Promise<boolean>;
  /** Looks without using up; so that a bad request is refused before anything is signed. */
  findToken(secretHash: string): Promise<JoinToken | null>;
  /** Uses the token up and creates its host, in one transaction; on any refusal, neither. */
  enrollHost(enrollment: {
    readonly secretHash: string;
    readonly nowMs: number;
    readonly uuid: string;
    readonly name: string;
    readonly address: string;
    readonly agentVersion: string | null;
    readonly fingerprint: string;
    readonly certificateNotAfterMs: number;
    /** SubjectPublicKeyInfo in base64. Without it the host cannot recover an expired certificate. */
    readonly publicKey?: string;
  }): Promise<EnrollmentOutcome>;
}

export type EnrollmentOutcome =
  | { readonly kind: "enrolled"; readonly host: Host }
  | {
      readonly kind: "refused";
      readonly code: "token-unknown" | "token-used" | "token-expired" | "host-name-taken";
    };
