import { randomBytes, scryptSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { silentLog } from "../../domain/log.ts";
import type { Role, Scope } from "../../domain/role.ts";
import { openAuthorities } from "../../pki/authorities.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { createLive } from "../live.ts";
import { API_TOKEN_PREFIX, hashSecret } from "./caller.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";
import { type OperatorPlaneDeps, openOperatorPlane } from "./operator-plane.ts";

export const PASSWORD = "correct-horse-battery";
const NOW_MS = 1_800_000_000_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined if there is none. */
  readonly json: unknown;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
}

/** One way to call the plane, with the headers that go with it. */
export interface Client {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Answers as soon as the headers are there. */
  open(method: string, path: string, options?: CallOptions): Promise<IncomingMessage>;
}

export type LoggedIn = Client & { readonly cookie: string; readonly csrfToken: string };

export interface TestPlane {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly deps: OperatorPlaneDeps;
  readonly port: number;
  readonly socketPath: string;
  /** Over TCP, nobody in particular. */
  readonly anonymous: Client;
  /** By the socket file. */
  readonly local: Client;
  /** Over TCP, logged in. */
  logIn(user?: string): Promise<LoggedIn>;
  /** The same without asking for the password, which takes its time. */
  openSession(user: string): Promise<LoggedIn>;
  /** Over TCP, with an API token of that operator. */
  readonly openToken: (
    operator: string,
    scope: Scope,
  ) => Promise<Client & { readonly secret: string }>;
  close(): Promise<void>;
}

/** Opens a whole operator plane on an in-memory store, with one operator: `admin`. */
export async function openForTest(
  t: TestContext,
  changes: Partial<OperatorPlaneDeps> = {},
): Promise<TestPlane> {
  const dir = mkdtempSync(join(tmpdir(), "decnet-"));
  const store = openSqliteStore(":memory:");
  const clock = createManualClock(NOW_MS);
  const live = createLive({ store, clock, log: silentLog });
  mkdirSync(join(dir, "run"), { mode: 0o700 });
  const socketPath = join(dir, "run", "operator.sock");
  await addOperator(store, "admin", "admin");
  const deps: OperatorPlaneDeps = {
    store,
    clock,
    live,
    log: silentLog,
    random: randomBytes,
    version: "0.0.0",
    startedMs: NOW_MS,
    heartbeatIntervalMs: 10_000,
    listen: { host: "127.0.0.1", port: 0 },
    tls: null,
    totpKey: Buffer.alloc(32, 1),
    socketPath,
    dashboardDir: null,
    agentPlane: { host: "127.0.0.1", port: 8770 },
    enrollment: { host: "127.0.0.1", port: 8771 },
    authorities: await openAuthorities({ dir: join(dir, "a"), nowMs: NOW_MS, random: randomBytes }),
    mintToken: (wanted) => mintToken(store, wanted),
    decommission: (uuid) => store.decommissionHost(uuid, clock.nowMs()),
    addressFor: (name, attempt) => `127.1.${name.length}.${attempt + 1}`,
    metrics: {
      heartbeats: () => new Map([["accepted", 3]]),
      agentConnections: () => 1,
      lastSweepMs: () => NOW_MS,
    },
    refused: () => {},
    ...changes,
  };
  const plane = await openOperatorPlane(deps);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    live.close();
    await plane.close();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  };
  t.after(close);

  const tcp = { host: "127.0.0.1", port: plane.port };
  const anonymous = createClient(tcp, {});
  return {
    store,
    clock,
    deps,
    socketPath,
    anonymous,
    close,
    port: plane.port,
    local: createClient({ socketPath }, {}),
    async logIn(user = "admin") {
      const body = { user, password: PASSWORD };
      const { headers, json } = await anonymous.call("POST", "/api/v1/session", { body });
      const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
      const { csrfToken } = json as { csrfToken: string };
      const client = createClient(tcp, { cookie, "x-csrf-token": csrfToken });
      return { ...client, cookie, csrfToken };
    },
    async openSession(user) {
      const secret = randomBytes(32).toString("base64url");
      const csrfToken = randomBytes(32).toString("base64url");
      const { passwordHash } = (await store.getOperator(user)) ?? { passwordHash: "" };
      const createdMs = clock.nowMs();
      const session = {
        secretHash: hashSecret(secret),
        operator: user,
        csrfToken,
        createdMs,
        expiresMs: createdMs + 3_600_000,
      };
      if (!(await store.openSession({ session, passwordHash, second: null }))) {
        throw new Error(`no session for ${user}`);
      }
      const cookie = `decnet_session=${secret}`;
      const client = createClient(tcp, { cookie, "x-csrf-token": csrfToken });
      return { ...client, cookie, csrfToken };
    },
    async openToken(operator, scope) {
      const secret = `${API_TOKEN_PREFIX}${randomBytes(32).toString("base64url")}`;
      const createdMs = clock.nowMs();
      const token = {
        id: randomBytes(6).toString("hex"),
        operator,
        purpose: "test",
        scope,
        createdMs,
        expiresMs: createdMs + 3_600_000,
        lastUsedMs: null,
        revokedMs: null,
      };
      await store.createApiToken(token, hashSecret(secret));
      return { ...createClient(tcp, { authorization: `Bearer ${secret}` }), secret };
    },
  };
}

/** With the password that all of them have. */
export async function addOperator(store: Store, name: string, role: Role): Promise<void> {
  const passwordHash = cheapHash(PASSWORD);
  await store.createOperator({ name, role, passwordHash, createdMs: NOW_MS });
}

async function mintToken(
  store: Store,
  wanted: { readonly ttlMs: number; readonly hostName: string | null; readonly createdBy: string },
) {
  const token = {
    id: randomBytes(6).toString("hex"),
    createdMs: NOW_MS,
    createdBy: wanted.createdBy,
    expiresMs: NOW_MS + wanted.ttlMs,
    hostName: wanted.hostName,
    usedMs: null,
    usedByHostUuid: null,
    revokedMs: null,
  };
  await store.createToken(token, randomBytes(32).toString("hex"));
  return { token, secret: "decnet-secret" };
}

/** Makes a join token straight in the store: one change. @returns Its secret's hash. */
export async function addToken(store: Store, id: string): Promise<string> {
  const secretHash = randomBytes(32).toString("hex");
  await store.createToken(
    {
      id,
      createdMs: NOW_MS,
      createdBy: "system",
      expiresMs: NOW_MS + 60_000,
      hostName: null,
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    },
    secretHash,
  );
  return secretHash;
}

/** Enrolls a host straight into the store. @returns Its uuid. */
export async function enroll(store: Store, name: string): Promise<string> {
  const uuid = crypto.randomUUID();
  const secretHash = await addToken(store, uuid);
  const outcome = await store.enrollHost({
    secretHash,
    uuid,
    name,
    nowMs: NOW_MS,
    address: "127.0.0.1",
    agentVersion: null,
    fingerprint: fingerprintOf(uuid),
    certificateNotAfterMs: NOW_MS + 86_400_000,
  });
  if (outcome.kind !== "enrolled") throw new Error(`not enrolled: ${outcome.code}`);
  return uuid;
}

export function fingerprintOf(uuid: string): string {
  return uuid.replaceAll("-", "").repeat(2);
}

/** As a hash of the real cost, but in a millisecond. */
function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 });
  const text = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
  return `$scrypt$ln=4,r=8,p=1$${text(salt)}$${text(key)}`;
}

export function createClient(
  to: { readonly host?: string; readonly port?: number; readonly socketPath?: string },
  always: Readonly<Record<string, string>>,
): Client {
  const open = (method: string, path: string, { headers, body }: CallOptions = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const type = payload === undefined ? {} : { "content-type": "application/json" };
      const length =
        payload === undefined ? {} : { "content-length": String(Buffer.byteLength(payload)) };
      const all = { ...type, ...length, ...always, ...headers };
      request({ ...to, method, path, headers: all, agent: false }, resolve)
        .on("error", reject)
        .end(payload);
    });
  return {
    open,
    async call(method, path, options) {
      const response = await open(method, path, options);
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8");
      const isJson = response.headers["content-type"]?.startsWith("application/json") ?? false;
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: isJson && text !== "" ? JSON.parse(text) : undefined,
      };
    },
  };
}

/** The code of a refusal; undefined if the answer is none. */
export function codeOf({ json }: Answer): string | undefined {
  return (json as { error?: { code?: string } } | undefined)?.error?.code;
}
