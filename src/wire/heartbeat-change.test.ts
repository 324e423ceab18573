import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHeartbeat, parseKnowing } from "./heartbeat.ts";
import type { KnownBody } from "./heartbeat-change.ts";
import { locateDeckies } from "./heartbeat-spans.ts";

const decky = (name: string, over: object = {}) => ({
  name,
  ip: "127.0.0.2",
  services: ["ssh"],
  distro: 'debian "11" \\ ] } {',
  base_image: "debian:bullseye",
  hostname: "srv-ü",
  service_config: { ssh: { deckies: [{}], status: "}" } },
  ...over,
});

const body = (deckies: readonly unknown[], over: object = {}) =>
  Buffer.from(
    JSON.stringify({
      host_uuid: "h",
      status: { deployed: true, deckies, runtime: { a: { running: true } } },
      ...over,
    }),
  );

/** All that a body says, read whole or by its change. */
const said = ({ reading }: { readonly reading: ReturnType<typeof parseHeartbeat> }) =>
  reading.kind === "report"
    ? {
        ...reading.report,
        entries: reading.report.entries.map((entry) => [entry.digest, entry.read()]),
      }
    : reading;

test("locateDeckies() finds each decky, whatever its strings hold", () => {
  const whole = body([decky("a"), decky("b"), decky("c")]);
  const spans = locateDeckies(whole) ?? [];
  assert.deepEqual(
    spans.map(
      ({ start, end }) => (JSON.parse(whole.toString("utf8", start, end)) as { name: string }).name,
    ),
    ["a", "b", "c"],
  );
});

test("locateDeckies() is in doubt about keys twice or escaped, and about what is no object", () => {
  const status = '{"deckies":[{}]}';
  for (const text of [
    `{"status":${status},"status":${status}}`,
    `{"status":${status},"st\\u0061tus":${status}}`,
    '{"status":{"deckies":[{}],"deckies":[{}]}}',
    '{"status":{"deckies":[[1]]}}',
    '{"host_uuid":"h"}',
  ]) {
    assert.equal(locateDeckies(Buffer.from(text)), null, text);
  }
});

test("parseKnowing() parses the decky that changed, and that one alone", () => {
  const first = parseKnowing(body([decky("a"), decky("b"), decky("c")]), null);
  assert.ok(first.known !== null);
  const next = body([decky("a"), decky("b", { ip: "127.0.0.99" }), decky("c")]);
  const second = parseKnowing(next, first.known);
  assert.deepEqual(said(second), said(parseKnowing(next, null)));
  const digests = (read: typeof first) =>
    read.reading.kind === "report" ? read.reading.report.entries.map(({ digest }) => digest) : [];
  const [before, after] = [digests(first), digests(second)];
  assert.deepEqual(
    before.map((digest, place) => digest === after[place]),
    [true, false, true],
  );
});

test("parseKnowing() says what a whole reading says, whatever changes from one body to the next", () => {
  let state = 20260101;
  const below = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % count;
  };
  const pieces = ['"', "{", "}", "]", "\\", ",", "x", "é", "1", '"name":"a"', "null", " "];
  let known: KnownBody | null = null;
  let deckies: unknown[] = [decky("a"), decky("b"), decky("c")];
  let byChange = 0;
  for (let round = 0; round < 4000; round += 1) {
    let next: Buffer;
    if (below(3) === 0) {
      const at = below(deckies.length);
      deckies = deckies.with(
        at,
        decky(["a", "b", "c"][below(3)] ?? "", { ip: `127.0.0.${below(300)}` }),
      );
      if (below(20) === 0)
        deckies = deckies.length > 1 ? deckies.slice(1) : [decky("a"), decky("b")];
      next = body(deckies, below(10) === 0 ? { agent_version: `v${below(3)}` } : {});
    } else {
      const base = body(deckies);
      const at = below(base.length);
      const piece = Buffer.from(pieces[below(pieces.length)] ?? "");
      next = Buffer.concat([base.subarray(0, at), piece, base.subarray(at + below(3))]);
    }
    const read = parseKnowing(next, known);
    assert.deepEqual(said(read), said({ reading: parseHeartbeat(next) }), next.toString());
    if (
      known !== null &&
      read.known !== null &&
      read.known.deckies.length === known.deckies.length
    ) {
      byChange += 1;
    }
    if (read.known !== null) known = read.known;
  }
  assert.ok(byChange > 500, "too few were read by their change to mean anything");
});
