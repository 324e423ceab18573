import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICE_NAMES } from "../domain/service.ts";
import { DECOYS } from "./registry.ts";

test("DECOYS has the decoy of each service under its own name", () => {
  assert.deepEqual(Object.keys(DECOYS), SERVICE_NAMES);
  for (const name of SERVICE_NAMES) assert.equal(DECOYS[name].service, name);
});
