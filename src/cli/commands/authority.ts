import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import { areKeysEncrypted, recryptAuthorities } from "../../pki/recrypt.ts";
import { ApiAuthorities } from "../../wire/api/authority.ts";
import { ahead } from "../age.ts";
import {
  asksMaster,
  examples,
  masterOf,
  type Shell,
  settingsOf,
  takesSettings,
} from "../command.ts";
import { dataDirectory } from "../data-directory.ts";
import { authorityDirectory, choosePassphrase, findPassphrase } from "../passphrase.ts";
import { type JsonOption, printFound } from "../print.ts";
import { type Column, facts, table } from "../table.ts";
import type { Style } from "../terminal.ts";

const KEY_SETTINGS = ["data", "authorityKeyFile"] as const;

export function addAuthority(program: Command, shell: Shell): void {
  const authority = program
    .command("authority")
    .summary("the swarm's authority: show, rotate, retire; encrypt, decrypt its key")
    .description(
      "The swarm's authority signs the certificates of its hosts and of its master. To replace it,\n" +
        "introduce a new one (rotate), wait until all hosts have moved over, and end the trust in\n" +
        "the old one (retire). Nothing falls silent meanwhile.",
    );
  addShow(authority, shell);
  addRotate(authority, shell);
  addRetire(authority, shell);
  addEncrypt(authority, shell);
  addDecrypt(authority, shell);
}

function addShow(authority: Command, shell: Shell): void {
  const command = authority
    .command("show")
    .summary("show the authority and how far a rotation is")
    .description(
      "Shows what is trusted and, during a rotation, which hosts have not moved over yet.",
    )
    .option("--pem", "Print the certificates alone, in PEM, the newest first.")
    .action(async (options: JsonOption & { pem?: boolean }) => {
      const shown = await masterOf(options, shell).call("GET", "/authorities", ApiAuthorities);
      if (options.pem === true) {
        const pem = shown.items.map(({ certificatePem }) => certificatePem).join("");
        shell.terminal.print(pem.trimEnd());
      } else {
        print(shell, options, shown);
      }
    });
  asksMaster(command, [
    ["decnet authority show", "one authority, or how far its rotation is"],
    ["decnet authority show --json | jq '.behind[].name'", "hosts that would be cut off"],
    ["decnet authority show --pem > authority.pem", "for browsers, and for --authority-file"],
  ]);
}

function addRotate(authority: Command, shell: Shell): void {
  const command = authority
    .command("rotate")
    .summary("introduce a new authority beside the old one")
    .description(
      "Introduces a new authority. From now on it issues all certificates of hosts, and both are\n" +
        "trusted. Hosts learn of it with their next heartbeat and move over as they renew.",
    )
    .action(async (options: JsonOption) => {
      const api = masterOf(options, shell);
      print(shell, options, await api.call("POST", "/authorities/rotate", ApiAuthorities));
    });
  asksMaster(command, [["decnet authority rotate", "then: decnet authority show"]]);
}

function addRetire(authority: Command, shell: Shell): void {
  const command = authority
    .command("retire")
    .summary("end the trust in the old authority")
    .description(
      "Ends the trust in the old authority and destroys its key, for good. Refused while hosts would\n" +
        "be cut off, unless forced: those then have to be enrolled anew.",
    )
    .option("--force", "Cut off the hosts that have not moved over.")
    .action(async (options: JsonOption & { force?: boolean }) => {
      const api = masterOf(options, shell);
      const { items } = await api.call("GET", "/authorities", ApiAuthorities);
      const old = items.find(({ role }) => role === "old");
      if (old === undefined) throw new DecnetError("rotation-not-under-way");
      const body = { confirmFingerprint: old.fingerprint, force: options.force === true };
      const left = await api.call("POST", "/authorities/retire", ApiAuthorities, body);
      print(shell, options, left);
    });
  asksMaster(command, [
    ["decnet authority retire", "once decnet authority show leaves nobody behind"],
    ["decnet authority retire --force", "the old key was stolen: not a moment longer"],
  ]);
}

function addEncrypt(authority: Command, shell: Shell): void {
  const command = authority
    .command("encrypt")
    .summary("encrypt the authority's key under a passphrase")
    .description(
      "Encrypts the authority's key on disk. The master must not run meanwhile; from then on it\n" +
        "needs the passphrase to start: by --authority-key-file, or typed on a terminal.",
    )
    .action(async (options: object) => {
      const { data, authorityKeyFile } = settingsOf(KEY_SETTINGS, options, shell.env);
      await whileStopped(data, async (dir) => {
        const areEncrypted = await areKeysEncrypted(dir);
        if (areEncrypted === null) {
          throw new DecnetError(
            "data-unusable",
            `${dir} holds no authority: decnet master makes one`,
          );
        }
        if (areEncrypted) {
          throw new DecnetError("config-invalid", "the key is encrypted already");
        }
        const to = await choosePassphrase(authorityKeyFile, shell);
        await recryptAuthorities({ dir, from: null, to, random: randomBytes });
      });
      shell.terminal.print("Encrypted. Keep the passphrase apart from backups of the data.");
    });
  takesSettings(command, KEY_SETTINGS);
  examples(command, [
    ["decnet authority encrypt", "asks for a passphrase"],
    ["decnet authority encrypt --authority-key-file /etc/decnet/authority.key", "no questions"],
  ]);
}

function addDecrypt(authority: Command, shell: Shell): void {
  const command = authority
    .command("decrypt")
    .summary("keep the authority's key unencrypted again")
    .description("Decrypts the authority's key on disk. The master must not run meanwhile.")
    .action(async (options: object) => {
      const { data, authorityKeyFile } = settingsOf(KEY_SETTINGS, options, shell.env);
      const { master } = dataDirectory(data);
      await whileStopped(data, async (dir) => {
        if ((await areKeysEncrypted(dir)) === false) {
          throw new DecnetError("config-invalid", "the key is not encrypted");
        }
        const from = await findPassphrase(authorityKeyFile, master, shell);
        await recryptAuthorities({ dir, from, to: null, random: randomBytes });
      });
      shell.terminal.print(
        "Decrypted: whoever reads the master's data can now issue certificates.",
      );
    });
  takesSettings(command, KEY_SETTINGS);
  examples(command, [
    ["decnet authority decrypt", "asks for the passphrase"],
    ["decnet authority decrypt --authority-key-file /etc/decnet/authority.key", "no questions"],
  ]);
}

/**
 * Acts on the authority's directory with the database held, so that no master starts meanwhile.
 * @throws {DecnetError} data-in-use if one runs.
 */
async function whileStopped(data: string, act: (dir: string) => Promise<void>): Promise<void> {
  const { master } = dataDirectory(data);
  const path = join(master, "master.db");
  const { openToRead } = await import("../../store/sqlite/database.ts");
  const database = existsSync(path) ? openToRead(path) : null;
  try {
    // The first look takes the lock.
    database?.read(() => database.prepare("SELECT count(*) FROM hosts").get());
    await act(authorityDirectory(master));
  } finally {
    database?.close();
  }
}

function print(shell: Shell, options: JsonOption, shown: ApiAuthorities): void {
  printFound(shell, options, shown, () => lines(shown, shell.terminal.style));
}

function lines({ items, isEncrypted, rotation, behind, nowMs }: ApiAuthorities, style: Style) {
  const told = items.flatMap(({ role, fingerprint, notAfterMs }) => [
    [role === "newest" ? "authority" : "old one", fingerprint] as const,
    ["runs out", ahead(notAfterMs, nowMs)] as const,
  ]);
  const key = ["key on disk", isEncrypted ? "encrypted" : "not encrypted"] as const;
  if (rotation === null) return facts([...told, key], style);
  const { hosts, renewed, learned } = rotation;
  const progress = [
    ["hosts", hosts],
    ["trust the new one", learned],
    ["renewed under it", renewed],
  ] as const;
  const columns: Column<(typeof behind)[number]>[] = [
    { title: "LEFT BEHIND", cell: ({ name }) => name },
    { title: "STATE", cell: ({ state }) => state },
    { title: "TRUSTS IT", cell: ({ hasLearned }) => (hasLearned ? "yes" : "no") },
    { title: "RENEWED", cell: ({ hasRenewed }) => (hasRenewed ? "yes" : "no") },
  ];
  return [
    ...facts([...told, key, ...progress], style),
    "",
    ...(behind.length === 0
      ? ["All hosts have moved over: decnet authority retire ends the rotation."]
      : table(columns, behind, style)),
  ];
}
