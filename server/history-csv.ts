import { pipeline, Readable } from "node:stream";
import { stringify } from "csv-stringify";
import type { Entry } from "./registry/history-entry.ts";

const COLUMNS = ["number", "at", "by", "action", "key", "reverts", "before", "after"] as const;

/**
 * Changes as CSV (RFC 4180) for spreadsheets: with a byte order mark, without which Excel does not read UTF-8, and every
 * cell in quotes, because Excel ends a row at a bare CR. A cell that begins like a formula (= + - @ tab CR) begins with an
 * apostrophe instead: people choose titles, and a spreadsheet would run them.
 */
export function historyCsv(changes: AsyncIterable<Entry>): ReadableStream<Uint8Array> {
  const csv = stringify({
    bom: true,
    header: true,
    columns: [...COLUMNS],
    quoted: true,
    quoted_empty: true,
    escape_formulas: true,
    record_delimiter: "\r\n",
  });
  // An error ends the answer in the middle, which is how a client sees it.
  pipeline(Readable.from(rows(changes)), csv, () => undefined);
  return Readable.toWeb(csv) as ReadableStream<Uint8Array>;
}

async function* rows(changes: AsyncIterable<Entry>) {
  for await (const { number, at, by, action, key, reverts, before, after } of changes) {
    yield [number, at, by, action, key ?? "", reverts ?? "", cell(before), cell(after)];
  }
}

function cell(state: Entry["after"]): string {
  return state === null ? "" : JSON.stringify(state);
}
