import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { enroll } from "../../../src/agent/enroll.ts";
import type { ApiOperator } from "../../../src/wire/api/operator.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { live, logIn, openMasterWithDashboard, openPage } from "./browser.ts";

test("a wrong password is refused with its remedy, a right one leads to where one wanted to go", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/hosts?q=berlin`);
  await page.getByLabel("User").fill("admin");
  await page.getByLabel("Password").fill("not it");
  await page.getByRole("button", { name: "Log in" }).click();
  const alert = page.getByRole("alert");
  await alert.getByText("login-failed").waitFor();
  await alert.getByText("decnet operator reset-password").waitFor();
  await logIn(page, master);
  assert.match(page.url(), /\/hosts\?q=berlin$/);
  assert.equal(await page.title(), "Hosts · DECNET");
});

test("a session that has ended leads to the login, and from there back", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/changes`);
  await logIn(page, master);
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Enrollment" }).click();
  await page.waitForURL(/\/login/);
  await logIn(page, master);
  await page.getByRole("heading", { level: 1, name: "Enrollment" }).waitFor();
});

test("the enrollment page gives one command, waits, and says who joined", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(master.operatorUrl);
  await logIn(page, master);
  await page.getByText("No host has joined yet").waitFor();
  await page.getByRole("link", { name: "Make a join token" }).click();
  await page.getByRole("button", { name: "Make a join token" }).click();
  await page.getByText("Waiting for the host to join.").waitFor();
  await page.getByText("The token alone").click();
  const tokenText = await page.locator("details code").last().innerText();
  await enroll({
    tokenText,
    dir: join(await temporaryDir(t), "agent"),
    hostName: "oslo-7",
    agentVersion: "test",
    nowMs: Date.now(),
  });
  const told = page.getByRole("status").filter({ hasText: "joined" });
  await told.getByRole("link", { name: "oslo-7" }).click();
  await page.getByRole("heading", { level: 1, name: "oslo-7" }).waitFor();
});

test("a host is decommissioned in two steps on one spot, and not by one", async (t) => {
  const master = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, master, "berlin-1");
  const call = callerOf(t, identity);
  const beat = heartbeatBody(identity.hostUuid, []);
  await call("POST", "/swarm/heartbeat", beat);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/hosts/${identity.hostUuid}`);
  await logIn(page, master);

  await page.getByRole("button", { name: "Decommission …" }).click();
  const confirm = page.getByRole("button", { name: "Decommission berlin-1" });
  assert.equal(await confirm.isDisabled(), true);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Decommission …" }).click();
  await page.getByLabel("Type berlin-1 to confirm").fill("berlin-1");
  await confirm.click();
  await page.locator("header [data-state=decommissioned]").waitFor();
  assert.equal((await call("POST", "/swarm/heartbeat", beat)).status, 403);
  const audit = await listOf<{ action: string; target: string }>(master, "/api/v1/audit");
  assert.ok(audit.some(({ target }) => target === identity.hostUuid || target === "berlin-1"));
});

test("a decky is added and removed on the page, and the palette finds it by the keyboard", async (t) => {
  const master = await openMasterWithDashboard(t);
  const identity = await enrollHost(t, master, "berlin-1");
  await callerOf(t, identity)("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid));
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/hosts/${identity.hostUuid}`);
  await logIn(page, master);
  await page.getByLabel("New decky's name").fill("trap-1");
  await page.getByRole("button", { name: "Add decky" }).click();
  await page.getByRole("link", { name: "trap-1" }).waitFor();

  await page.keyboard.press("Control+k");
  await page.keyboard.type("trap");
  await page.getByRole("option", { name: /trap-1/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "trap-1" }).waitFor();
  await page.locator("header [data-state=pending]").waitFor();

  await page.getByRole("button", { name: "Remove …" }).click();
  await page.getByLabel("Type trap-1 to confirm").fill("trap-1");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove …" }).waitFor({ state: "detached" });
  const { json } = await callMaster(master, "GET", "/api/v1/deckies");
  assert.deepEqual((json as { items: unknown[] }).items, []);
  await live(page);
});

test("an operator's role is chosen, then made so, and disabling one takes two steps", async (t) => {
  const master = await openMasterWithDashboard(t);
  await callMaster(master, "POST", "/api/v1/operators", { name: "anna", role: "viewer" });
  const anna = async () =>
    (await listOf<ApiOperator>(master, "/api/v1/operators")).find(({ name }) => name === "anna");
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/account`);
  await logIn(page, master);
  await page.getByLabel("Role of anna").selectOption("operator");
  await page.getByRole("button", { name: "Keep viewer" }).click();
  await page.getByLabel("Role of anna").selectOption("operator");
  assert.equal((await anna())?.role, "viewer");
  await page.getByRole("button", { name: "Make it operator" }).click();
  await page.getByRole("button", { name: "Make it operator" }).waitFor({ state: "detached" });
  assert.equal((await anna())?.role, "operator");

  await page.getByRole("button", { name: "Disable anna" }).click();
  assert.equal((await anna())?.disabledMs, null);
  await page.getByRole("button", { name: "Disable anna now" }).click();
  await page.getByRole("button", { name: "Enable anna" }).waitFor();
  assert.notEqual((await anna())?.disabledMs, null);
});
