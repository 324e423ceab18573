import { DecnetError } from "../../../domain/errors.ts";
import { validityOf } from "../../../pki/certificate.ts";
import { ApiAuthorities, RetireAuthority } from "../../../wire/api/authority.ts";
import { ApiError } from "../../../wire/api/common.ts";
import type { App, Plane } from "../plane.ts";
import { readRotation } from "../rotation.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["authorities"];
/** Hosts that a refusal names; the list has all. */
const MOST_NAMED = 20;

export function authorityRoutes(app: App, plane: Plane): void {
  const { store, audit, clock, authorities } = plane;

  async function shown(): Promise<ApiAuthorities> {
    const progress = await readRotation(store, authorities);
    const { behind = [], ...rotation } = progress ?? {};
    return {
      items: authorities.trusted().map(({ fingerprint, certificate, certificatePem }) => ({
        fingerprint,
        role: fingerprint === authorities.newest().fingerprint ? "newest" : "old",
        ...validityOf(certificate),
        certificatePem,
      })),
      isEncrypted: authorities.isEncrypted,
      rotation: "hosts" in rotation ? rotation : null,
      behind: [...behind],
      nowMs: clock.nowMs(),
    };
  }

  app.get(
    "/authorities",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "The swarm's authorities and, during a rotation, how far the hosts are",
        response: { 200: ApiAuthorities, ...errors },
      },
    },
    () => shown(),
  );

  app.post(
    "/authorities/rotate",
    {
      config: { needs: "authority.write" },
      schema: {
        tags,
        summary: "Introduces a new authority beside the old one; agents move over as they renew",
        response: { 201: ApiAuthorities, ...errors },
      },
    },
    async (request, reply) => {
      const target = authorities.newest().fingerprint;
      await audit.act(request, { action: "authority.rotate", target }, async () => {
        if (!(await authorities.rotate(clock.nowMs()))) {
          throw new DecnetError("rotation-under-way");
        }
      });
      const { fingerprint } = authorities.newest();
      plane.log.warn("a new authority was introduced", { authority: fingerprint, beside: target });
      return reply.code(201).send(await shown());
    },
  );

  app.post(
    "/authorities/retire",
    {
      config: { needs: "authority.write" },
      schema: {
        tags,
        summary: "Ends the trust in the old authority, for good, and destroys its key",
        body: RetireAuthority,
        response: { 200: ApiAuthorities, ...errors },
      },
    },
    async (request, reply) => {
      const { confirmFingerprint: target, force = false } = request.body;
      await audit.act(request, { action: "authority.retire", target }, async () => {
        const progress = await readRotation(store, authorities);
        if (progress === null || authorities.oldest().fingerprint !== target) {
          throw new DecnetError("rotation-not-under-way");
        }
        if (progress.behind.length > 0 && !force) {
          throw new DecnetError("hosts-left-behind", named(progress.behind));
        }
        if ((await authorities.retire()) === null) throw new DecnetError("rotation-not-under-way");
        const cutOff = progress.behind.map(({ name }) => name);
        plane.log.warn("the old authority was retired", { authority: target, cutOff });
      });
      return reply.send(await shown());
    },
  );
}

function named(behind: readonly { readonly name: string }[]): string {
  const names = behind.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = behind.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
