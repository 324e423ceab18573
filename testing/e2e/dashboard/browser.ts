import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Master, MasterOptions } from "../../../src/master/master.ts";
import { openMaster } from "../swarm.ts";

/** Where `scripts/build-dashboard.ts` puts it. */
export const BUILT = join(import.meta.dirname, "../../../dist/dashboard");

/** Nothing that a browser does for its maker's sake: no updates, no look-ups. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Longest that a page may take for anything, ms: a slow machine is no failure. */
const PATIENCE_MS = 20_000;

/** A real master that serves the dashboard as built. */
export async function openMasterWithDashboard(
  t: TestContext,
  over: Partial<MasterOptions> = {},
): Promise<Master & { readonly dir: string }> {
  assert.ok(
    existsSync(join(BUILT, "index.html")),
    "dist/dashboard is missing: node scripts/build-dashboard.ts",
  );
  return openMaster(t, { dashboardDir: BUILT, ...over });
}

let launched: Promise<Browser> | null = null;

/** One Chromium a file; its tests share nothing, as each has a context of its own. */
function theBrowser(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });
  return launched;
}

after(async () => (await launched)?.close());

/** A page that knows of no other. A script that throws on it, or a policy that it breaks, fails the test. */
export async function openPage(t: TestContext, options: BrowserContextOptions = {}): Promise<Page> {
  const browser = await theBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  return page;
}

/** Logs in where the page stands, as the admin that the master just made. */
export async function logIn(page: Page, { firstAdmin }: Pick<Master, "firstAdmin">): Promise<void> {
  assert.ok(firstAdmin !== null, "this master's first password was shown before");
  await page.getByLabel("User").fill(firstAdmin.user);
  await page.getByLabel("Password").fill(firstAdmin.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await live(page);
}

/** Until the page follows the master. */
export async function live(page: Page): Promise<void> {
  await page.locator("[data-stream=live]").waitFor();
}

/** A decky's mark on the fleet map, in a given state. */
export function mark(page: Page, decky: string, state: string) {
  return page.locator(`[data-decky="${decky}"][data-state="${state}"]`);
}
