import { type Static, Type } from "typebox";

/** Answer to `POST /operators/:name/password`, on the master's socket only. */
export const ResetPasswordAnswer = Type.Object({
  user: Type.String(),
  /** The new password. The only time that it is shown. */
  password: Type.String(),
});
export type ResetPasswordAnswer = Static<typeof ResetPasswordAnswer>;
