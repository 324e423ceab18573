import { join } from "node:path";

/** What stands where below the data directory. */
export interface DataDirectory {
  readonly root: string;
  readonly master: string;
  readonly agent: string;
  /** Logs of the processes that `decnet up` starts. */
  readonly logs: string;
  /** Unix socket of the operator plane: whoever may open it is an operator. */
  readonly operatorSocket: string;
}

export function dataDirectory(root: string): DataDirectory {
  const master = join(root, "master");
  return {
    root,
    master,
    agent: join(root, "agent"),
    logs: join(root, "logs"),
    operatorSocket: join(master, "operator.sock"),
  };
}
