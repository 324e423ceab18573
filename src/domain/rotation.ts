import type { Host } from "./host.ts";

/** What a host said last of the swarm's authorities; each by its fingerprint. */
export interface TrustReport {
  readonly hostUuid: string;
  /** That issued the certificate under which it spoke. */
  readonly authority: string;
  readonly trusted: readonly string[];
}

/** A host that would be cut off if all authorities but the newest were retired. */
export interface LeftBehind {
  readonly uuid: string;
  readonly name: string;
  readonly state: Host["state"];
  /** Its certificate is of the newest authority. */
  readonly hasRenewed: boolean;
  /** It trusts the newest authority. */
  readonly hasLearned: boolean;
}

export interface RotationProgress {
  /** Hosts that are not decommissioned. */
  readonly hosts: number;
  readonly renewed: number;
  readonly learned: number;
  /** In the order of `hosts`; one that never said anything is among them. */
  readonly behind: readonly LeftBehind[];
}

/**
 * How far hosts have moved over to the newest authority.
 * @param hosts Tombstones are not counted.
 */
export function rotationProgress(
  hosts: readonly Pick<Host, "uuid" | "name" | "state">[],
  reports: readonly TrustReport[],
  newest: string,
): RotationProgress {
  const reportOf = new Map(reports.map((report) => [report.hostUuid, report]));
  const living = hosts
    .filter(({ state }) => state !== "decommissioned")
    .map(({ uuid, name, state }) => {
      const report = reportOf.get(uuid);
      const hasRenewed = report?.authority === newest;
      const hasLearned = report?.trusted.includes(newest) ?? false;
      return { uuid, name, state, hasRenewed, hasLearned };
    });
  return {
    hosts: living.length,
    renewed: living.filter(({ hasRenewed }) => hasRenewed).length,
    learned: living.filter(({ hasLearned }) => hasLearned).length,
    behind: living.filter(({ hasRenewed, hasLearned }) => !hasRenewed || !hasLearned),
  };
}
