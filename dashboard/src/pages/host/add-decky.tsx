import { type FormEvent, useState } from "react";
import type { AddDeckyRequest } from "../../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../../src/wire/api/host.ts";
import { addDecky } from "../../api/actions.ts";
import { Button } from "../../parts/button.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { ErrorNote } from "../../parts/notes.tsx";

type Archetype = NonNullable<AddDeckyRequest["archetype"]>;

/** What each kind of machine offers; complete by its type. */
const ARCHETYPES: Readonly<Record<Archetype, string>> = {
  "linux-server": "Linux server: ssh, http",
  "web-server": "Web server: http, ssh",
  "database-server": "Database server: redis, ssh",
  "iot-device": "IoT device: telnet",
  "entry-point": "Entry point: ssh",
};

/** Asks for one more decky; what is left open is chosen by the master. */
export function AddDecky({ host }: { readonly host: ApiHost }) {
  const [name, setName] = useState("");
  const [archetype, setArchetype] = useState<Archetype>("linux-server");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [added, setAdded] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setAdded(null);
    try {
      const decky = await addDecky({
        host: host.uuid,
        archetype,
        ...(name === "" ? {} : { name }),
      });
      setAdded(decky.name);
      setName("");
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 p-4">
      <div className="grid items-start gap-3 md:grid-cols-2">
        <Field label="New decky's name" hint="Left empty, one is chosen.">
          {(ids) => (
            <input
              {...ids}
              value={name}
              onChange={(change) => setName(change.target.value.trim().toLowerCase())}
              pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
              title="Lowercase letters, digits and dashes, at most 63"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={INPUT}
            />
          )}
        </Field>
        <Field label="Kind of machine">
          {(ids) => (
            <select
              {...ids}
              value={archetype}
              onChange={(change) => setArchetype(change.target.value as Archetype)}
              className={INPUT}
            >
              {Object.entries(ARCHETYPES).map(([key, title]) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div className="flex flex-wrap items-center gap-4">
        <Button type="submit" busy={busy}>
          {busy ? "Adding …" : "Add decky"}
        </Button>
        <span role="status" className="text-ink-soft">
          {added === null ? "" : `${added} was added; it is pending until its host reports it.`}
        </span>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}
