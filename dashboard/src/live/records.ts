import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiAccessToken, ApiOperator } from "../../../src/wire/api/operator.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { applyByKey, type Change } from "./keyed.ts";

/* Who may join, who may log in, and by what. */

export function applyToTokens<List extends ListOf<ApiToken> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (token: ApiToken) => token.id, {
    put: (change) => (change.topic === "token" ? change.body : null),
    removes: () => false,
  });
}

export function applyToApiTokens<List extends ListOf<ApiAccessToken> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (token: ApiAccessToken) => token.id, {
    put: (change) => (change.topic === "api-token" ? change.body : null),
    removes: (change) => change.topic === "api-token-removed",
  });
}

export function applyToOperators<List extends ListOf<ApiOperator> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (operator: ApiOperator) => operator.name, {
    put: (change) => (change.topic === "operator" ? change.body : null),
    removes: (change) => change.topic === "operator-removed",
  });
}
