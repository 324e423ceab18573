import type { PersonaInput } from "../../../decoys/persona.ts";
import type { DesiredDecky } from "../../../wire/desired.ts";

/** What a decky's persona is made of; agent and decoy process derive the same one from it. */
export function personaInputOf(decky: DesiredDecky): PersonaInput {
  return {
    seed: decky.persona_seed,
    name: decky.name,
    ip: decky.ip,
    archetype: decky.archetype,
    distro: decky.distro,
    hostname: decky.hostname,
    services: decky.services,
    createdMs: decky.created_ms,
  };
}
