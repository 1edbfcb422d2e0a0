import { pipeline, Readable } from "node:stream";
import { stringify } from "csv-stringify";
import { SPREADSHEET_CSV } from "../http/csv.ts";
import type { Entry } from "../registry/history-entry.ts";

const COLUMNS = [
  "number",
  "at",
  "by",
  "action",
  "key",
  "reverts",
  "before",
  "after",
  "about",
  "rehearsal",
  "reason",
] as const;

/** Changes as CSV, one row each. */
export function historyCsv(changes: AsyncIterable<Entry>): ReadableStream<Uint8Array> {
  const csv = stringify({ ...SPREADSHEET_CSV, columns: [...COLUMNS] });
  // An error truncates the answer, which signals it to the client.
  pipeline(Readable.from(rows(changes)), csv, () => undefined);
  return Readable.toWeb(csv) as ReadableStream<Uint8Array>;
}

async function* rows(changes: AsyncIterable<Entry>) {
  for await (const { number, at, by, action, key, ...entry } of changes) {
    const { reverts = "", about = "", rehearsal = "", reason = "" } = entry;
    const states = [cell(entry.before), cell(entry.after)];
    yield [number, at, by, action, key ?? "", reverts, ...states, about, rehearsal, reason];
  }
}

function cell(state: Entry["after"]): string {
  return state === null ? "" : JSON.stringify(state);
}
