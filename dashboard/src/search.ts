/** Reads the named parameters of an address as text; what is absent, empty or odd is left out. */
export function textParams<const Name extends string>(...names: readonly Name[]) {
  return (search: Record<string, unknown>): { [N in Name]?: string | undefined } => {
    const read: { [N in Name]?: string | undefined } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "number" || typeof value === "boolean") read[name] = String(value);
      else if (typeof value === "string" && value !== "") read[name] = value;
    }
    return read;
  };
}
