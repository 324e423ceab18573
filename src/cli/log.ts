import pino from "pino";
import pretty from "pino-pretty";
import type { Log, LogFacts } from "../domain/log.ts";
import { redact } from "./redact.ts";
import type { LOG_FORMATS, LOG_LEVELS } from "./settings.ts";

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
  readonly color: boolean;
}

/**
 * The log port over pino: JSON lines on standard error, or readable ones on a terminal. Written at
 * once, so that the last words before a crash are there too.
 */
export function createLog({ level, format, terminal, color }: LogOptions): Log {
  const readable = format === "pretty" || (format === "auto" && terminal);
  const destination = readable
    ? pretty({
        colorize: color,
        destination: 2,
        sync: true,
        singleLine: true,
        ignore: "pid,hostname",
        translateTime: "SYS:HH:MM:ss.l",
      })
    : pino.destination({ dest: 2, sync: true });
  return logOver(
    pino(
      { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
      destination,
    ),
  );
}

/** @param logger Where the redacted lines go. */
export function logOver(logger: pino.Logger): Log {
  const facts = (given: LogFacts | undefined) => redact(given ?? {}) as object;
  return {
    debug: (message, given) => logger.debug(facts(given), message),
    info: (message, given) => logger.info(facts(given), message),
    warn: (message, given) => logger.warn(facts(given), message),
    error: (message, given) => logger.error(facts(given), message),
    child: (given) => logOver(logger.child(facts(given))),
  };
}
