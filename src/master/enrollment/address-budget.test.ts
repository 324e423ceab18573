import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressBudget } from "./address-budget.ts";

test("AddressBudget.take() lets a burst through, then one at a time, and says how long to wait", () => {
  const budget = new AddressBudget({ burst: 3, perSecond: 2, maxAddresses: 10 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => budget.take("a", 1000)),
    [0, 0, 0, 500],
  );
  assert.equal(budget.take("b", 1000), 0);
  assert.equal(budget.take("a", 1400), 100);
  assert.equal(budget.take("a", 1500), 0);
  assert.equal(budget.take("a", 1500), 500);
});

test("AddressBudget.take() gives the whole burst back after a rest, and no more", () => {
  const budget = new AddressBudget({ burst: 3, perSecond: 2, maxAddresses: 10 });
  for (let turn = 0; turn < 4; turn++) budget.take("a", 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => budget.take("a", 60_000)),
    [0, 0, 0, 500],
  );
});

test("AddressBudget.take() forgets who asked longest ago when there are too many", () => {
  const budget = new AddressBudget({ burst: 1, perSecond: 1, maxAddresses: 2 });
  assert.equal(budget.take("a", 0), 0);
  assert.equal(budget.take("b", 1), 0);
  assert.equal(budget.take("c", 2), 0);
  assert.ok(budget.take("b", 3) > 0);
  assert.ok(budget.take("c", 3) > 0);
  assert.equal(budget.take("a", 3), 0);
});
