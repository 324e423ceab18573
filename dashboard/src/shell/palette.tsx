import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useDeckies, useHosts, useShards } from "../api/queries.ts";
import { matchesWords } from "../facts/match.ts";
import { type ShownState, shownShardState } from "../facts/states.ts";
import { INPUT } from "../parts/field.tsx";
import { StateMark } from "../parts/state.tsx";
import { useLogOut } from "./log-out.ts";
import { PAGES } from "./pages.ts";
import { toggleTheme } from "./theme.tsx";

interface Entry {
  readonly id: string;
  readonly kind: "Page" | "Action" | "Host" | "Decky";
  readonly name: string;
  readonly also: string;
  readonly state?: ShownState;
  readonly run: () => void;
}

const MOST_SHOWN = 50;

/** Reaches every page, action, host and decky by a few letters. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries();
  const found = useMemo(
    () =>
      entries
        .filter(({ kind, name, also }) => matchesWords(query, [kind, name, also]))
        .slice(0, MOST_SHOWN),
    [entries, query],
  );

  useEffect(() => dialog.current?.showModal(), []);

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };

  const onKey = (press: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[press.key];
    if (step !== undefined && found.length > 0) {
      press.preventDefault();
      const next = (at + step + found.length) % found.length;
      setAt(next);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (press.key === "Enter") {
      press.preventDefault();
      run(found[at]);
    }
  };

  return (
    <dialog
      ref={dialog}
      aria-label="Go to"
      onClose={onClose}
      onClick={(click) => {
        if (click.target === dialog.current) dialog.current.close();
      }}
      className="mx-auto mt-[12vh] max-h-[70vh] w-[min(40rem,calc(100vw-2rem))] flex-col overflow-hidden rounded-lg border border-line bg-surface text-ink shadow-[var(--shadow)] open:flex"
    >
      <div className="border-b border-line p-2">
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found.length === 0 ? undefined : `${listId}-${at}`}
          aria-label="Page, action, host or decky"
          placeholder="Page, action, host or decky"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(change) => {
            setQuery(change.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
          className={INPUT}
        />
      </div>
      <ul id={listId} role="listbox" aria-label="Found" className="min-h-0 grow overflow-auto p-2">
        {found.map((entry, place) => (
          <li
            key={entry.id}
            id={`${listId}-${place}`}
            role="option"
            aria-selected={place === at}
            onMouseMove={() => setAt(place)}
            onClick={() => run(entry)}
            className="flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2 aria-selected:bg-accent-soft"
          >
            <span className="w-12 shrink-0 text-xs text-ink-soft">{entry.kind}</span>
            <span className="min-w-0 grow truncate">{entry.name}</span>
            {entry.state === undefined ? null : (
              <span className="inline-flex items-center gap-2 text-xs text-ink-soft">
                <StateMark state={entry.state} />
                {entry.state}
              </span>
            )}
          </li>
        ))}
      </ul>
      <p role="status" className="border-t border-line px-4 py-2 text-xs text-ink-soft">
        {found.length === 0
          ? "Nothing has such a name."
          : found.length === MOST_SHOWN
            ? `The first ${MOST_SHOWN}; type more to narrow it.`
            : "↑ ↓ to choose, Enter to go, Esc to close"}
      </p>
    </dialog>
  );
}

function useEntries(): readonly Entry[] {
  const navigate = useNavigate();
  const logOut = useLogOut();
  const hosts = useHosts();
  const shards = useShards();
  const deckies = useDeckies();
  return useMemo(() => {
    const hostOf = new Map(hosts.map((host) => [host.uuid, host]));
    const names = new Set([...shards, ...deckies].map(({ name }) => name));
    const shardOf = new Map(shards.map((shard) => [shard.name, shard]));
    const go = (to: string) => () => void navigate({ to });
    return [
      ...PAGES.map(({ to, title }): Entry => {
        return { id: to, kind: "Page", name: title, also: "", run: go(to) };
      }),
      {
        id: "enroll",
        kind: "Action",
        name: "Make a join token",
        also: "enroll add host",
        run: go("/enrollment"),
      },
      {
        id: "account",
        kind: "Page",
        name: "Account and operators",
        also: "password second factor totp user role",
        run: go("/account"),
      },
      {
        id: "api-tokens",
        kind: "Page",
        name: "API tokens",
        also: "program script bearer access key",
        run: go("/api-tokens"),
      },
      { id: "theme", kind: "Action", name: "Other theme", also: "dark light", run: toggleTheme },
      { id: "logout", kind: "Action", name: "Log out", also: "end session", run: logOut },
      ...hosts
        .filter(({ state }) => state !== "decommissioned")
        .map((host): Entry => {
          return {
            id: host.uuid,
            kind: "Host",
            name: host.name,
            also: `${host.uuid} ${host.address ?? ""} ${host.state}`,
            state: host.state,
            run: go(`/hosts/${host.uuid}`),
          };
        }),
      ...[...names].toSorted().map((name): Entry => {
        const shard = shardOf.get(name);
        const host = shard && hostOf.get(shard.hostUuid);
        return {
          id: `decky ${name}`,
          kind: "Decky",
          name,
          also: host?.name ?? "",
          ...(shard ? { state: shownShardState(shard, host?.state) } : {}),
          run: go(`/deckies/${name}`),
        };
      }),
    ];
  }, [navigate, logOut, hosts, shards, deckies]);
}
