/** The overflow user and group of Linux (`nobody`): owner of nothing. */
const NOBODY = 65534;

/**
 * Gives root away for good. To be called once all modules are loaded, for their files may be out of
 * reach afterwards.
 * @throws If anything of root is left: the caller must not go on.
 */
export function dropPrivilege(): void {
  const { setgroups, setgid, setuid, getuid, geteuid, getgid, getegid, getgroups } = process;
  if (!setgroups || !setgid || !setuid || !getuid || !geteuid || !getgid || !getegid) {
    throw new Error("this system has no user ids to drop to");
  }
  setgroups([]);
  setgid(NOBODY);
  setuid(NOBODY);
  const ids = [getuid(), geteuid(), getgid(), getegid(), ...(getgroups?.() ?? [])];
  if (ids.some((id) => id !== NOBODY)) throw new Error(`ids after the drop are ${ids.join(", ")}`);
  for (const regain of [() => setuid(0), () => setgid(0), () => setgroups([0])]) {
    if (succeeds(regain)) throw new Error("root could be regained after the drop");
  }
}

/**
 * Whether a process with this `uid` must and can drop to nobody. A user namespace that maps no such
 * user (`unshare --map-root-user`) gives only the powers of an ordinary user, and cannot drop.
 *
 * @param uidMap Content of /proc/self/uid_map (user_namespaces(7)); null where there is none.
 */
export function mustDropPrivilege(uid: number | null, uidMap: string | null): boolean {
  if (uid !== 0) return false;
  if (uidMap === null) return true;
  return uidMap
    .trim()
    .split("\n")
    .some((line) => {
      const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return inside <= NOBODY && NOBODY < inside + count;
    });
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
