import assert from "node:assert/strict";
import { test } from "node:test";
import { rotationProgress } from "./rotation.ts";

const host = (uuid: string, state: "active" | "silent" | "decommissioned" = "active") => ({
  uuid,
  name: `name-${uuid}`,
  state,
});
const report = (hostUuid: string, authority: string, trusted: readonly string[]) => ({
  hostUuid,
  authority,
  trusted,
});

test("rotationProgress() leaves behind who has not renewed, has not learned, or never said", () => {
  const hosts = [host("done"), host("learned"), host("renewed", "silent"), host("mute")];
  const reports = [
    report("done", "new", ["new", "old"]),
    report("learned", "old", ["new", "old"]),
    report("renewed", "new", ["old"]),
    report("gone", "old", ["old"]),
  ];
  const behind = (uuid: string, hasRenewed: boolean, hasLearned: boolean) => ({
    ...hosts.find((host) => host.uuid === uuid),
    hasRenewed,
    hasLearned,
  });
  assert.deepEqual(rotationProgress(hosts, reports, "new"), {
    hosts: 4,
    renewed: 2,
    learned: 2,
    behind: [
      behind("learned", false, true),
      behind("renewed", true, false),
      behind("mute", false, false),
    ],
  });
});

test("rotationProgress() does not wait for tombstones", () => {
  const progress = rotationProgress([host("a", "decommissioned")], [report("a", "old", [])], "new");
  assert.deepEqual(progress, { hosts: 0, renewed: 0, learned: 0, behind: [] });
});
