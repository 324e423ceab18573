import { type RotationProgress, rotationProgress } from "../../domain/rotation.ts";
import type { Authorities } from "../../pki/authorities.ts";
import type { Store } from "../../store/store.ts";

/** @returns null while there is but one authority. */
export async function readRotation(
  store: Pick<Store, "listHosts" | "listTrust">,
  authorities: Pick<Authorities, "newest" | "trusted">,
): Promise<RotationProgress | null> {
  if (authorities.trusted().length < 2) return null;
  const [hosts, reports] = await Promise.all([store.listHosts(), store.listTrust()]);
  return rotationProgress(hosts, reports, authorities.newest().fingerprint);
}
