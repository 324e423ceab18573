import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { Master } from "../../../src/master/master.ts";
import { callMaster } from "../operator.ts";
import { openMaster } from "../swarm.ts";
import { live, logIn, openMasterWithDashboard, openPage } from "./browser.ts";

type Socket = Parameters<typeof callMaster>[0];
type Credentials = NonNullable<Master["firstAdmin"]>;

const makeToken = async (master: Socket, hostName: string) => {
  const { json } = await callMaster(master, "POST", "/api/v1/tokens", { hostName });
  return (json as { token: { id: string } }).token.id;
};

/** The paths of the API that the page reads from here on. */
function readsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === "GET" && pathname.startsWith("/api/")) paths.push(pathname);
  });
  return paths;
}

test("a join token that is made and revoked elsewhere shows at once, and nothing is read again", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/enrollment`);
  await logIn(page, master);
  await page.getByText("No token was made yet").waitFor();
  const reads = readsOf(page);
  const id = await makeToken(master, "oslo-7");
  const row = page.getByRole("listitem").filter({ hasText: id });
  await row.getByText("valid").waitFor();
  await callMaster(master, "DELETE", `/api/v1/tokens/${id}`);
  await row.getByText("revoked").waitFor();
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByRole("row").filter({ hasText: "token.revoke" }).waitFor();
  await page.getByRole("link", { name: "Enrollment" }).click();
  await row.getByText("revoked").waitFor();
  assert.deepEqual(reads, ["/api/v1/audit"], "and that once, as nobody had looked before");
});

test("P11: tokens and audit rows of while the page was cut off are there once it is back", async (t) => {
  const first = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${first.operatorUrl}/changes`);
  await logIn(page, first);
  await page.getByRole("link", { name: "Enrollment" }).click();
  await page.getByText("No token was made yet").waitFor();
  await first.close();
  await page.locator("[data-stream=lost]").waitFor();

  const between = await openMaster(t, { dataDir: first.dir });
  const ids = [await makeToken(between, "oslo-1"), await makeToken(between, "oslo-2")];
  await callMaster(between, "DELETE", `/api/v1/tokens/${ids[0]}`);
  await between.close();

  const { port } = new URL(first.operatorUrl);
  await openMasterWithDashboard(t, {
    dataDir: first.dir,
    operator: { host: "127.0.0.1", port: Number(port) },
  });
  await live(page);
  const row = (id = "") => page.getByRole("listitem").filter({ hasText: id });
  await row(ids[0]).getByText("revoked").waitFor();
  await row(ids[1]).getByText("valid").waitFor();
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByRole("row").filter({ hasText: "token.revoke" }).waitFor();
  assert.equal(await page.getByRole("row").filter({ hasText: "token.create" }).count(), 2);
});

test("the master filters the changes, also beyond what is loaded, and the address keeps the filter", async (t) => {
  const master = await openMasterWithDashboard(t);
  const id = await makeToken(master, "oslo-7");
  for (let n = 0; n < 520; n += 1) await callMaster(master, "DELETE", "/api/v1/deckies/none");
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/changes?action=token`);
  await logIn(page, master);
  const rowOf = (text: string) => page.getByRole("row").filter({ hasText: text });
  await rowOf("token.create").waitFor();

  await page.getByLabel("Only changes of kind").selectOption("decky.remove");
  await page.getByText("500+ changes").waitFor();
  await page.getByRole("table", { name: "Changes" }).focus();
  await page.keyboard.press("End");
  await page.getByText("520 changes").waitFor();
  await page.getByLabel("Only changes with outcome").selectOption("done");
  await page.getByText("No change is like that").waitFor();
  await page.getByRole("link", { name: "Show all changes" }).click();
  await page.getByLabel("Filter changes").fill("oslo-7");
  await page.getByText("1 change", { exact: true }).waitFor();
  assert.match(page.url(), /q=oslo-7$/);

  await page.getByRole("heading", { name: "Changes" }).hover();
  await callMaster(master, "DELETE", `/api/v1/tokens/${id}`);
  await makeToken(master, "oslo-7");
  await page.getByText("2 changes", { exact: true }).waitFor();
  await page.getByRole("table", { name: "Changes" }).hover();
  await makeToken(master, "oslo-7");
  await page.getByRole("button", { name: "1 new: show" }).click();
  await page.getByText("3 changes", { exact: true }).waitFor();
});

test("an API token is shown once, works, shows its use, and is revoked in two steps", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/api-tokens`);
  await logIn(page, master);
  await page.getByText("No program has a token yet").waitFor();
  await page.getByLabel("What it is for").fill("nightly report");
  await page.getByRole("button", { name: "Make an API token" }).click();
  const secret = await page.locator("code", { hasText: /^decnet-api-/ }).innerText();
  const row = page.getByRole("listitem").filter({ hasText: "nightly report" });
  await row.getByText("never used").waitFor();

  const ask = () =>
    fetch(`${master.operatorUrl}/api/v1/status`, {
      headers: { authorization: `Bearer ${secret}` },
    });
  assert.equal((await ask()).status, 200);
  await row.getByText("last used").waitFor();
  await page.getByRole("button", { name: "Done, hide the token" }).click();
  assert.equal(await page.getByText(secret).count(), 0);

  await row.getByRole("button", { name: "Revoke API token nightly report" }).click();
  await page.keyboard.press("Escape");
  await row.getByRole("button", { name: "Revoke API token nightly report" }).click();
  await row.getByRole("button", { name: "Revoke API token nightly report now" }).click();
  await row.locator("[data-token-state=revoked]").waitFor();
  assert.equal((await ask()).status, 401);
});

test("an operator who is made, changed and deleted elsewhere shows so on an admin's page", async (t) => {
  const master = await openMasterWithDashboard(t);
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/account`);
  await logIn(page, master);
  await page.getByText("no second factor").waitFor();
  await callMaster(master, "POST", "/api/v1/operators", { name: "anna", role: "viewer" });
  const row = page.getByRole("listitem").filter({ hasText: "anna" });
  await row.waitFor();
  await callMaster(master, "POST", "/api/v1/operators/anna", { disabled: true });
  await row.getByText("disabled").waitFor();
  await callMaster(master, "DELETE", "/api/v1/operators/anna");
  await row.waitFor({ state: "detached" });
});

test("a viewer's page follows the viewer's own API tokens, and tells of nobody else's", async (t) => {
  const master = await openMasterWithDashboard(t);
  const post = async (path: string, body: unknown) =>
    (await callMaster(master, "POST", `/api/v1${path}`, body)).json;
  const vera = (await post("/operators", { name: "vera", role: "viewer" })) as Credentials;
  const page = await openPage(t);
  await page.goto(`${master.operatorUrl}/api-tokens`);
  await logIn(page, { firstAdmin: vera });
  await page.getByText("No program has a token yet").waitFor();
  assert.deepEqual(await page.getByLabel("Scope").locator("option").allInnerTexts(), [
    "read: sees all",
  ]);
  await post("/api-tokens", { purpose: "of the admin", scope: "read", operator: "admin" });
  await post("/api-tokens", { purpose: "of vera", scope: "read", operator: "vera" });
  await page.getByText("of vera").waitFor();
  assert.equal(await page.getByText("of the admin").count(), 0);
  await page.getByRole("link", { name: "Changes" }).first().click();
  await page.getByRole("row").filter({ hasText: "api-token.create" }).last().waitFor();
});
