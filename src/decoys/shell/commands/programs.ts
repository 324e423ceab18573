import type { Program } from "../call.ts";
import { ADMIN } from "./admin.ts";
import { BUILTINS } from "./builtins.ts";
import { DOWNLOADS } from "./downloads.ts";
import { FILES } from "./files.ts";
import { IDENTITY } from "./identity.ts";
import { INSPECTION } from "./inspection.ts";
import { LISTING } from "./listing.ts";
import { MODES } from "./modes.ts";
import { NETWORK } from "./network.ts";
import { PACKAGES } from "./packages.ts";
import { PRESENCE } from "./presence.ts";
import { SERVERS } from "./servers.ts";
import { SHELLS } from "./shells.ts";
import { SOCKETS } from "./sockets.ts";
import { STREAMS } from "./streams.ts";
import { SYSTEM } from "./system.ts";
import { TASKS } from "./tasks.ts";
import { TEXT } from "./text.ts";
import { UNITS } from "./units.ts";

/** A group of programs by name. */
export type Programs = Readonly<Record<string, Program>>;

/** All that the shell can run: its own commands, and those that stand as files on the disk. */
export const PROGRAMS: {
  readonly builtins: ReadonlyMap<string, Program>;
  readonly external: ReadonlyMap<string, Program>;
} = {
  builtins: new Map(Object.entries(BUILTINS)),
  external: new Map(
    [
      BUILTINS,
      LISTING,
      FILES,
      MODES,
      INSPECTION,
      TASKS,
      TEXT,
      STREAMS,
      IDENTITY,
      PRESENCE,
      SYSTEM,
      NETWORK,
      SOCKETS,
      PACKAGES,
      UNITS,
      SERVERS,
      DOWNLOADS,
      ADMIN,
      SHELLS,
    ].flatMap((group: Programs) => Object.entries(group)),
  ),
};
