import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { run, startDecnet } from "../decnet.ts";
import { callerOf, enrollHost, eventBatch, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { faultsOf } from "./axe.ts";
import { logIn, openMasterWithDashboard, openPage } from "./browser.ts";

const ANY_PORTS = ["--agent-port", "0", "--enrollment-port", "0", "--operator-port", "0"];
const KNOW_NO_HOST = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];

const screenOf = (page: Page) => page.getByRole("group", { name: "Screen of the terminal" });
const buttonOf = (page: Page, name: string) =>
  page.getByRole("region", { name: "Terminal" }).getByRole("button", { name });

/** What a button saves. */
async function saved(page: Page, name: string) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name }).click(),
  ]);
  const bytes = await readFile(await download.path());
  return { name: download.suggestedFilename(), text: bytes.toString() };
}

test("what somebody types into a decky over ssh is replayed, and what he wrote there is saved", async (t) => {
  const dir = await temporaryDir(t);
  const up = startDecnet(t, ["up", "--data", dir, ...ANY_PORTS]);
  await up.line(/^Attacks, as they come/);
  const [, address = ""] = /^dashboard +(\S+)/m.exec(up.text()) ?? [];
  const [, admin = ""] = /^login +admin \/ (\S+)/m.exec(up.text()) ?? [];
  const [, port = "", target = "", password = ""] =
    /ssh -p (\d+) (\S+) +# \S+ \/ (\S+)/.exec(up.text()) ?? [];
  const typed = "echo seen-$((40+2))\necho loot > /tmp/kept\nexit\n";
  const words = ["-p", password, "ssh", ...KNOW_NO_HOST, "-tt", "-p", port, target];
  const { stdout, stderr } = await run("sshpass", words, typed);
  assert.match(stdout, /seen-42/, stderr);

  const page = await openPage(t);
  await page.goto(`${address}/activity?kind=shell.recording`);
  await logIn(page, { firstAdmin: { user: "admin", password: admin } });
  await page.getByRole("button", { name: /terminal 1, part 1/ }).click();
  await page.getByRole("link", { name: "Play what was recorded" }).click();
  const shown = screenOf(page).getByText("seen-42");
  await shown.waitFor();
  await page.getByLabel("Place in the recording").focus();
  await page.keyboard.press("Home");
  await shown.waitFor({ state: "detached" });
  await page.getByLabel("Speed").selectOption("4×");
  await buttonOf(page, "Play").click();
  await shown.waitFor();
  assert.deepEqual(await faultsOf(page), []);

  const cast = await saved(page, "Save .cast");
  assert.match(cast.name, /^[\w-]+-terminal-1\.cast$/);
  assert.match(cast.text, /^\{"version":3,/);
  await page.getByRole("button", { name: /shell\.file/ }).click();
  const file = await saved(page, "Save file");
  assert.match(file.name, /^captured-[0-9a-f]{16}\.bin$/);
  assert.equal(file.text, "loot\n");
});

/** A session of one decky whose recording the test tells, piece by piece. */
async function openRecorded(t: TestContext) {
  const master = await openMasterWithDashboard(t);
  const { hostUuid, ...identity } = await enrollHost(t, master, "berlin-1");
  const call = callerOf(t, { hostUuid, ...identity });
  await call("POST", "/swarm/heartbeat", heartbeatBody(hostUuid, ["web"]));
  let place = 0;
  return {
    master,
    tell: async (shell: number, part: number, cast: string, last = false) => {
      place += 1;
      const data = { shell, part, cast, last, left_out_bytes: 0 };
      const body = eventBatch(hostUuid, place, "shell.recording", data);
      const json = { "content-type": "application/json" };
      assert.equal((await call("POST", "/swarm/events", body, json)).status, 200);
    },
  };
}

const HEADER = '{"version":3,"term":{"cols":80,"rows":24},"timestamp":1767225600}\n';
const line = (text: string) => `${JSON.stringify([1, "o", text])}\n`;

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`a recording is put together as it comes and obeys nothing in it, ${colorScheme} at ${width} pixels`, async (t) => {
    const { master, tell } = await openRecorded(t);
    await tell(1, 2, line("second\r\n"));
    const page = await openPage(t, {
      colorScheme,
      viewport: { width, height },
      reducedMotion: "reduce",
    });
    await page.goto(`${master.operatorUrl}/activity?session=session-1`);
    await logIn(page, master);
    await screenOf(page).getByText("second").waitFor();
    await page.getByText("1 part is missing").waitFor();

    await tell(1, 1, HEADER + line("first\r\n"));
    await screenOf(page).getByText("first").waitFor();
    const hostile =
      "\u001b]0;taken over\u0007\u001b]52;c;dGFrZW4=\u0007\u001b]8;;http://192.0.2.1/\u0007click\u001b]8;;\u0007" +
      "<img src=x onerror=alert(1)>\r\n\u001b[2147483647Sthe end";
    await tell(1, 3, line(hostile), true);
    await tell(2, 1, HEADER + line("of the other shell"), true);
    await screenOf(page).getByText("the end").waitFor();
    await screenOf(page).getByText("click<img src=x onerror=alert(1)>").waitFor();
    assert.equal(await screenOf(page).locator("a, img").count(), 0);
    assert.equal(await page.title(), "Activity · DECNET");
    assert.deepEqual(await faultsOf(page), []);

    const cast = await saved(page, "Save .cast");
    const second = line("second\r\n");
    assert.equal(cast.text, HEADER + line("first\r\n") + second + line(hostile));
    assert.equal(cast.name, "session-1-terminal-1.cast");

    await screenOf(page).focus();
    await page.keyboard.press("Home");
    await screenOf(page).getByText("first").waitFor({ state: "detached" });
    await page.keyboard.press("Space");
    await buttonOf(page, "Pause").waitFor();
    await screenOf(page).getByText("first").waitFor();
    await page.keyboard.press("Space");
    await buttonOf(page, "Play").waitFor();
    await page.getByLabel("Which terminal").selectOption("2");
    await screenOf(page).getByText("of the other shell").waitFor();
  });
}
