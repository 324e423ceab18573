import { ERRORS, type ErrorCode } from "../domain/errors.ts";

/** What a command's exit code means. docs/operations.md lists them; a test holds the two level. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: "Done; or ended by Ctrl-C, where that is how the command ends." },
  failure: { code: 1, meaning: "Failed in a way that the codes below do not name." },
  usage: { code: 2, meaning: "Command line or configuration not understood; nothing was done." },
  refused: { code: 3, meaning: "The master refused; the message says why." },
  unreachable: { code: 4, meaning: "The master could not be reached, or does not answer." },
  decommissioned: {
    code: 5,
    meaning: "The host was decommissioned: the agent has torn down its deckies and wiped its key.",
  },
  distrusted: {
    code: 6,
    meaning: "The other side is not the master that the token or identity belongs to.",
  },
  environment: {
    code: 7,
    meaning: "This machine is not as the command needs it: port, data directory, clock, identity.",
  },
  tampered: { code: 8, meaning: "The audit log is not as it was written." },
  interrupted: { code: 130, meaning: "Ended by Ctrl-C before it was done." },
} as const;

type Exit = keyof typeof EXIT_CODES;

const EXITS: Partial<Readonly<Record<ErrorCode, Exit>>> = {
  usage: "usage",
  "config-invalid": "usage",
  "address-not-allowed": "usage",
  "master-unreachable": "unreachable",
  overloaded: "unreachable",
  "store-unavailable": "unreachable",
  "host-decommissioned": "decommissioned",
  "master-not-trusted": "distrusted",
  "port-in-use": "environment",
  "data-unusable": "environment",
  "data-in-use": "environment",
  "authority-locked": "environment",
  "passphrase-wrong": "environment",
  "database-newer": "environment",
  "clock-behind": "environment",
  "clock-off": "environment",
  "not-enrolled": "environment",
  "already-enrolled": "environment",
  "audit-broken": "tampered",
  internal: "failure",
};

/** The exit code of a command that ends with this error. */
export function exitCodeOf(code: ErrorCode): number {
  const status = ERRORS[code].status;
  const otherwise: Exit = status !== null && status < 500 ? "refused" : "failure";
  return EXIT_CODES[EXITS[code] ?? otherwise].code;
}
