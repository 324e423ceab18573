import type { Change, ChangeBody } from "../../domain/change.ts";
import type { ChangeStore } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { eventOf, number, text } from "./rows.ts";

/** Rows of the journal, written in the transaction of the change that they tell of. */
export interface Journal extends ChangeStore {
  write(atMs: number, change: ChangeBody): void;
  /** What wakes the readers for the transaction that just committed, once it is durable. */
  takeWake(): () => void;
}

export function createJournal(db: Database): Journal {
  const insert = db.prepare("INSERT INTO changes (at_ms, topic, key, body) VALUES (?, ?, ?, ?)");
  const after = db.prepare(`
    SELECT changes.seq AS change_seq, at_ms, topic, key, body, events.*
    FROM changes LEFT JOIN events ON topic = 'event' AND event_id = key
    WHERE changes.seq > ? ORDER BY changes.seq LIMIT ?`);
  const head = db.prepare("SELECT max(seq) AS seq FROM changes");
  const oldest = db.prepare("SELECT min(seq) AS seq FROM changes");
  const trim = db.prepare("DELETE FROM changes WHERE seq <= ?");
  const wakes = new Set<(hosts: ReadonlySet<string>) => void>();
  let written = false;
  let touchedHosts = new Set<string>();
  db.onRollback(() => {
    written = false;
    touchedHosts = new Set();
  });

  const headSeq = () => Number(head.get()?.["seq"] ?? 0);

  return {
    write(atMs, change) {
      const body = change.topic === "event" ? null : JSON.stringify(change.body);
      insert.run(atMs, change.topic, change.key, body);
      written = true;
      if (change.topic === "host") touchedHosts.add(change.key);
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
        const headNow = headSeq();
        if (seq > headNow) return null;
        if (seq === headNow) return [];
        const oldestSeq = oldest.get()?.["seq"] ?? headNow + 1;
        if (seq + 1 < Number(oldestSeq)) return null;
        return after.all(seq, limit).map(changeOf);
      });
    },
    async headSeq() {
      return db.read(headSeq);
    },
    async trimChanges(keep) {
      db.transaction(() => trim.run(headSeq() - Math.max(keep, 1)));
    },
    onChange(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
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
