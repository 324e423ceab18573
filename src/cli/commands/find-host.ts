import { ApiHost } from "../../wire/api/host.ts";
import type { MasterApi } from "../api-client.ts";

/** @param name Its name or its uuid. */
export function findHost(api: MasterApi, name: string): Promise<ApiHost> {
  return api.call("GET", `/hosts/${encodeURIComponent(name)}`, ApiHost);
}
