/**
 * Every refusal that leaves the system, with what to do about it. docs/errors.md is made of this
 * table and a test holds the two level.
 *
 * status: the HTTP status of a refusal that travels over HTTP; null for one that ends a command.
 */
export const ERRORS = {
  // Heartbeat and the rest of the agent plane. `message` is the contract's `detail`, to the letter.
  "host-unknown": {
    status: 404,
    message: "unknown host",
    remedy:
      "The uuid was never enrolled here. Enroll the machine: decnet token create, then decnet agent enroll.",
  },
  "certificate-unavailable": {
    status: 403,
    message: "peer cert unavailable",
    remedy: "Connect with the client certificate that enrollment gave this host.",
  },
  "certificate-mismatch": {
    status: 403,
    message: "cert fingerprint mismatch",
    remedy:
      "The certificate is not the one pinned for this host. Use the host's own, or enroll the machine anew.",
  },
  "certificate-expired": {
    status: 403,
    message: "certificate not valid now",
    remedy:
      "By the master's clock the certificate is not yet or no longer valid. Check both clocks. If it ran out, the agent recovers by itself within the limits that the operator set; beyond them, enroll anew.",
  },
  "host-decommissioned": {
    status: 403,
    message: "host decommissioned",
    remedy:
      "This identity never comes back. To use the machine again, enroll it anew: it gets a new uuid.",
  },
  "host-quarantined": {
    status: 403,
    message: "host quarantined",
    remedy:
      "Two live copies of this identity were seen. Stop one, then release the host: decnet host release NAME; or decommission it.",
  },
  "heartbeat-stale": {
    status: 409,
    message: "heartbeat is not newer than the last one accepted",
    remedy: "Start a new boot above the one that the answer names in Decnet-Boot, and send again.",
  },
  "status-unknown": {
    status: 409,
    message: "status digest unknown",
    remedy: "Send the whole status in the body.",
  },
  "body-not-json": {
    status: 400,
    message: "body is not JSON",
    remedy: "Send one JSON object, encoded as UTF-8.",
  },
  "header-invalid": {
    status: 400,
    message: "a Decnet header is invalid",
    remedy:
      "Decnet-Boot and Decnet-Sequence come together, as whole numbers from 1; Decnet-Echo only beside them, as the master gave it; Decnet-Sent-Ms is Unix milliseconds.",
  },
  "body-invalid": {
    status: 422,
    message: "body does not have the expected shape",
    remedy: "Mend the fields that the answer names; docs/protocol.md has their shapes.",
  },
  "body-too-large": {
    status: 413,
    message: "body too large",
    remedy: "Send less in one request; the limits stand in docs/protocol.md.",
  },
  "body-too-slow": {
    status: 408,
    message: "request came too slowly",
    remedy: "Send the whole request within the time limit of docs/protocol.md.",
  },
  "rate-limited": {
    status: 429,
    message: "too many requests",
    remedy: "Wait as long as Retry-After says.",
  },
  overloaded: {
    status: 503,
    message: "master overloaded",
    remedy: "Wait as long as Retry-After says, then send again.",
  },
  "store-unavailable": {
    status: 503,
    message: "store unavailable",
    remedy:
      "Nothing was written. Check disk space and permissions on the master's data directory; the caller may send again.",
  },
  "route-unknown": {
    status: 404,
    message: "no such route",
    remedy:
      "docs/protocol.md lists the agent plane's routes, /api/v1/openapi.json the operator plane's.",
  },
  "method-not-allowed": {
    status: 405,
    message: "method not allowed",
    remedy: "The Allow header names the methods of this route.",
  },

  // Enrollment.
  "token-unknown": {
    status: 403,
    message: "join token unknown",
    remedy: "The token is not one of this master's, or was revoked. Make one: decnet token create.",
  },
  "token-used": {
    status: 403,
    message: "join token already used",
    remedy: "A token enrolls one host, once. Make another: decnet token create.",
  },
  "token-expired": {
    status: 403,
    message: "join token expired",
    remedy: "Make a new one: decnet token create --ttl DURATION.",
  },
  "token-malformed": {
    status: 400,
    message: "not a join token",
    remedy: "Copy the whole token, as decnet token create printed it.",
  },
  "csr-invalid": {
    status: 422,
    message: "signing request refused",
    remedy:
      "Send a PKCS #10 request in PEM, signed by its own key: P-256, P-384, Ed25519, or RSA of 2048 bits or more.",
  },
  "challenge-unknown": {
    status: 403,
    message: "challenge unknown, too old, or used before",
    remedy: "Ask for another one at POST /recover/challenge, and use it once, within a minute.",
  },
  "proof-invalid": {
    status: 403,
    message: "proof of the pinned key not accepted",
    remedy:
      "Sign the statement of docs/protocol.md with the key of the host's current certificate. If it is lost, enroll the machine anew.",
  },
  "certificate-still-valid": {
    status: 409,
    message: "certificate has not run out",
    remedy: "Renew it at POST /swarm/renew. Nothing was written.",
  },
  "recovery-refused": {
    status: 403,
    message: "certificate cannot be recovered",
    remedy:
      "The host recovered too often, or its certificate ran out too long ago: decnet master --help names both limits. Enroll the machine anew.",
  },
  "alarm-not-found": {
    status: 404,
    message: "no such alarm",
    remedy: "List them: decnet alarm list.",
  },
  "host-name-taken": {
    status: 409,
    message: "host name taken",
    remedy: "Choose another name, or decommission the host that has it. The token was not used up.",
  },

  // Operator plane.
  "login-required": {
    status: 401,
    message: "login required",
    remedy: "Log in at /login, or use the command line on the master's machine.",
  },
  "login-failed": {
    status: 401,
    message: "user or password wrong",
    remedy:
      "Try again. The first admin's password was printed once when the master first started; decnet operator reset-password makes a new one.",
  },
  "totp-required": {
    status: 401,
    message: "a second factor is required",
    remedy:
      "Send the code that the authenticator app shows, or a recovery code, along with the password.",
  },
  "totp-invalid": {
    status: 422,
    message: "code wrong",
    remedy:
      "Type the six digits that the app shows now. If they stay wrong, check the clocks of the phone and of the master.",
  },
  "totp-active": {
    status: 409,
    message: "a second factor is active already",
    remedy: "Remove it first, or go on using it.",
  },
  "totp-not-begun": {
    status: 409,
    message: "no second factor waits to be activated",
    remedy: "Begin anew: it shows the secret for the authenticator app.",
  },
  "api-token-invalid": {
    status: 401,
    message: "API token unknown, expired or revoked",
    remedy: "Make another: decnet api-token create.",
  },
  "permission-denied": {
    status: 403,
    message: "not allowed for this role or API token",
    remedy: "Ask an admin; docs/security.md has the table of who may do what.",
  },
  "csrf-token-invalid": {
    status: 403,
    message: "request lacks the session's CSRF token",
    remedy: "Send the session's csrfToken in the X-CSRF-Token header.",
  },
  "request-invalid": {
    status: 422,
    message: "request does not have the expected shape",
    remedy: "Mend the fields that the answer names; /api/v1/openapi.json has their shapes.",
  },
  "media-type-unsupported": {
    status: 415,
    message: "media type not supported",
    remedy: "Send the body as JSON, with Content-Type: application/json.",
  },
  "host-header-refused": {
    status: 421,
    message: "the Host header does not name this master",
    remedy:
      "Use 127.0.0.1 or localhost, with the port, on this machine or through an SSH tunnel; or, over TLS, a name that is in the operator plane's certificate.",
  },
  "origin-refused": {
    status: 403,
    message: "request comes from another site's page",
    remedy: "Use the dashboard at its own address, or the command line.",
  },
  "operator-not-found": {
    status: 404,
    message: "no such operator",
    remedy: "List them: decnet operator list.",
  },
  "operator-name-taken": {
    status: 409,
    message: "operator name taken",
    remedy: "Choose another.",
  },
  "last-admin": {
    status: 409,
    message: "the last admin must stay",
    remedy: "Make another operator an admin first: decnet operator set-role.",
  },
  "api-token-not-found": {
    status: 404,
    message: "no such API token",
    remedy: "List them: decnet api-token list.",
  },
  "token-spent": {
    status: 409,
    message: "join token has enrolled a host",
    remedy: "There is nothing left to revoke. To undo the enrollment, decommission the host.",
  },
  "host-not-found": {
    status: 404,
    message: "no such host",
    remedy: "List them: decnet host list.",
  },
  "decky-not-found": {
    status: 404,
    message: "no such decky",
    remedy: "List them: decnet decky list.",
  },
  "token-not-found": {
    status: 404,
    message: "no such join token",
    remedy: "List them: decnet token list.",
  },
  "decky-name-taken": {
    status: 409,
    message: "decky name taken",
    remedy: "Names are unique in the fleet. Choose another.",
  },
  "decky-address-taken": {
    status: 409,
    message: "decky address taken",
    remedy: "Another decky has this address. Choose another, or leave it out and one is chosen.",
  },
  "host-not-quarantined": {
    status: 409,
    message: "host is not quarantined",
    remedy: "There is nothing to release. decnet host show NAME tells its state.",
  },
  "host-not-usable": {
    status: 409,
    message: "host is decommissioned or quarantined",
    remedy: "Choose another host: decnet host list.",
  },
  "rotation-under-way": {
    status: 409,
    message: "the authority is being rotated already",
    remedy: "decnet authority show tells how far it is; decnet authority retire ends it.",
  },
  "rotation-not-under-way": {
    status: 409,
    message: "there is no old authority to retire",
    remedy: "decnet authority rotate introduces a new one beside it first.",
  },
  "hosts-left-behind": {
    status: 409,
    message: "hosts would be cut off",
    remedy:
      "Wait until they have renewed (decnet authority show), decommission those that are gone, or retire with --force and enroll them anew.",
  },
  "audit-broken": {
    status: null,
    message: "the audit log is not as it was written",
    remedy:
      "Somebody changed the master's data. Keep a copy of it as it is, look into the logs of that time, and compare with a backup: docs/security.md.",
  },
  internal: {
    status: 500,
    message: "internal error",
    remedy:
      "This is a bug; please report it. The log has the details: of an answer, under its request id.",
  },

  // Commands.
  usage: {
    status: null,
    message: "command line not understood",
    remedy: "decnet COMMAND --help shows what the command takes.",
  },
  "config-invalid": {
    status: null,
    message: "configuration invalid",
    remedy: "Mend the setting that the message names; docs/operations.md lists all.",
  },
  "port-in-use": {
    status: null,
    message: "port in use",
    remedy: "Stop what listens there, or choose another port.",
  },
  "address-not-allowed": {
    status: null,
    message: "operator plane may listen beyond loopback over TLS only",
    remedy: "Bind it to 127.0.0.1 and reach it by an SSH tunnel, or give it a certificate.",
  },
  "data-unusable": {
    status: null,
    message: "data directory cannot be used",
    remedy: "Give a directory that this user may write, with free space: --data DIR.",
  },
  "data-in-use": {
    status: null,
    message: "data directory is in use by another process",
    remedy: "Stop that process, or give another directory: --data DIR.",
  },
  "authority-locked": {
    status: null,
    message: "the authority's key is encrypted",
    remedy:
      "Name the file that holds its passphrase, --authority-key-file FILE, or start on a terminal, which asks for it.",
  },
  "passphrase-wrong": {
    status: null,
    message: "the passphrase is not that of the authority's key, or the key is damaged",
    remedy: "Nothing was changed. Give the passphrase with which it was encrypted.",
  },
  "database-newer": {
    status: null,
    message: "database was written by a newer version",
    remedy: "Run that version or a later one. Nothing was changed.",
  },
  "clock-behind": {
    status: null,
    message: "system clock is behind the newest record",
    remedy: "Set the clock. If the records are from a wrong clock, start once with --trust-clock.",
  },
  "master-unreachable": {
    status: null,
    message: "master unreachable",
    remedy:
      "Check that it runs (decnet up, or decnet master), that --data names its directory, and that address and port can be reached from here.",
  },
  "master-not-trusted": {
    status: null,
    message: "the server is not the master that this token or identity belongs to",
    remedy: "Check the address. If it is right, somebody may be in between: make no exception.",
  },
  "answer-unexpected": {
    status: null,
    message: "the master's answer could not be read",
    remedy: "Run the same version here as on the master: decnet version, decnet status.",
  },
  "clock-off": {
    status: null,
    message: "this machine's clock and the master's certificate disagree",
    remedy: "Set this machine's clock, then try again.",
  },
  "not-enrolled": {
    status: null,
    message: "this machine is not enrolled",
    remedy:
      "Make a token on the master (decnet token create), then run the command that it prints.",
  },
  "already-enrolled": {
    status: null,
    message: "this data directory already holds an identity",
    remedy: "Use it (decnet agent run), or give another directory: --data DIR.",
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export interface ErrorEntry {
  readonly status: number | null;
  readonly message: string;
  readonly remedy: string;
}

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** An expected failure on its way to a person: the table's text and what was wrong just now. */
export class DecnetError extends Error {
  readonly code: ErrorCode;
  /** What was wrong this time, such as the port or the path; null where the table says it all. */
  readonly detail: string | null;

  constructor(code: ErrorCode, detail: string | null = null, options?: ErrorOptions) {
    super(detail === null ? ERRORS[code].message : `${ERRORS[code].message}: ${detail}`, options);
    this.name = "DecnetError";
    this.code = code;
    this.detail = detail;
  }

  get remedy(): string {
    return ERRORS[this.code].remedy;
  }
}
