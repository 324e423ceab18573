import { type Static, Type } from "typebox";
import { ROLES, SCOPES } from "../../domain/role.ts";
import { Nullable } from "./common.ts";

const RoleName = Type.Enum([...ROLES]);
const OperatorName = Type.String({ pattern: "^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$" });
/** Long rather than odd (NIST SP 800-63B, section 5.1.1.2). */
const NewPassword = Type.String({ minLength: 12, maxLength: 1024 });

/** Somebody who may log in; `store/operator-store.ts` says what each field means. */
export const ApiOperator = Type.Object(
  {
    name: Type.String(),
    role: RoleName,
    createdMs: Type.Integer(),
    disabledMs: Nullable(Type.Integer()),
    hasTotp: Type.Boolean(),
  },
  { $id: "Operator" },
);
export type ApiOperator = Static<typeof ApiOperator>;

export const CreateOperatorRequest = Type.Object(
  { name: OperatorName, role: RoleName },
  { additionalProperties: false },
);

/** Body of `POST /operators/:name`. */
export const ChangeOperatorRequest = Type.Object(
  { role: Type.Optional(RoleName), disabled: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
);
export type ChangeOperatorRequest = Static<typeof ChangeOperatorRequest>;

/** Answer where an operator was made, or got a new password. */
export const OperatorPassword = Type.Object({
  user: Type.String(),
  /** The new password. The only time that it is shown. */
  password: Type.String(),
});
export type OperatorPassword = Static<typeof OperatorPassword>;

/** Of what concerns one's own account, the password is asked for once more. */
export const ConfirmRequest = Type.Object(
  { password: Type.String({ minLength: 1, maxLength: 1024 }) },
  { additionalProperties: false },
);

export const ChangePasswordRequest = Type.Object(
  { ...ConfirmRequest.properties, newPassword: NewPassword },
  { additionalProperties: false },
);

/** A secret for an authenticator app, shown this once. */
export const TotpAnswer = Type.Object({ secret: Type.String(), uri: Type.String() });
export type TotpAnswer = Static<typeof TotpAnswer>;

export const ActivateTotpRequest = Type.Object(
  { code: Type.String({ pattern: "^[0-9]{6}$" }) },
  { additionalProperties: false },
);

/** Each opens one session without the app. Shown this once. */
export const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) });
export type RecoveryCodes = Static<typeof RecoveryCodes>;

const ScopeName = Type.Enum([...SCOPES]);

export const ApiAccessToken = Type.Object(
  {
    id: Type.String(),
    operator: Type.String(),
    purpose: Type.String(),
    scope: ScopeName,
    createdMs: Type.Integer(),
    expiresMs: Type.Integer(),
    lastUsedMs: Nullable(Type.Integer()),
    revokedMs: Nullable(Type.Integer()),
  },
  { $id: "ApiToken" },
);
export type ApiAccessToken = Static<typeof ApiAccessToken>;

export const CreateApiTokenRequest = Type.Object(
  {
    purpose: Type.String({ minLength: 1, maxLength: 100 }),
    scope: ScopeName,
    /** 1 minute to 366 days; 90 days if left out. */
    ttlMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 31_622_400_000 })),
    /** Whose it is; oneself if left out. Another's takes an admin. */
    operator: Type.Optional(OperatorName),
  },
  { additionalProperties: false },
);
export type CreateApiTokenRequest = Static<typeof CreateApiTokenRequest>;

export const CreateApiTokenAnswer = Type.Object({
  token: ApiAccessToken,
  /** For `Authorization: Bearer`. The only time that it is shown. */
  secret: Type.String(),
});
export type CreateApiTokenAnswer = Static<typeof CreateApiTokenAnswer>;
