import { queryOptions } from "@tanstack/react-query";
import type { ApiAuditEntry, ApiAuditVerdict } from "../../../src/wire/api/audit.ts";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiAccessToken, ApiOperator } from "../../../src/wire/api/operator.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { type AuditFilter, applyToAudit } from "../live/audit-list.ts";
import { applyToApiTokens, applyToOperators, applyToTokens } from "../live/records.ts";
import { callApi } from "./client.ts";
import { hostsQuery, queryClient, readList, readNewest, readOlder, same } from "./queries.ts";

/* Who may join, who may log in, by what, and who did what. Live as all lists; read by who looks. */

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) =>
    readList<ApiToken, ListOf<ApiToken>>("/tokens", signal, same, applyToTokens),
});

/** One's own; everybody's, for who manages operators. */
export const apiTokensQuery = queryOptions({
  queryKey: ["api-tokens"],
  queryFn: ({ signal }) =>
    readList<ApiAccessToken, ListOf<ApiAccessToken>>("/api-tokens", signal, same, applyToApiTokens),
});

/** For who manages operators. */
export const operatorsQuery = queryOptions({
  queryKey: ["operators"],
  queryFn: ({ signal }) =>
    readList<ApiOperator, ListOf<ApiOperator>>("/operators", signal, same, applyToOperators),
});

export const auditQuery = (filter: AuditFilter = {}) =>
  queryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ signal }) =>
      readNewest<ApiAuditEntry>("/audit", filter, signal, (list, changes) =>
        applyToAudit(
          list,
          filter,
          changes,
          queryClient.getQueryData(hostsQuery.queryKey)?.items ?? [],
        ),
      ),
  });

/** Reads what is older than the oldest row held, and puts it below. */
export const readOlderAudit = (filter: AuditFilter) =>
  readOlder("/audit", auditQuery(filter).queryKey, filter, "id");

/** Whether the whole log is as it was written. Reads all of it: only when asked to. */
export const verifyAudit = () => callApi<ApiAuditVerdict>("/audit/verify");
