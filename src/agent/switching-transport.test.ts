import assert from "node:assert/strict";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import { createSwitchingTransport } from "./switching-transport.ts";
import type { AgentRequest } from "./transport.ts";

const named = (name: string) => ({ keyPem: name, certificatePem: name });
const POST = { method: "POST", path: "/swarm/heartbeat", timeoutMs: 1000 } as const;
const GET = { method: "GET", path: "/swarm/desired", timeoutMs: 1000 } as const;

/** One that tells under which credentials what was sent, and answers when it is told to. */
function setUp() {
  const sent: string[] = [];
  const failures: unknown[] = [];
  const held = new Map<string, (answer: ScriptedAnswer) => void>();
  const answerOf = (name: string) => (request: AgentRequest) => {
    sent.push(`${name} ${request.method}`);
    return new Promise<ScriptedAnswer>((resolve, reject) => {
      held.set(`${name} ${request.method}`, resolve);
      request.signal?.addEventListener("abort", () => reject(request.signal?.reason as Error));
    });
  };
  const transport = createSwitchingTransport({
    initial: named("old"),
    open: ({ keyPem }) => createScriptedTransport(answerOf(keyPem)),
    onAnswer() {},
    onFailure: (error) => failures.push(error),
  });
  const answer = (which: string) => held.get(which)?.({ status: 204 });
  return { transport, sent, failures, answer };
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test("tryOn() lets what is under way end first, and holds back what comes", async () => {
  const { transport, sent, answer } = setUp();
  const first = transport.request(POST);
  const trying = transport.tryOn(named("new"), named("old"), async (tried) => {
    sent.push("trial");
    await tried.request(GET);
    return true;
  });
  const second = transport.request(POST);
  await turn();
  assert.deepEqual(sent, ["old POST"], "the trial waits for it");
  answer("old POST");
  assert.equal((await first).status, 204);
  await turn();
  assert.deepEqual(sent, ["old POST", "trial", "new GET"]);
  answer("new GET");
  await trying;
  await turn();
  assert.deepEqual(sent, ["old POST", "trial", "new GET", "new POST"]);
  answer("new POST");
  assert.equal((await second).status, 204);
});

test("tryOn() cuts a question that only waits, and asks it again under the new ones", async () => {
  const { transport, sent, failures, answer } = setUp();
  const waiting = transport.request({ ...GET, signal: new AbortController().signal });
  await transport.tryOn(named("new"), named("old"), async () => true);
  await turn();
  assert.deepEqual(sent, ["old GET", "new GET"]);
  answer("new GET");
  assert.equal((await waiting).status, 204);
  assert.deepEqual(failures, [], "nobody need know");
});

test("tryOn() goes to the others if the trial says no, and stays if it fails", async () => {
  const { transport, sent, answer } = setUp();
  await transport.tryOn(named("bad"), named("other"), async () => false);
  await assert.rejects(
    transport.tryOn(named("worse"), named("unused"), async () => {
      throw new DecnetError("internal");
    }),
    { code: "internal" },
  );
  const request = transport.request(POST);
  await turn();
  assert.deepEqual(sent, ["other POST"]);
  answer("other POST");
  assert.equal((await request).status, 204);
});

test("request() gives up while it is held back, once its signal aborts", async () => {
  const { transport, sent } = setUp();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const trying = transport.tryOn(named("new"), named("old"), () => promise);
  const stop = new AbortController();
  const request = transport.request({ ...POST, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(request, /enough/);
  resolve(false);
  await trying;
  assert.deepEqual(sent, []);
});
