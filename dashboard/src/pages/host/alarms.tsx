import { useState } from "react";
import type { ApiAlarm } from "../../../../src/wire/api/alarm.ts";
import { acknowledgeAlarm } from "../../api/actions.ts";
import { ALARMS } from "../../facts/attention.ts";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";

/** What was seen of this host that nobody has looked at yet. */
export function Alarms({ alarms }: { readonly alarms: readonly ApiAlarm[] }) {
  return (
    <Panel title="Alarms" aside={`${alarms.length}`}>
      <ul>
        {alarms.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </Panel>
  );
}

function AlarmRow({ alarm }: { readonly alarm: ApiAlarm }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { tone, what, next } = ALARMS[alarm.kind];

  const acknowledge = async () => {
    setBusy(true);
    setError(null);
    try {
      await acknowledgeAlarm(alarm.id);
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <li className="flex flex-col gap-1 border-b border-line px-4 py-2 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <strong className={tone === "bad" ? "text-bad" : "text-warn"}>{alarm.kind}</strong>
        <span className="min-w-0 flex-1 break-words">
          {what}
          {alarm.address === null ? "" : `, from ${alarm.address}`}.
        </span>
        <Button busy={busy} onClick={() => void acknowledge()}>
          Acknowledge
        </Button>
      </div>
      <span className="text-sm text-ink-soft">
        {next} {countOf(alarm)}, first <Ago atMs={alarm.firstMs} />, last{" "}
        <Ago atMs={alarm.lastMs} />; <code className="font-mono break-all">{alarm.detail}</code>
      </span>
      {error === null ? null : <ErrorNote error={error} />}
    </li>
  );
}

function countOf({ kind, count }: ApiAlarm): string {
  if (kind === "events-dropped") return count === 1 ? "1 event" : `${count} events`;
  return count === 1 ? "Seen once" : `Seen ${count} times`;
}
