import type { Persona, WeakLogin } from "../persona.ts";

/**
 * Name and password pairs that let in: the persona's, or those of a decky's `service_config`.
 *
 * @throws {TypeError} If `config.logins` is there and no list of `{"user", "password"}`.
 */
export function loginsOf(
  persona: Persona,
  config: Readonly<Record<string, unknown>>,
): readonly WeakLogin[] {
  const given = config["logins"];
  if (given === undefined) return persona.weakLogins;
  const wrong = 'logins must be a list of {"user": "...", "password": "..."}';
  if (!Array.isArray(given)) throw new TypeError(wrong);
  return given.map((one: unknown) => {
    if (typeof one !== "object" || one === null) throw new TypeError(wrong);
    const { user, password } = one as Record<string, unknown>;
    if (
      typeof user !== "string" ||
      typeof password !== "string" ||
      !/^[a-z_][\w.-]{0,31}$/i.test(user)
    ) {
      throw new TypeError(wrong);
    }
    return { user, password };
  });
}
