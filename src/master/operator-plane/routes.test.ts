import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { beat } from "../../store/conformance/fixture.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { ListOf } from "../../wire/api/common.ts";
import type { ApiDecky } from "../../wire/api/decky.ts";
import type { ApiEvent } from "../../wire/api/event.ts";
import type { ApiHost } from "../../wire/api/host.ts";
import type { ApiStatus } from "../../wire/api/status.ts";
import type { ApiToken, CreateTokenAnswer } from "../../wire/api/token.ts";
import { checkAnswers } from "./check-answer.ts";
import { codeOf, enroll, fingerprintOf, openForTest } from "./open-for-test.ts";

async function openChecked(t: TestContext) {
  const plane = await openForTest(t);
  return { ...plane, client: await checkAnswers(plane.local) };
}

const itemsOf = <T>(answer: { json: unknown }) => (answer.json as ListOf<T>).items;

function faultsOf(answer: { json: unknown }): string[] {
  const { error } = answer.json as { error: { fields?: { field: string; fault: string }[] } };
  return (error.fields ?? []).map(({ field, fault }) => `${field} ${fault}`);
}

test("hosts are listed and found by uuid and by name", async (t) => {
  const { client, store } = await openChecked(t);
  const uuid = await enroll(store, "branch-7");
  const list = await client.call("GET", "/api/v1/hosts");
  assert.deepEqual(
    itemsOf<ApiHost>(list).map(({ name, state }) => [name, state]),
    [["branch-7", "enrolled"]],
  );
  assert.equal((list.json as ListOf<ApiHost>).seq, await store.headSeq());
  for (const id of [uuid, "branch-7"]) {
    assert.equal(((await client.call("GET", `/api/v1/hosts/${id}`)).json as ApiHost).uuid, uuid);
  }
  const missing = await client.call("GET", "/api/v1/hosts/nowhere");
  assert.equal(missing.status, 404);
  assert.equal(codeOf(missing), "host-not-found");
});

test("a quarantined host is released by whoever types its name, and no other can be", async (t) => {
  const { client, store } = await openChecked(t);
  const uuid = await enroll(store, "branch-7");
  const path = `/api/v1/hosts/${uuid}/release`;
  const body = { confirmName: "branch-7" };
  const early = await client.call("POST", path, { body });
  assert.deepEqual([early.status, codeOf(early)], [409, "host-not-quarantined"]);

  const { fingerprint } = (await store.getHost(uuid)) ?? assert.fail();
  const at = (boot: number, sequence: number, echo: string | null, nonce: string) =>
    beat(uuid, [], { fingerprint, boot, sequence, echo, nonce });
  await store.commitHeartbeats([at(1, 1, null, "n1"), at(1, 2, "n1", "n2"), at(2, 1, "n1", "n3")]);
  await store.commitHeartbeats([at(3, 1, "n2", "n4")]);
  const shown = (await client.call("GET", `/api/v1/hosts/${uuid}`)).json as ApiHost;
  assert.equal(shown.state, "quarantined");
  assert.match(shown.quarantineReason ?? "", /^two live copies/);

  const wrong = await client.call("POST", path, { body: { confirmName: "branch-8" } });
  assert.equal(wrong.status, 422);
  assert.equal((await store.getHost(uuid))?.state, "quarantined");
  assert.equal((await client.call("POST", path, { body })).status, 204);
  assert.equal((await store.getHost(uuid))?.state, "silent");
  const rows = await client.call("GET", "/api/v1/audit?limit=4");
  assert.deepEqual(
    itemsOf<{ action: string; outcome: string }>(rows).map(({ action, outcome }) => [
      action,
      outcome,
    ]),
    [
      ["host.release", "ok"],
      ["host.release", "request-invalid"],
      ["host.quarantine", "ok"],
      ["host.release", "host-not-quarantined"],
    ],
  );
});

test("a host is decommissioned by whoever types its name, and stays as a tombstone", async (t) => {
  const { client, store } = await openChecked(t);
  const uuid = await enroll(store, "branch-7");
  const path = `/api/v1/hosts/${uuid}/decommission`;
  const wrong = await client.call("POST", path, { body: { confirmName: "branch-8" } });
  assert.equal(wrong.status, 422);
  assert.deepEqual(faultsOf(wrong), [
    "/confirmName must be the name of the host, letter by letter",
  ]);
  assert.equal((await store.getHost(uuid))?.state, "enrolled");

  const body = { confirmName: "branch-7" };
  assert.equal((await client.call("POST", path, { body })).status, 204);
  assert.equal((await client.call("POST", path, { body })).status, 204, "again is no error");
  assert.deepEqual(itemsOf(await client.call("GET", "/api/v1/hosts")), []);
  const all = await client.call("GET", "/api/v1/hosts?decommissioned=true");
  assert.deepEqual(
    itemsOf<ApiHost>(all).map(({ state }) => state),
    ["decommissioned"],
  );
  const rows = await client.call("GET", "/api/v1/audit?limit=3");
  assert.deepEqual(
    itemsOf<{ outcome: string; target: string }>(rows).map(({ outcome, target }) => [
      outcome,
      target,
    ]),
    [
      ["ok", uuid],
      ["ok", uuid],
      ["request-invalid", uuid],
    ],
  );
});

test("a decky is added with every choice filled in, shown as pending, and removed", async (t) => {
  const { client, store } = await openChecked(t);
  const uuid = await enroll(store, "branch-7");
  const add = (body: object) => client.call("POST", "/api/v1/deckies", { body });
  const first = await add({ host: "branch-7" });
  assert.equal(first.status, 201);
  const { createdMs, ...decky } = first.json as ApiDecky;
  assert.ok(createdMs > 0);
  assert.deepEqual(decky, {
    name: "linux-1",
    hostUuid: uuid,
    archetype: "linux-server",
    distro: null,
    hostname: null,
    ip: "127.1.7.1",
    services: ["ssh", "http"],
    serviceConfig: {},
    runtime: "loopback",
  });
  const second = (await add({ host: uuid })).json as ApiDecky;
  assert.deepEqual([second.name, second.ip], ["linux-2", "127.1.7.2"]);

  const shards = await client.call("GET", "/api/v1/shards?host=branch-7");
  assert.deepEqual(
    itemsOf<{ name: string; state: string }>(shards).map(({ name, state }) => [name, state]),
    [
      ["linux-1", "pending"],
      ["linux-2", "pending"],
    ],
  );
  assert.equal(codeOf(await add({ host: "branch-7", name: "linux-1" })), "decky-name-taken");
  assert.equal(codeOf(await add({ host: "branch-7", ip: "127.1.7.1" })), "decky-address-taken");
  assert.equal(codeOf(await add({ host: "nowhere" })), "host-not-found");

  assert.equal((await client.call("DELETE", "/api/v1/deckies/linux-1")).status, 204);
  const names = itemsOf<ApiDecky>(await client.call("GET", "/api/v1/deckies")).map((d) => d.name);
  assert.deepEqual(names, ["linux-2"]);
  const gone = await client.call("DELETE", "/api/v1/deckies/linux-1");
  assert.equal(codeOf(gone), "decky-not-found");
});

test("many deckies that are added at once get names and addresses of their own", async (t) => {
  const { client, store } = await openChecked(t);
  await enroll(store, "branch-7");
  const body = { host: "branch-7", archetype: "database-server" };
  const added = await Promise.all(
    Array.from({ length: 5 }, () => client.call("POST", "/api/v1/deckies", { body })),
  );
  assert.deepEqual(new Set(added.map(({ status }) => status)), new Set([201]));
  assert.equal(new Set(added.map(({ json }) => (json as ApiDecky).name)).size, 5);
  assert.equal(new Set(added.map(({ json }) => (json as ApiDecky).ip)).size, 5);
});

test("a bad request for a decky names each field and writes nothing but the audit row", async (t) => {
  const { client, store } = await openChecked(t);
  await enroll(store, "branch-7");
  const seq = await store.headSeq();
  const answer = await client.call("POST", "/api/v1/deckies", {
    body: { name: "A B", services: ["gopher"], ip: "300.1.1.1", extra: 1 },
  });
  assert.equal(answer.status, 422);
  assert.deepEqual(faultsOf(answer), [
    "/host is required",
    "/extra is not known here",
    '/name must match pattern "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"',
    "/services/0 must be one of example, http, redis, ssh, telnet",
    '/ip must match format "ipv4"',
  ]);
  const odd = await client.call("POST", "/api/v1/deckies", {
    body: { host: "branch-7", ip: "10.0.0.1", serviceConfig: { redis: {} } },
  });
  assert.deepEqual(faultsOf(odd), [
    "/serviceConfig/redis is not one of its services",
    "/ip must be of 127.0.0.0/8 in the loopback runtime",
  ]);
  const topics = (await store.changesAfter(seq, 10))?.map(({ topic }) => topic);
  assert.deepEqual(topics, ["audit"]);
});

test("a join token is made, listed without its secret, and revoked", async (t) => {
  const { client, clock } = await openChecked(t);
  const made = await client.call("POST", "/api/v1/tokens", { body: { hostName: "branch-7" } });
  assert.equal(made.status, 201);
  const { token, secret, command } = made.json as CreateTokenAnswer;
  assert.equal(token.expiresMs, clock.nowMs() + 900_000);
  assert.equal(secret, "decnet-secret");
  assert.equal(command, "echo 'decnet-secret' | decnet agent enroll");
  const list = await client.call("GET", "/api/v1/tokens");
  assert.deepEqual(itemsOf<ApiToken>(list), [token]);
  assert.ok(!list.text.includes(secret));

  const path = `/api/v1/tokens/${token.id}`;
  assert.equal((await client.call("DELETE", path)).status, 204);
  assert.equal((await client.call("DELETE", path)).status, 204, "again is no error");
  const unknown = await client.call("DELETE", "/api/v1/tokens/none");
  assert.equal(codeOf(unknown), "token-not-found");
});

test("a token that enrolled a host cannot be revoked, and the answer says what to do", async (t) => {
  const { client, store } = await openChecked(t);
  const uuid = await enroll(store, "branch-7");
  const answer = await client.call("DELETE", `/api/v1/tokens/${uuid}`);
  assert.equal(answer.status, 409);
  assert.equal(codeOf(answer), "token-spent");
});

test("events are filtered, newest first, page by page", async (t) => {
  const { client, store, clock } = await openChecked(t);
  const hostUuid = await enroll(store, "branch-7");
  await client.call("POST", "/api/v1/deckies", { body: { host: "branch-7", name: "web-1" } });
  const events = Array.from({ length: 5 }, (_, n) => ({
    event_id: `01890000-0000-7000-8000-00000000000${n}`,
    kind: n % 2 === 0 ? ("ssh.command" as const) : ("http.request" as const),
    host_uuid: hostUuid,
    decky: "web-1",
    service: "ssh",
    session: "s",
    src_ip: "192.0.2.1",
    src_port: 4242,
    dst_ip: "127.1.5.1",
    dst_port: 22,
    at: "2027-01-15T08:00:00.000Z",
    data: { line: "<script>alert(1)</script>" },
  }));
  const fingerprint = fingerprintOf(hostUuid);
  await store.appendEvents({ fingerprint, nowMs: clock.nowMs(), events });

  const page = itemsOf<ApiEvent>(await client.call("GET", "/api/v1/events?limit=2"));
  assert.deepEqual(
    page.map(({ event_id }) => event_id.at(-1)),
    ["4", "3"],
  );
  const next = await client.call("GET", `/api/v1/events?before=${page[1]?.seq}&kind=ssh.command`);
  assert.deepEqual(
    itemsOf<ApiEvent>(next).map(({ event_id }) => event_id.at(-1)),
    ["2", "0"],
  );
  for (const query of ["host=branch-7", "decky=web-1", "src=192.0.2.1", "session=s"]) {
    assert.equal(itemsOf(await client.call("GET", `/api/v1/events?${query}`)).length, 5, query);
  }
  assert.equal(itemsOf(await client.call("GET", "/api/v1/events?src=192.0.2.2")).length, 0);
  for (const query of ["limit=0", "limit=1001", "limit=x", "before=-1", "decki=web-1"]) {
    const answer = await client.call("GET", `/api/v1/events?${query}`);
    assert.equal(answer.status, 422, query);
    assert.match(faultsOf(answer)[0] ?? "", new RegExp(`^/${query.split("=")[0]} `));
  }
});

test("the status counts hosts, deckies as shown, and events", async (t) => {
  const { client, store } = await openChecked(t);
  await enroll(store, "branch-7");
  await client.call("POST", "/api/v1/deckies", { body: { host: "branch-7" } });
  await client.call("GET", "/api/v1/problems");
  const status = (await client.call("GET", "/api/v1/status")).json as ApiStatus;
  assert.deepEqual(status.hosts, {
    enrolled: 1,
    active: 0,
    silent: 0,
    quarantined: 0,
    decommissioned: 0,
  });
  assert.deepEqual(status.shards, { pending: 1 });
  assert.equal(status.events, 0);
});

test("a store that fails is a 503 with Retry-After, and says nothing of the inside", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(plane.local);
  t.mock.method(plane.store, "listHosts", () => {
    throw new StoreUnavailable("disk I/O error at /secret/path");
  });
  const answer = await client.call("GET", "/api/v1/hosts");
  assert.equal(answer.status, 503);
  assert.equal(codeOf(answer), "store-unavailable");
  assert.equal(answer.headers["retry-after"], "5");
  assert.ok(!answer.text.includes("secret"));
});

test("a bug of ours is a 500 that carries only the request's id", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(plane.local);
  t.mock.method(plane.store, "listHosts", () => {
    throw new TypeError("x is not a function");
  });
  const answer = await client.call("GET", "/api/v1/hosts");
  assert.equal(answer.status, 500);
  assert.ok(!answer.text.includes("function"));
  const { error } = answer.json as { error: { requestId: string } };
  assert.equal(error.requestId, answer.headers["x-request-id"]);
});
