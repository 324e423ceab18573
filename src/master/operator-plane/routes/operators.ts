import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import { ApiError } from "../../../wire/api/common.ts";
import { ResetPasswordAnswer } from "../../../wire/api/operator.ts";
import { resetPassword } from "../first-admin.ts";
import type { App, Plane } from "../plane.ts";

export function operatorRoutes(app: App, plane: Plane): void {
  const { audit, logins } = plane;
  app.post(
    "/operators/:name/password",
    {
      config: { access: "local" },
      schema: {
        tags: ["operators"],
        summary: "Gives an operator a new password and ends the sessions; on the socket file only",
        params: Type.Object({ name: Type.String() }),
        response: { 200: ResetPasswordAnswer, "4xx": ApiError, "5xx": ApiError },
      },
    },
    (request) => {
      const { name } = request.params;
      return audit.act(request, { action: "operator.reset-password", target: name }, async () => {
        const credentials = await resetPassword(plane, name);
        if (credentials === null) throw new DecnetError("operator-not-found", name);
        logins.forgive(name);
        return credentials;
      });
    },
  );
}
