import { type Static, Type } from "typebox";
import type { DecnetError } from "../domain/errors.ts";

/** What the master tells the `decnet up` that started it, once it listens. */
export const MasterReady = Type.Object({
  kind: Type.Literal("ready"),
  operatorUrl: Type.String(),
  agentPort: Type.Integer(),
  enrollmentPort: Type.Integer(),
  /** The first admin, if one was made just now. */
  firstAdmin: Type.Union([
    Type.Object({ user: Type.String(), password: Type.String() }),
    Type.Null(),
  ]),
});
export type MasterReady = Static<typeof MasterReady>;

/** Why a child ends. */
export const ChildFailed = Type.Object({
  kind: Type.Literal("failed"),
  code: Type.String(),
  message: Type.String(),
});
export type ChildFailed = Static<typeof ChildFailed>;

/** Whether a parent process listens on an IPC channel. */
export function hasParent(): boolean {
  return process.send !== undefined && process.connected;
}

/** Resolves when the message is on its way; a parent that is gone is told nothing. */
export function tellParent(message: MasterReady | ChildFailed): Promise<void> {
  return new Promise((resolve) => {
    if (!hasParent()) resolve();
    else process.send?.(message, undefined, undefined, () => resolve());
  });
}

export function failed(error: DecnetError): ChildFailed {
  return { kind: "failed", code: error.code, message: error.message };
}
