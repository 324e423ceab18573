import type { AddDeckyRequest, ApiDecky } from "../../../src/wire/api/decky.ts";
import type {
  ApiOperator,
  CreateApiTokenAnswer,
  CreateApiTokenRequest,
  OperatorPassword,
  RecoveryCodes,
  TotpAnswer,
} from "../../../src/wire/api/operator.ts";
import type { ApiSession } from "../../../src/wire/api/session.ts";
import type { CreateTokenAnswer, CreateTokenRequest } from "../../../src/wire/api/token.ts";
import { callApi } from "./client.ts";
import { queryClient, sessionQuery } from "./queries.ts";

/** What it changed comes by the stream, here as everywhere. */
async function change<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  const session = queryClient.getQueryData(sessionQuery.queryKey);
  return callApi<T>(path, { method, body, csrfToken: session?.csrfToken });
}

/** @param code Of the authenticator app, or a recovery code; undefined before it is asked for. */
export async function logIn(user: string, password: string, code?: string): Promise<void> {
  const session = await callApi<ApiSession>("/session", {
    method: "POST",
    body: { user, password, ...(code === undefined ? {} : { code }) },
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

export const createApiToken = (request: CreateApiTokenRequest) =>
  change<CreateApiTokenAnswer>("POST", "/api-tokens", request);

export const revokeApiToken = (id: string) =>
  change<void>("DELETE", `/api-tokens/${encodeURIComponent(id)}`);

export const addDecky = (request: AddDeckyRequest) => change<ApiDecky>("POST", "/deckies", request);

export const removeDecky = (name: string) =>
  change<void>("DELETE", `/deckies/${encodeURIComponent(name)}`);

export const acknowledgeAlarm = (id: number) => change<void>("POST", `/alarms/${id}/acknowledge`);

export const releaseHost = (uuid: string, confirmName: string) =>
  change<void>("POST", `/hosts/${encodeURIComponent(uuid)}/release`, { confirmName });

export const decommissionHost = (uuid: string, confirmName: string) =>
  change<void>("POST", `/hosts/${encodeURIComponent(uuid)}/decommission`, { confirmName });

const operatorPath = (name: string) => `/operators/${encodeURIComponent(name)}`;

export const createOperator = (name: string, role: ApiOperator["role"]) =>
  change<OperatorPassword>("POST", "/operators", { name, role });

export const changeOperator = (
  name: string,
  to: { readonly role?: ApiOperator["role"]; readonly disabled?: boolean },
) => change<void>("POST", operatorPath(name), to);

export const deleteOperator = (name: string) => change<void>("DELETE", operatorPath(name));

export const resetPassword = (name: string) =>
  change<OperatorPassword>("POST", `${operatorPath(name)}/password`);

export const changePassword = (password: string, newPassword: string) =>
  change<void>("POST", "/account/password", { password, newPassword });

export const beginTotp = (password: string) =>
  change<TotpAnswer>("POST", "/account/totp", { password });

export const activateTotp = (code: string) =>
  change<RecoveryCodes>("POST", "/account/totp/activate", { code });

export const removeTotp = (password: string) =>
  change<void>("POST", "/account/totp/remove", { password });
