/**
 * Options of V8 that a master runs with. The bodies of requests lie outside of its heap, yet count
 * against it: at its defaults a heap as small as a master's is marked from end to end ten times a
 * second for their sake. With a first limit above them, and a young generation that is swept more
 * often, they go as cheaply as they came. `npm run bench` has the measure.
 */
export const MASTER_ROOM: readonly string[] = [
  "--initial-old-space-size=64",
  "--max-semi-space-size=4",
];

/**
 * Gives `decnet master` its room: V8 takes these options at the start of a process only, so the
 * process begins again, the same one, with them. Where that cannot be done it goes on as it is.
 */
export function takeRoom(args: readonly string[]): void {
  const started = process.execArgv.some((option) => MASTER_ROOM.includes(option));
  // A child of `decnet up` was given it, and its channel would not survive.
  if (args[0] !== "master" || started || process.send !== undefined) return;
  if (process.execve === undefined) return;
  const { execPath, execArgv, argv, env } = process;
  process.execve(execPath, [execPath, ...execArgv, ...MASTER_ROOM, ...argv.slice(1)], env);
}
