import { DecnetError, isErrorCode } from "../domain/errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { printable, type Terminal } from "./terminal.ts";

/**
 * Tells why a command failed and what to do about it.
 * @returns The exit code.
 */
export function reportFailure(failure: unknown, terminal: Terminal, json: boolean): number {
  const error = asDecnetError(failure);
  if (json) {
    const { code, message, detail, remedy } = error;
    terminal.note(JSON.stringify({ error: { code, message, detail, remedy } }));
  } else {
    const { red, bold, dim } = terminal.noteStyle;
    terminal.note(`${red("error:")} ${bold(printable(error.message))} ${dim(`[${error.code}]`)}`);
    terminal.note(`${dim("what to do:")} ${error.remedy}`);
    // A bug is worth its stack; an expected refusal has said all there is.
    if (error !== failure && failure instanceof Error) terminal.note(dim(failure.stack ?? ""));
  }
  return exitCodeOf(error.code);
}

/** The error as it was thrown, or `internal` around one that nobody expected. */
export function asDecnetError(failure: unknown): DecnetError {
  if (failure instanceof DecnetError) return failure;
  const detail = failure instanceof Error ? failure.message : String(failure);
  return new DecnetError("internal", detail, { cause: failure });
}

/** An error that another process told: `message` may begin with what the table says already. */
export function toldError(code: string, message: string): DecnetError {
  if (!isErrorCode(code)) return new DecnetError("answer-unexpected", `${code}: ${message}`);
  const plain = new DecnetError(code).message;
  if (message === plain) return new DecnetError(code);
  const prefix = `${plain}: `;
  return new DecnetError(code, message.startsWith(prefix) ? message.slice(prefix.length) : message);
}
