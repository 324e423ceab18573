import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ARCHETYPE_NAMES } from "../domain/service.ts";
import { createPersona, type Persona, type PersonaInput } from "./persona.ts";
import { RELEASE_IDS, RELEASES } from "./releases.ts";

const CREATED_MS = Date.UTC(2026, 4, 1);

function input(index: number, changes: Partial<PersonaInput> = {}): PersonaInput {
  return {
    seed: createHash("sha256").update(`seed ${index}`).digest("hex"),
    name: `decky-${index}`,
    ip: `10.0.${index >> 8}.${index & 255}`,
    archetype: ARCHETYPE_NAMES[index % ARCHETYPE_NAMES.length] ?? "",
    distro: null,
    hostname: null,
    services: [],
    createdMs: CREATED_MS,
    ...changes,
  };
}

const thousand: readonly Persona[] = Array.from({ length: 1000 }, (_, index) =>
  createPersona(input(index)),
);

function distinct(values: readonly unknown[]): number {
  return new Set(values).size;
}

test("createPersona() makes the same machine of the same input", () => {
  for (let index = 0; index < 20; index++) {
    const [one, other] = [createPersona(input(index)), createPersona(input(index))];
    assert.equal(JSON.stringify(one), JSON.stringify(other));
    assert.deepEqual(one.secret("x"), other.secret("x"));
    assert.equal(one.pick("x", 1000), other.pick("x", 1000));
  }
});

test("createPersona() makes a thousand machines of which no two share a name, card, secret or boot", () => {
  assert.equal(distinct(thousand.map(({ hostname }) => hostname)), 1000);
  assert.equal(distinct(thousand.map(({ macAddress }) => macAddress)), 1000);
  assert.equal(distinct(thousand.map((persona) => persona.secret("key").toString("hex"))), 1000);
  assert.equal(distinct(thousand.map(({ bootedMs }) => bootedMs)), 1000);
});

test("createPersona() varies what people choose: domains, logins, hardware, releases", () => {
  assert.ok(distinct(thousand.map(({ domain }) => domain)) > 900);
  assert.ok(distinct(thousand.map(({ weakLogins }) => JSON.stringify(weakLogins))) > 300);
  assert.ok(distinct(thousand.map(({ hardware }) => JSON.stringify(hardware))) > 700);
  assert.deepEqual(new Set(thousand.map(({ distro }) => distro)), new Set(RELEASE_IDS));
});

test("createPersona() keeps every field in line with the release and with the others", () => {
  for (const persona of thousand) {
    const { release } = persona;
    const row = RELEASES.find(({ kernelRelease }) => kernelRelease === release.kernelRelease);
    const { http, ...versions } = release.versions;
    assert.deepEqual({ ...release, versions }, row);
    assert.ok(http === versions["nginx"] || http === versions["apache"]);
    assert.equal(persona.distro, release.id);
    assert.equal(persona.nmapOs, release.nmapOs);
    assert.equal(release.machine === "armv7l", release.osId === "buildroot");
    assert.equal(persona.hardware.cpuModel.startsWith("ARM"), release.machine === "armv7l");
    assert.equal(persona.distro === "buildroot-2018.02", persona.archetype === "iot-device");
    assert.match(persona.hostname, /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$/);
    assert.match(persona.domain, /^[a-z]+\.[a-z]+$/);
    assert.match(persona.macAddress, /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/);
    assert.ok(persona.bootedMs <= CREATED_MS - 3 * 86_400_000);
    assert.ok(persona.installedMs <= persona.bootedMs);
    assert.ok(persona.hardware.memoryKb > 32_000);
    const users = ["root", ...persona.users.map(({ name }) => name)];
    assert.ok(persona.weakLogins.some(({ user }) => user === "root"));
    assert.ok(persona.weakLogins.every(({ user }) => users.includes(user)));
    assert.equal(distinct(persona.users.map(({ uid }) => uid)), persona.users.length);
  }
});

test("createPersona() takes the release and hostname that it is told", () => {
  for (const distro of RELEASE_IDS) {
    const persona = createPersona(input(1, { distro, hostname: "web01" }));
    assert.equal(persona.release.id, distro);
    assert.equal(persona.hostname, "web01");
  }
});

test("createPersona() names the known releases when it is told another", () => {
  assert.throws(() => createPersona(input(1, { distro: "windows-95" })), /"windows-95".*debian-11/);
  assert.throws(() => createPersona(input(1, { seed: "abc" })), /32 bytes in hex/);
});

test("every network card has a prefix of a real vendor", () => {
  const vendors = new Set(
    readFileSync("/usr/share/nmap/nmap-mac-prefixes", "utf8")
      .split("\n")
      .map((line) => line.slice(0, 6)),
  );
  for (const { macAddress } of thousand) {
    const prefix = macAddress.replaceAll(":", "").slice(0, 6).toUpperCase();
    assert.ok(vendors.has(prefix), macAddress);
  }
});

test("no release claims an OpenSSH whose key exchange cannot be played", () => {
  for (const { versions } of RELEASES) {
    const [, major, minor] = /^OpenSSH_(\d+)\.(\d+)/.exec(versions["ssh"] ?? "") ?? [];
    assert.ok(Number(major) < 8 || (Number(major) === 8 && Number(minor) <= 4), versions["ssh"]);
    for (const key of ["nginx", "apache", "redis", "redisBuild", "gcc"]) assert.ok(versions[key]);
  }
});
