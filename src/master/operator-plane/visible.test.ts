import assert from "node:assert/strict";
import { test } from "node:test";
import { addOperator, openForTest } from "./open-for-test.ts";
import { openStream } from "./stream-for-test.ts";

test("tokens, operators and the audit are told as they change, each to who may read it", async (t) => {
  const plane = await openForTest(t);
  for (const name of ["vera", "olga"]) await addOperator(plane.store, name, "viewer");
  const admin = await plane.openSession("admin");
  const vera = await plane.openSession("vera");
  const program = await plane.openToken("admin", "admin");
  // Its first use is a change, too.
  await program.call("GET", "/api/v1/status");
  const since = `?since=${await plane.store.headSeq()}`;
  const streams = await Promise.all(
    [admin, vera, program].map((client) => openStream(client, since)),
  );

  const made = await admin.call("POST", "/api/v1/tokens", { body: {} });
  const { token } = made.json as { token: { id: string } };
  await admin.call("DELETE", `/api/v1/tokens/${token.id}`);
  for (const client of [admin, vera]) {
    const body = { purpose: "backup", scope: "read" };
    await client.call("POST", "/api/v1/api-tokens", { body });
  }
  await admin.call("DELETE", "/api/v1/operators/olga");

  const told = await Promise.all(
    streams.map(async ({ messages, close }) => {
      const found: string[] = [];
      for await (const { event, data } of messages) {
        if (event !== "change") continue;
        const { topic = "", body } = data;
        found.push([topic, body?.operator ?? body?.action ?? data.key].join(" "));
        if (body?.action === "operator.delete") break;
      }
      close();
      return found;
    }),
  );
  const audit = (action: string) => `audit ${action}`;
  const forAll = [
    `token ${token.id}`,
    audit("token.create"),
    `token ${token.id}`,
    audit("token.revoke"),
    audit("api-token.create"),
    audit("api-token.create"),
    audit("operator.delete"),
  ];
  const [toAdmin, toVera, toProgram] = told;
  assert.deepEqual(toAdmin, [
    ...forAll.slice(0, 4),
    "api-token admin",
    audit("api-token.create"),
    "api-token vera",
    audit("api-token.create"),
    "operator-removed olga",
    audit("operator.delete"),
  ]);
  assert.deepEqual(toVera, [
    ...forAll.slice(0, 5),
    "api-token vera",
    audit("api-token.create"),
    audit("operator.delete"),
  ]);
  assert.deepEqual(toProgram, [
    ...forAll.slice(0, 6),
    "operator-removed olga",
    audit("operator.delete"),
  ]);
});

test("a stream of an API token ends when its owner's role changes", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "olga", "operator");
  const stream = await openStream(await plane.openToken("olga", "read"));
  assert.equal((await stream.next())?.event, "hello");
  await plane.local.call("POST", "/api/v1/operators/olga", { body: { role: "viewer" } });
  const events: (string | undefined)[] = [];
  for await (const { event } of stream.messages) events.push(event);
  assert.ok(events.every((event) => event === "change"));
});
