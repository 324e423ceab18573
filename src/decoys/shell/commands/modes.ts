import { type Call, fail, optionsOf } from "../call.ts";
import { type Entry, isFault } from "../tree.ts";
import { missingOperand, pathsBelow, quote } from "./paths.ts";

/** The mode that `chmod` makes of `old`; null if it cannot be read. */
export function changedMode(change: string, old: number, directory: boolean): number | null {
  if (/^[0-7]{1,4}$/.test(change)) return Number.parseInt(change, 8);
  let mode = old;
  for (const clause of change.split(",")) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (match === null) return null;
    const [, who = "", operator, letters = ""] = match;
    const classes = who === "" || who.includes("a") ? "ugo" : who;
    let bits = 0;
    for (const [index, one] of ["o", "g", "u"].entries()) {
      if (!classes.includes(one)) continue;
      const shift = index * 3;
      if (letters.includes("r")) bits |= 4 << shift;
      if (letters.includes("w")) bits |= 2 << shift;
      if (letters.includes("x") || (letters.includes("X") && (directory || old & 0o111)))
        bits |= 1 << shift;
      if (letters.includes("s") && one !== "o") bits |= one === "u" ? 0o4000 : 0o2000;
    }
    if (letters.includes("t")) bits |= 0o1000;
    if (operator === "+") mode |= bits;
    else if (operator === "-") mode &= ~bits;
    else mode = (mode & ~maskOf(classes)) | bits;
  }
  return mode;
}

/** All bits that belong to some of user, group and others. */
function maskOf(classes: string): number {
  const masks = [
    ["u", 0o4700],
    ["g", 0o2070],
    ["o", 0o1007],
  ] as const;
  return masks.reduce((all, [one, mask]) => (classes.includes(one) ? all | mask : all), 0);
}

function eachOperand(
  call: Call,
  operands: readonly string[],
  deep: boolean,
  change: (path: string, entry: Entry) => string | null,
): number {
  let rc = 0;
  for (const operand of operands) {
    for (const path of deep ? pathsBelow(call, operand).slice(0, 2000) : [operand]) {
      const entry = call.shell.disk.stat(call.shell.cwd, path);
      if (isFault(entry)) rc = fail(call, `cannot access '${path}': ${entry.fault}`);
      else {
        const refused = change(path, entry);
        if (refused !== null) rc = fail(call, refused);
      }
    }
  }
  return rc;
}

function chmod(call: Call): number {
  const words = call.args.filter((arg) => !/^-[RvcfH]+$|^--/.test(arg));
  const deep = call.args.some((arg) => /^-\w*R|^--recursive/.test(arg));
  const [change, ...operands] = words;
  if (change === undefined) return missingOperand(call);
  if (operands.length === 0) return missingOperand(call, `missing operand after '${change}'`);
  if (changedMode(change, 0, false) === null) {
    return fail(
      call,
      `invalid mode: ${quote.open}${change}${quote.close}\nTry 'chmod --help' for more information.`,
    );
  }
  return eachOperand(call, operands, deep, (path, entry) => {
    const mode = changedMode(change, entry.mode, entry.kind === "directory") ?? entry.mode;
    const refused = call.shell.disk.change(call.shell.cwd, path, { mode: mode & 0o7777 });
    return refused === null ? null : `changing permissions of '${path}': ${refused.fault}`;
  });
}

function chown(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "RvcfhH");
  const [spec, ...paths] = operands;
  if (spec === undefined || paths.length === 0) return missingOperand(call);
  const { machine, disk, cwd, account } = call.shell;
  const [user = "", group] = call.name === "chgrp" ? ["", spec] : spec.split(/[:.]/);
  const owner = /^\d+$/.test(user) ? Number(user) : machine.find(user)?.uid;
  const gid = /^\d+$/.test(group ?? "")
    ? Number(group)
    : machine.groups.find((one) => one.name === group)?.gid;
  if (user !== "" && owner === undefined)
    return fail(call, `invalid user: ${quote.open}${spec}${quote.close}`);
  if (group !== undefined && group !== "" && gid === undefined)
    return fail(call, `invalid group: ${quote.open}${spec}${quote.close}`);
  return eachOperand(call, paths, flags.has("R"), (path) => {
    if (account.uid !== 0) return `changing ownership of '${path}': Operation not permitted`;
    disk.change(cwd, path, {
      ...(owner !== undefined && { uid: owner }),
      ...(gid !== undefined && { gid }),
    });
    return null;
  });
}

export const MODES = {
  chmod,
  chown,
  chgrp: chown,
  chattr: () => 0,
  lsattr: () => 0,
};
