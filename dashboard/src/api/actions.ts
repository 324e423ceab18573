import type { AddDeckyRequest, ApiDecky } from "../../../src/wire/api/decky.ts";
import type { ApiSession } from "../../../src/wire/api/session.ts";
import type { CreateTokenAnswer, CreateTokenRequest } from "../../../src/wire/api/token.ts";
import { callApi } from "./client.ts";
import { queryClient, sessionQuery } from "./queries.ts";

async function change<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  const session = queryClient.getQueryData(sessionQuery.queryKey);
  const answer = await callApi<T>(path, { method, body, csrfToken: session?.csrfToken });
  refreshRecords();
  return answer;
}

/** What the stream does not carry, and what most changes touch. */
export function refreshRecords(): void {
  void queryClient.invalidateQueries({ queryKey: ["audit"] });
  void queryClient.invalidateQueries({ queryKey: ["tokens"] });
}

export async function logIn(user: string, password: string): Promise<void> {
  const session = await callApi<ApiSession>("/session", {
    method: "POST",
    body: { user, password },
  });
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
}

export async function logOut(): Promise<void> {
  await change("DELETE", "/session");
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, null);
}

export const createToken = (request: CreateTokenRequest) =>
  change<CreateTokenAnswer>("POST", "/tokens", request);

export const revokeToken = (id: string) =>
  change<void>("DELETE", `/tokens/${encodeURIComponent(id)}`);

export const addDecky = (request: AddDeckyRequest) => change<ApiDecky>("POST", "/deckies", request);

export const removeDecky = (name: string) =>
  change<void>("DELETE", `/deckies/${encodeURIComponent(name)}`);

export const acknowledgeAlarm = (id: number) => change<void>("POST", `/alarms/${id}/acknowledge`);

export const releaseHost = (uuid: string, confirmName: string) =>
  change<void>("POST", `/hosts/${encodeURIComponent(uuid)}/release`, { confirmName });

export const decommissionHost = (uuid: string, confirmName: string) =>
  change<void>("POST", `/hosts/${encodeURIComponent(uuid)}/decommission`, { confirmName });
