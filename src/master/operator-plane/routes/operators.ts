import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import type { Operator, OperatorChanged } from "../../../store/store.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import {
  ApiOperator,
  ChangeOperatorRequest,
  CreateOperatorRequest,
  OperatorPassword,
} from "../../../wire/api/operator.ts";
import { makePassword } from "../first-admin.ts";
import { type App, listAsOf, type Plane } from "../plane.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["operators"];
const params = Type.Object({ name: Type.String() });
const config = { needs: "operators.write" } as const;

export function operatorRoutes(app: App, plane: Plane): void {
  const { store, clock, audit, logins, random, streams } = plane;

  app.get(
    "/operators",
    {
      config: { needs: "operators.read" },
      schema: {
        tags,
        summary: "Who may log in, by name",
        response: { 200: listOf(ApiOperator), ...errors },
      },
    },
    () => listAsOf(plane, async () => (await store.listOperators()).map(toApi)),
  );

  app.post(
    "/operators",
    {
      config,
      schema: {
        tags,
        summary: "Makes an operator; the password is in this answer and nowhere else",
        body: CreateOperatorRequest,
        response: { 201: OperatorPassword, ...errors },
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      const what = { action: "operator.create", target: `${name} as ${role}` };
      const password = await audit.act(request, what, async (write) => {
        const { password, passwordHash } = await makePassword(random);
        const operator = { name, role, passwordHash, createdMs: clock.nowMs() };
        const isMade = await write(() => store.createOperator(operator));
        if (!isMade) throw new DecnetError("operator-name-taken", name);
        return password;
      });
      return reply.code(201).send({ user: name, password });
    },
  );

  app.post(
    "/operators/:name",
    {
      config,
      schema: {
        tags,
        summary: "Changes an operator's role, or whether one may log in; ends the sessions",
        params,
        body: ChangeOperatorRequest,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { role, disabled } = request.body;
      const disabledMs = disabled === true ? clock.nowMs() : null;
      const change = {
        ...(role !== undefined && { role }),
        ...(disabled !== undefined && { disabledMs }),
      };
      await audit.act(request, { action: actionOf(request.body), target: name }, async (write) =>
        check(await write(() => store.changeOperator(name, change, clock.nowMs())), name),
      );
      await streams.recheck();
      return reply.code(204).send(null);
    },
  );

  app.delete(
    "/operators/:name",
    {
      config,
      schema: {
        tags,
        summary: "Deletes an operator, with sessions, second factor and API tokens",
        params,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      await audit.act(request, { action: "operator.delete", target: name }, async (write) =>
        check(await write(() => store.deleteOperator(name, clock.nowMs())), name),
      );
      await streams.recheck();
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/operators/:name/password",
    {
      config,
      schema: {
        tags,
        summary: "Gives an operator a new password, shown this once, and ends the sessions",
        params,
        response: { 200: OperatorPassword, ...errors },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const what = { action: "operator.reset-password", target: name };
      const credentials = await audit.act(request, what, async (write) => {
        if ((await store.getOperator(name)) === null) {
          throw new DecnetError("operator-not-found", name);
        }
        const { password, passwordHash } = await makePassword(random);
        check(await write(() => store.changeOperator(name, { passwordHash }, clock.nowMs())), name);
        return { user: name, password };
      });
      logins.forgive(name);
      await streams.recheck();
      return reply.send(credentials);
    },
  );

  app.delete(
    "/operators/:name/totp",
    {
      config,
      schema: {
        tags,
        summary: "Takes an operator's second factor away, for one who lost it",
        params,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      await audit.act(request, { action: "operator.reset-totp", target: name }, async (write) => {
        if ((await store.getOperator(name)) === null) {
          throw new DecnetError("operator-not-found", name);
        }
        await write(() => store.dropTotp(name, clock.nowMs()));
      });
      return reply.code(204).send(null);
    },
  );
}

/** Each change by its own name, so that the audit says what was done. */
function actionOf({ role, disabled }: ChangeOperatorRequest): string {
  const parts = [
    role === undefined ? null : `set-role-${role}`,
    disabled === undefined ? null : disabled ? "disable" : "enable",
  ];
  return `operator.${parts.filter((part) => part !== null).join("-and-")}`;
}

function check(outcome: OperatorChanged, name: string): void {
  if (outcome.kind === "refused") throw new DecnetError(outcome.code, name);
}

function toApi({ name, role, createdMs, disabledMs, hasTotp }: Operator): ApiOperator {
  return { name, role, createdMs, disabledMs, hasTotp };
}
