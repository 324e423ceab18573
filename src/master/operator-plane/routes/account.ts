import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import type { Session } from "../../../store/store.ts";
import { ApiError } from "../../../wire/api/common.ts";
import {
  ActivateTotpRequest,
  ChangePasswordRequest,
  ConfirmRequest,
  RecoveryCodes,
  TotpAnswer,
} from "../../../wire/api/operator.ts";
import { addressOf } from "../audit.ts";
import { type Caller, hashSecret } from "../caller.ts";
import { hashPassword } from "../password.ts";
import type { App, Plane } from "../plane.ts";
import { RequestInvalid } from "../refusal.ts";
import { seal, unseal } from "../seal.ts";
import { base32, makeRecoveryCodes, makeTotpSecret, matchTotp, otpauthUri } from "../totp.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["account"];
const config = { needs: "self" } as const;

/** What concerns one's own account alone. */
export function accountRoutes(app: App, plane: Plane): void {
  const { store, clock, audit, logins, random, totpKey, streams } = plane;

  async function confirm(user: string, password: string, address: string | null): Promise<void> {
    if (await logins.confirm({ user, password, address })) return;
    throw new RequestInvalid([{ field: "/password", fault: "is not your password" }]);
  }

  app.post(
    "/account/password",
    {
      config,
      schema: {
        tags,
        summary: "Changes one's own password, and ends all of one's sessions",
        body: ChangePasswordRequest,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { operator } = sessionOf(request.caller);
      const { password, newPassword } = request.body;
      const what = { action: "account.change-password", target: operator };
      await audit.act(request, what, async (write) => {
        await confirm(operator, password, addressOf(request));
        const passwordHash = await hashPassword(newPassword, random);
        await write(() => store.changeOperator(operator, { passwordHash }, clock.nowMs()));
      });
      await streams.recheck();
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/account/totp",
    {
      config,
      schema: {
        tags,
        summary: "Begins a second factor: a secret for an authenticator app, shown this once",
        body: ConfirmRequest,
        response: { 201: TotpAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { operator } = sessionOf(request.caller);
      const secret = makeTotpSecret(random);
      const what = { action: "account.begin-totp", target: operator };
      await audit.act(request, what, async (write) => {
        await confirm(operator, request.body.password, addressOf(request));
        const sealed = seal(totpKey, secret, operator, random);
        const isBegun = await write(() => store.beginTotp(operator, sealed));
        if (!isBegun) throw new DecnetError("totp-active");
      });
      return reply.code(201).send({ secret: base32(secret), uri: otpauthUri(secret, operator) });
    },
  );

  app.post(
    "/account/totp/activate",
    {
      config,
      schema: {
        tags,
        summary: "Activates the second factor by a first code; answers recovery codes, this once",
        body: ActivateTotpRequest,
        response: { 200: RecoveryCodes, ...errors },
      },
    },
    (request) => {
      const { operator } = sessionOf(request.caller);
      const what = { action: "account.activate-totp", target: operator };
      return audit.act(request, what, async (write) => {
        const totp = await store.getTotp(operator);
        if (totp === null) throw new DecnetError("totp-not-begun");
        if (totp.isActive) throw new DecnetError("totp-active");
        const secret = unseal(totpKey, totp.sealedSecret, operator);
        const nowMs = clock.nowMs();
        const step = matchTotp(secret, request.body.code, nowMs);
        if (step === null) throw new DecnetError("totp-invalid");
        const recoveryCodes = makeRecoveryCodes(random);
        const recoveryHashes = recoveryCodes.map(hashSecret);
        const isActive = await write(() =>
          store.activateTotp({ operator, step, recoveryHashes, nowMs }),
        );
        if (!isActive) throw new DecnetError("totp-active");
        return { recoveryCodes };
      });
    },
  );

  app.post(
    "/account/totp/remove",
    {
      config,
      schema: {
        tags,
        summary: "Removes one's own second factor",
        body: ConfirmRequest,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { operator } = sessionOf(request.caller);
      const what = { action: "account.remove-totp", target: operator };
      await audit.act(request, what, async (write) => {
        await confirm(operator, request.body.password, addressOf(request));
        await write(() => store.dropTotp(operator, clock.nowMs()));
      });
      return reply.code(204).send(null);
    },
  );
}

/** @throws {DecnetError} `login-required` for the local command line: it has no account. */
export function sessionOf(caller: Caller): Session {
  if (caller.kind !== "operator") throw new DecnetError("login-required");
  return caller.session;
}
