import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, enrollHost, eventBatch, heartbeatBody, openMaster } from "../swarm.ts";
import { live, logIn, mark, openMasterWithDashboard, openPage } from "./browser.ts";

const DOWN_SHOWS_WITHIN_MS = 2000;

/** A heartbeat in which one decky is there, but does not run. */
function withDown(body: string, decky: string): string {
  const beat = JSON.parse(body) as { status: { runtime: Record<string, { running: boolean }> } };
  beat.status.runtime[decky] = { running: false };
  return JSON.stringify(beat);
}

test("the overview shows a decky that went down within two seconds of its host's report", async (t) => {
  const master = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, master, "berlin-1");
  const call = callerOf(t, identity);
  const allUp = heartbeatBody(identity.hostUuid, ["web", "db"]);
  assert.equal((await call("POST", "/swarm/heartbeat", allUp)).status, 204);

  const page = await openPage(t);
  await page.goto(master.operatorUrl);
  await logIn(page, master);
  await mark(page, "web", "running").waitFor();
  await page.getByText("All is well.").waitFor();

  const startedMs = performance.now();
  const answer = await call("POST", "/swarm/heartbeat", withDown(allUp, "web"));
  assert.equal(answer.status, 204);
  await mark(page, "web", "degraded").waitFor();
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < DOWN_SHOWS_WITHIN_MS, `took ${Math.round(tookMs)} ms`);
  await mark(page, "db", "running").waitFor();
  await page
    .getByRole("region", { name: "Needs a look" })
    .getByText("web", { exact: true })
    .waitFor();

  await call("POST", "/swarm/heartbeat", allUp);
  await mark(page, "web", "running").waitFor();
});

test("the overview counts what the master refuses, and is told of it", async (t) => {
  const master = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, master, "berlin-1");
  const call = callerOf(t, identity);
  await call("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid, ["web"]));
  const page = await openPage(t);
  await page.goto(master.operatorUrl);
  await logIn(page, master);
  const panel = page.getByRole("region", { name: "Master" });
  await panel.getByText("nothing yet").waitFor();
  assert.equal((await call("POST", "/swarm/heartbeat", "{")).status, 400);
  await panel.getByText("1 × body-not-json").waitFor();
});

test("the dashboard says that it is not live, and catches up once the master is back", async (t) => {
  const first = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, first, "berlin-1");
  await callerOf(t, identity)(
    "POST",
    "/swarm/heartbeat",
    heartbeatBody(identity.hostUuid, ["web"]),
  );
  const page = await openPage(t);
  await page.goto(first.operatorUrl);
  await logIn(page, first);
  await mark(page, "web", "running").waitFor();

  await first.close();
  await page.locator("[data-stream=lost]").waitFor();
  await page.getByText("Nothing has come from the master since").waitFor();

  // The same data in other hands, so that the change is made while nobody looks.
  const between = await openMaster(t, { dataDir: first.dir });
  await enrollHost(t, between, "joined-meanwhile");
  await between.close();

  const { port } = new URL(first.operatorUrl);
  await openMasterWithDashboard(t, {
    dataDir: first.dir,
    operator: { host: "127.0.0.1", port: Number(port) },
  });
  await live(page);
  await page.getByRole("link", { name: "joined-meanwhile" }).waitFor();
  assert.equal(await page.getByText("Nothing has come from the master since").count(), 0);
});

test("the activity page holds still while somebody reads, and counts what comes", async (t) => {
  const master = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, master, "berlin-1");
  const call = callerOf(t, identity);
  await call("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid, ["web"]));
  const send = (place: number) =>
    call(
      "POST",
      "/swarm/events",
      eventBatch(identity.hostUuid, place, "ssh.command", { input: `command number ${place}` }),
      {
        "content-type": "application/json",
      },
    );
  assert.equal((await send(1)).status, 200);

  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/activity`);
  await logIn(page, master);
  const first = page.getByRole("button", { name: /command number 1/ });
  await first.click();
  await page.getByText('"input": "command number 1"').waitFor();
  const before = await first.boundingBox();

  await send(2);
  await page.getByRole("button", { name: "1 new: show" }).waitFor();
  assert.deepEqual(await first.boundingBox(), before);
  await page.getByRole("button", { name: "1 new: show" }).click();
  await page.getByRole("button", { name: /command number 2/ }).waitFor();

  await page.getByLabel("Filter events").fill("number 1");
  await page.getByRole("button", { name: /command number 2/ }).waitFor({ state: "detached" });
  assert.match(page.url(), /q=number/);
});
