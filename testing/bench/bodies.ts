/** A decky as a heartbeat lists it: about 500 bytes of JSON, as `performance` measures them. */
function decky(host: string, place: number, lastMutated: number) {
  return {
    name: `${host}-decky-${place}`,
    ip: `127.77.${place}.${(place * 7) % 250}`,
    services: ["ssh", "http"],
    distro: "debian-11",
    base_image: "debian:bullseye",
    hostname: `srv-${place}-finance`,
    build_base: "debian:bullseye-slim",
    archetype: "linux-server",
    service_config: {
      ssh: { banner: "OpenSSH_8.4p1 Debian-5+deb11u3", port: 22, users: "root,admin,backup" },
      http: { server: "Apache/2.4.56 (Debian)", port: 80, title: "Intranet of finance" },
    },
    nmap_os: "linux",
    mutate_interval: 30,
    last_mutated: lastMutated,
    last_login_attempt: 1_776_000_000,
  };
}

/** A heartbeat's body. Two of them differ in one decky, by their `change`, and in nothing else. */
export function benchBody(hostUuid: string, host: string, deckies: number, change: number): Buffer {
  const list = Array.from({ length: deckies }, (_, place) =>
    decky(host, place, place === deckies >> 1 ? 1_776_000_000 + change : 1_776_000_000),
  );
  return Buffer.from(
    JSON.stringify({
      host_uuid: hostUuid,
      agent_version: "0.1.0",
      status: {
        deployed: true,
        mode: "swarm",
        deckies: list,
        runtime: Object.fromEntries(list.map(({ name }) => [name, { running: true }])),
      },
    }),
  );
}
