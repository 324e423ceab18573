import type { ServiceName } from "../domain/service.ts";
import type { Decoy } from "./decoy.ts";
import { exampleDecoy } from "./example/server.ts";
import { httpDecoy } from "./http/server.ts";
import { redisDecoy } from "./redis/server.ts";
import { sshDecoy } from "./ssh/server.ts";
import { telnetDecoy } from "./telnet/server.ts";

/** The decoy of every service that a decky can offer. */
export const DECOYS: Readonly<Record<ServiceName, Decoy>> = {
  example: exampleDecoy,
  http: httpDecoy,
  redis: redisDecoy,
  ssh: sshDecoy,
  telnet: telnetDecoy,
};
