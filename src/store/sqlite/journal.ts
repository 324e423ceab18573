import type { Change, ChangeBody } from "../../domain/change.ts";
import type { ChangeStore } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { eventOf, number, text } from "./rows.ts";

/** Rows of the journal, written in the transaction of the change that they tell of. */
export interface Journal extends ChangeStore {
  write(atMs: number, change: ChangeBody): void;
  /** Forgets all changes up to and with `seq`; their numbers are never used again. */
  forget(seq: number): void;
  /** What wakes the readers for the transaction that just committed, once it is durable. */
  takeWake(): () => void;
}

export function createJournal(db: Database): Journal {
  const insert = db.prepare(
    "INSERT INTO changes (seq, at_ms, topic, key, body) VALUES (?, ?, ?, ?, ?)",
  );
  const after = db.prepare(`
    SELECT changes.seq AS change_seq, at_ms, topic, key, body, events.*
    FROM changes LEFT JOIN events ON topic = 'event' AND event_id = key
    WHERE changes.seq > ? ORDER BY changes.seq LIMIT ?`);
  const newest = db.prepare("SELECT max(seq) AS seq FROM changes");
  const floor = db.prepare("SELECT seq FROM journal_floor");
  const raiseFloor = db.prepare("UPDATE journal_floor SET seq = max(seq, ?)");
  const trim = db.prepare("DELETE FROM changes WHERE seq <= ?");
  const wakes = new Set<(hosts: ReadonlySet<string>) => void>();
  let written = false;
  let touchedHosts = new Set<string>();
  const floorSeq = () => Number(floor.get()?.["seq"] ?? 0);
  const readHead = () => Number(newest.get()?.["seq"] ?? floorSeq());
  let head = readHead();
  db.onRollback(() => {
    written = false;
    touchedHosts = new Set();
    head = readHead();
  });

  const journal: Journal = {
    write(atMs, change) {
      const body = change.topic === "event" ? null : JSON.stringify(change.body);
      head += 1;
      insert.run(head, atMs, change.topic, change.key, body);
      written = true;
      if (change.topic === "host") touchedHosts.add(change.key);
    },
    forget(seq) {
      const upTo = Math.min(seq, head);
      trim.run(upTo);
      raiseFloor.run(upTo);
    },
    takeWake() {
      if (!written) return () => {};
      const touched = touchedHosts;
      written = false;
      if (touched.size !== 0) touchedHosts = new Set();
      return () => {
        for (const wake of wakes) wake(touched);
      };
    },
    async changesAfter(seq, limit) {
      return db.read(() => {
        if (seq > head || seq < floorSeq()) return null;
        return after.all(seq, limit).map(changeOf);
      });
    },
    async headSeq() {
      return head;
    },
    async trimChanges(keep) {
      db.transaction(() => journal.forget(head - keep));
    },
    onChange(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
  return journal;
}

function changeOf(row: Row): Change {
  const topic = text(row, "topic") as Change["topic"];
  const body: unknown = topic === "event" ? eventOf(row) : JSON.parse(text(row, "body"));
  // The row was written from a Change by `write` above, so topic and body belong together.
  return {
    seq: number(row, "change_seq"),
    atMs: number(row, "at_ms"),
    topic,
    key: text(row, "key"),
    body,
  } as Change;
}
