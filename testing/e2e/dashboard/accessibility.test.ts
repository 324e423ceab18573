import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { faultsOf } from "./axe.ts";
import { logIn, openMasterWithDashboard, openPage } from "./browser.ts";

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`every page is accessible and fits, ${colorScheme} at ${width} pixels`, async (t) => {
    const master = await openMasterWithDashboard(t);
    const identity = await enrollHost(t, master, "berlin-1");
    const body = heartbeatBody(identity.hostUuid, ["web", "db"]);
    await callerOf(t, identity)("POST", "/swarm/heartbeat", body);
    const page = await openPage(t, { colorScheme, viewport: { width, height } });
    const found: string[] = [];
    const look = async (path: string) => {
      for (const fault of await faultsOf(page)) found.push(`${path} ${fault}`);
    };

    await page.goto(master.operatorUrl);
    await page.getByLabel("User").waitFor();
    await look("/login");
    await logIn(page, master);
    for (const [path, seen] of [
      ["/", "All is well."],
      ["/hosts", "berlin-1"],
      [`/hosts/${identity.hostUuid}`, "Fingerprint"],
      ["/deckies", "web"],
      ["/deckies/web", "Persona"],
      ["/activity", "Nobody has touched a decky yet"],
      ["/enrollment", "Join tokens"],
      ["/changes", "Following."],
      ["/api-tokens", "No program has a token yet"],
      ["/account", "Delete admin"],
      ["/nowhere", "This address leads nowhere."],
    ] as const) {
      await page.goto(`${master.operatorUrl}${path}`);
      await page.getByText(seen).first().waitFor();
      await look(path);
    }
    await page.goto(master.operatorUrl);
    await page.getByText("All is well.").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    await look("palette");
    assert.deepEqual(found, []);
  });
}
