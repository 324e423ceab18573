import type { DatabaseSync } from "node:sqlite";
import { chainAudit } from "./migrate-audit.ts";

/** SQL, or what SQL cannot do alone. */
export type Migration = string | ((sqlite: DatabaseSync) => void);

/**
 * The schema, step by step: step N brings a database from version N to N + 1, in one transaction.
 * A step that was released is never changed; what is new is a new step.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE hosts (
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    enrolled_ms INTEGER NOT NULL,
    last_seen_ms INTEGER,
    silent_since_ms INTEGER,
    decommissioned_ms INTEGER,
    agent_version TEXT,
    address TEXT,
    clock_skew_ms INTEGER,
    boot INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,
    -- Of the current certificate: copied from pins, so that a heartbeat finds its host in one step.
    fingerprint TEXT NOT NULL UNIQUE,
    certificate_not_after_ms INTEGER NOT NULL,
    -- Of the last whole report that was taken in; whatever else writes the host's shards clears it.
    body_digest TEXT
  ) STRICT;
  CREATE UNIQUE INDEX hosts_by_name ON hosts (name) WHERE state <> 'decommissioned';

  -- Every certificate that any host ever had, tombstones' too: rows are never deleted.
  CREATE TABLE pins (
    fingerprint TEXT PRIMARY KEY,
    host_uuid TEXT NOT NULL,
    slot TEXT NOT NULL,
    not_after_ms INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pins_by_host ON pins (host_uuid);

  CREATE TABLE shards (
    name TEXT PRIMARY KEY,
    host_uuid TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    config TEXT,
    services TEXT NOT NULL,
    -- Of the report's entry that this row shows; null where the row says something else.
    digest TEXT,
    changed_ms INTEGER NOT NULL,
    assigned INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX shards_by_host ON shards (host_uuid);

  CREATE TABLE problems (
    host_uuid TEXT NOT NULL,
    kind TEXT NOT NULL,
    decky TEXT NOT NULL,
    detail TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    PRIMARY KEY (host_uuid, kind, decky)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX problems_by_decky ON problems (decky);

  CREATE TABLE deckies (
    name TEXT PRIMARY KEY,
    host_uuid TEXT NOT NULL,
    archetype TEXT NOT NULL,
    distro TEXT,
    hostname TEXT,
    ip TEXT NOT NULL UNIQUE,
    services TEXT NOT NULL,
    service_config TEXT NOT NULL,
    runtime TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX deckies_by_host ON deckies (host_uuid);

  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    host_name TEXT,
    used_ms INTEGER,
    used_by_host_uuid TEXT,
    revoked_ms INTEGER
  ) STRICT;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    host_uuid TEXT NOT NULL,
    decky TEXT NOT NULL,
    service TEXT NOT NULL,
    session TEXT NOT NULL,
    src_ip TEXT NOT NULL,
    src_port INTEGER NOT NULL,
    dst_ip TEXT NOT NULL,
    dst_port INTEGER NOT NULL,
    at TEXT NOT NULL,
    data TEXT NOT NULL,
    received_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX events_by_decky ON events (decky, seq);
  CREATE INDEX events_by_source ON events (src_ip, seq);
  CREATE INDEX events_by_session ON events (session, seq);

  -- The journal. The body of an event is not written twice: its key leads to it.
  CREATE TABLE changes (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT
  ) STRICT;

  -- One row: up to and with this number the journal is forgotten.
  CREATE TABLE journal_floor (seq INTEGER NOT NULL) STRICT;
  INSERT INTO journal_floor VALUES (0);

  CREATE TABLE operators (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE sessions (
    secret_hash TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    outcome TEXT NOT NULL,
    address TEXT
  ) STRICT;

  CREATE TABLE refusals (
    code TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Renewal, recovery, alarms.
  `
  -- When the current certificate was issued, when it took over, and what is to follow it.
  ALTER TABLE hosts ADD COLUMN certificate_since_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE hosts SET certificate_since_ms = enrolled_ms;
  ALTER TABLE hosts ADD COLUMN last_renewal_ms INTEGER;
  ALTER TABLE hosts ADD COLUMN next_fingerprint TEXT;

  -- SubjectPublicKeyInfo in base64: proof of it recovers a host whose certificate ran out. Null for
  -- what was pinned before this step.
  ALTER TABLE pins ADD COLUMN public_key TEXT;
  -- PEM; of the next certificate only, for an agent that lost the answer which brought it.
  ALTER TABLE pins ADD COLUMN certificate TEXT;

  CREATE TABLE recoveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_uuid TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX recoveries_by_host ON recoveries (host_uuid, at_ms);

  CREATE TABLE alarms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    host_uuid TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    acknowledged_ms INTEGER,
    UNIQUE (kind, host_uuid, detail)
  ) STRICT;
  CREATE INDEX alarms_by_host ON alarms (host_uuid);
  `,
  // Clones and quarantine.
  `
  ALTER TABLE hosts ADD COLUMN quarantined_ms INTEGER;
  ALTER TABLE hosts ADD COLUMN quarantine_reason TEXT;
  -- Given with the last accepted heartbeat; what that one echoed; what was left behind, newest
  -- first, each followed by a space.
  ALTER TABLE hosts ADD COLUMN nonce TEXT;
  ALTER TABLE hosts ADD COLUMN acknowledged_nonce TEXT;
  ALTER TABLE hosts ADD COLUMN abandoned_nonces TEXT NOT NULL DEFAULT '';
  `,
  chainAudit,
  // Roles, second factors, API tokens.
  `
  ALTER TABLE operators ADD COLUMN role TEXT NOT NULL DEFAULT 'admin';
  ALTER TABLE operators ADD COLUMN disabled_ms INTEGER;

  CREATE TABLE totps (
    operator TEXT PRIMARY KEY,
    sealed_secret TEXT NOT NULL,
    active INTEGER NOT NULL,
    -- Of the newest code that was used (RFC 6238, section 5.2): none works twice.
    last_step INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE recovery_codes (
    operator TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (operator, code_hash)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    operator TEXT NOT NULL,
    purpose TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    last_used_ms INTEGER,
    revoked_ms INTEGER
  ) STRICT;
  `,
  // Rotation of the authority: what each host said last, fingerprints apart by spaces.
  `
  CREATE TABLE trust (
    host_uuid TEXT PRIMARY KEY,
    authority TEXT NOT NULL,
    trusted TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
