/**
 * Bounds of what the decoy process tells: kept by the process, enforced by the agent. Apart from
 * the shapes of messages, so that the process need not load what parses them.
 */

/** Most bytes of one event's `data` as JSON. */
export const MAX_DATA_BYTES = 128 * 1024;
/** Longest reason of a failure. */
export const MAX_REASON_CHARACTERS = 1_000;
