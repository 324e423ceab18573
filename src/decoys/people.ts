import type { Pick } from "./pick.ts";
import type { Release } from "./releases.ts";

export interface PersonaUser {
  readonly name: string;
  readonly uid: number;
  readonly fullName: string;
  readonly home: string;
  readonly shell: string;
}

export interface WeakLogin {
  readonly user: string;
  readonly password: string;
}

const GIVEN =
  `Adam Alice Andrea Anna Ben Carla Chris Clara Daniel David Diana Elena Emma Eric Felix Fiona
Frank George Hannah Helen Ian Irene Jack Jan Jonas Julia Kate Laura Leon Lisa Lucas Maria Mark Martin Maya
Michael Nina Oliver Oscar Paul Peter Rachel Robert Rosa Sam Sarah Simon Sofia Stefan Thomas Tim Victor`.split(
    /\s+/,
  );
const FAMILY =
  `Adams Baker Bauer Becker Bell Brown Carter Clark Cohen Collins Cook Costa Cruz Davis Diaz Evans
Fischer Foster Garcia Gray Hall Harris Hill Hoffman Hughes Jensen Jones Keller Kelly King Klein Kovac Lang Lee
Lewis Lopez Marino Meyer Miller Moore Morris Nash Novak Parker Perez Price Reed Rossi Scott Silva Smith Stone
Taylor Turner Wagner Walker Ward Weber White Wood Wright Young`.split(/\s+/);

/** First account that the installer or the cloud image of a distribution makes. */
const FIRST_ACCOUNT: Readonly<Record<string, readonly [name: string, fullName: string]>> = {
  ubuntu: ["ubuntu", "Ubuntu"],
  debian: ["debian", "Debian"],
  centos: ["centos", "Cloud User"],
  almalinux: ["almalinux", "Cloud User"],
};

/** Accounts that somebody added for a purpose, as password lists know them. */
const PURPOSE_ACCOUNTS: readonly (readonly [name: string, fullName: string])[] = [
  ["deploy", "Deployment"],
  ["svc-backup", "Backup"],
  ["admin", "Administrator"],
  ["test", "Test"],
  ["dev", "Development"],
  ["ansible", "Ansible"],
  ["jenkins", "Jenkins"],
  ["git", "Git"],
  ["support", "Support"],
  ["user", "User"],
];

/** The head of what leaks, and what botnets try first. */
const SERVER_PASSWORDS =
  `123456 password 12345678 admin root toor 1234 12345 123456789 qwerty abc123 password1
P@ssw0rd passw0rd admin123 root123 letmein changeme welcome1 1q2w3e4r 1qaz2wsx qwe123 test123 server 000000
111111 123123 654321 qwerty123 zaq12wsx Passw0rd! Welcome123 secret master monkey dragon iloveyou princess
linux centos debian ubuntu abcd1234 1234qwer pass123 pass1234 admin1234 root1234 p@ssword password123 123qwe
asdf1234 q1w2e3r4 letmein123 changeme123 Admin@123 Root@123 Password01 summer2020 winter2021`.split(
    /\s+/,
  );
const DEVICE_PASSWORDS =
  `xc3511 vizxv admin 888888 xmhdipc default juantech 123456 54321 root 12345 pass 1111
666666 password 1234 klv123 klv1234 Zte521 hi3518 jvbzd anko zlxx. 7ujMko0vizxv 7ujMko0admin ikwb dreambox
realtek 00000000 hikvision cat1029 GM8182 xmhdpic tlJwpbo6 hunt5759`.split(/\s+/);

function isDevice(release: Release): boolean {
  return release.osId === "buildroot";
}

/** Accounts of a machine: that of its distribution, some people, perhaps one for a purpose. */
export function choosePeople(pick: Pick, release: Release): readonly PersonaUser[] {
  if (isDevice(release)) return [];
  const named = new Map<string, string>();
  const first = FIRST_ACCOUNT[release.osId];
  if (first && pick("user.first", 3) > 0) named.set(first[0], first[1]);
  const style = pick("user.style", 3);
  const people = 1 + pick("user.people", 3);
  for (let index = 0; index < people; index++) {
    const given = pick.of(`user.${index}.given`, GIVEN);
    const family = pick.of(`user.${index}.family`, FAMILY);
    const name = [given, `${given[0]}${family}`, `${given}.${family}`][style] ?? given;
    named.set(name.toLowerCase(), `${given} ${family}`);
  }
  const [purpose, title] = pick.of("user.purpose.name", PURPOSE_ACCOUNTS);
  if (pick("user.purpose", 2) === 0) named.set(purpose, title);
  return [...named].map(([name, fullName], index) => ({
    name,
    uid: 1000 + index,
    fullName,
    home: `/home/${name}`,
    shell: "/bin/bash",
  }));
}

/** Logins that a guesser finds soon: always one of root, sometimes one of another account. */
export function chooseWeakLogins(
  pick: Pick,
  release: Release,
  users: readonly PersonaUser[],
): readonly WeakLogin[] {
  const passwords = isDevice(release) ? DEVICE_PASSWORDS : SERVER_PASSWORDS;
  const logins = [{ user: "root", password: pick.of("login.root", passwords) }];
  for (const { name } of users) {
    if (pick(`login.${name}`, 3) > 0) continue;
    const own = pick(`login.${name}.own`, 2) === 0;
    logins.push({ user: name, password: own ? name : pick.of(`login.${name}.word`, passwords) });
  }
  return logins;
}
