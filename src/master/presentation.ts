import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { Authorities } from "../pki/authorities.ts";
import type { Authority } from "../pki/authority.ts";
import { masterNameUnder, type TrustedAuthority } from "../pki/trust.ts";
import { keepServerCertificate, MASTER_CERTIFICATE_TTL_MS } from "./server-certificate.ts";

export interface ServerCertificate {
  readonly keyPem: string;
  /** Leaf, then authority. */
  readonly chainPem: string;
}

/** What a listener for agents presents, and whom it trusts. */
export interface Presentation {
  /** Of the oldest authority: who names none was there before there was a choice. */
  readonly byDefault: ServerCertificate;
  /** By the name of the master under each authority; empty while there is but one. */
  readonly byName: ReadonlyMap<string, ServerCertificate>;
  /** The newest first. */
  readonly authorities: readonly TrustedAuthority[];
}

/** What is presented at present, the same on every listener for agents. */
export interface Presenter {
  current(): Presentation;
  /** Calls `apply` with every other presentation from now on. */
  follow(apply: (presentation: Presentation) => void): void;
}

/** Issues what is presented: now, whenever another set of authorities is trusted, and at half life. */
export async function openPresenter(deps: {
  readonly authorities: Authorities;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<Presenter> {
  const { authorities, clock, signal } = deps;
  const followers: ((presentation: Presentation) => void)[] = [];
  const times = () => ({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS });
  const issue = () => issueAll(authorities.trusted(), times());
  let current = await issue();
  const apply = (next: Presentation): void => {
    // Issued before the set changed, perhaps: then the change itself brings the right one.
    if (next.authorities.length !== authorities.trusted().length) return;
    current = next;
    for (const follow of followers) follow(next);
  };
  authorities.onChange(async () => apply(await issue()));
  void keepServerCertificate({ issue, apply, clock, log: deps.log, signal });
  return { current: () => current, follow: (follow) => void followers.push(follow) };
}

async function issueAll(
  trusted: readonly Authority[],
  times: { readonly nowMs: number; readonly ttlMs: number },
): Promise<Presentation> {
  const issued = await Promise.all(
    trusted.map(
      async (authority) =>
        [masterNameUnder(authority.fingerprint), await authority.issueMaster(times)] as const,
    ),
  );
  const byDefault = issued.at(-1)?.[1];
  if (byDefault === undefined) throw new Error("a swarm without an authority");
  return { byDefault, byName: new Map(issued.length > 1 ? issued : []), authorities: trusted };
}

/** Chooses what each connection is shown, by the name that its client asks for. */
export interface ShownContexts {
  /** For `SNICallback`; what it does not know is left to the server's own context. */
  readonly choose: (
    name: string,
    done: (error: Error | null, context?: SecureContext) => void,
  ) => void;
  show(presentation: Presentation): void;
}

/** @param optionsFor All that a context of this listener has, around a certificate. */
export function createContexts(
  initial: Presentation,
  optionsFor: (shown: ServerCertificate, presentation: Presentation) => SecureContextOptions,
): ShownContexts {
  const contextsOf = (presentation: Presentation) =>
    new Map(
      [...presentation.byName].map(([name, shown]) => [
        name,
        createSecureContext(optionsFor(shown, presentation)),
      ]),
    );
  let contexts = contextsOf(initial);
  return {
    choose: (name, done) => done(null, contexts.get(name.toLowerCase())),
    show(presentation) {
      contexts = contextsOf(presentation);
    },
  };
}
