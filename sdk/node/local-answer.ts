import { type ExposedGroups, groupsIn } from "../../core/sticky/exposed-groups.ts";
import { BYTES_OF_FRAME, BYTES_OF_UNIT, END, type LocalHeader } from "../../core/sticky/exposed-units.ts";

/**
 * Reads an answer as it comes, and adds its units to tables by experiment.
 *
 * @param tablesFor the tables that an answer with this header goes into
 * @throws Error when it ends too early
 */
export async function readLocalAnswer(
  chunks: AsyncIterable<Uint8Array>,
  tablesFor: (header: LocalHeader) => Map<string, ExposedGroups>,
): Promise<LocalHeader> {
  let rest: Uint8Array = new Uint8Array(0);
  let header: LocalHeader | null = null;
  let tables: ExposedGroups[] = [];
  let isOver = false;
  for await (const chunk of chunks) {
    rest = joined(rest, chunk);
    if (header === null) {
      const end = rest.indexOf(0x0a);
      if (end === -1) continue;
      header = JSON.parse(new TextDecoder().decode(rest.subarray(0, end))) as LocalHeader;
      rest = rest.subarray(end + 1);
      tables = tablesOf(header, tablesFor(header));
    }
    while (!isOver && rest.length >= BYTES_OF_FRAME) {
      const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
      const [place, units] = [view.getUint32(0), view.getUint32(4)];
      const length = BYTES_OF_FRAME + units * BYTES_OF_UNIT;
      if (rest.length < length) break;
      isOver = place === END;
      const { entries = [] } = header.tables[place] ?? {};
      for (let at = BYTES_OF_FRAME; at < length; at += BYTES_OF_UNIT) {
        const entry = entries[view.getUint16(at + 8) - 1];
        if (entry) tables[place]?.add({ high: view.getInt32(at), low: view.getInt32(at + 4) }, entry);
      }
      rest = rest.subarray(length);
    }
  }
  if (header === null || !isOver) throw new Error("the answer with the exposed units ended too early");
  return header;
}

function tablesOf({ tables }: LocalHeader, into: Map<string, ExposedGroups>): ExposedGroups[] {
  return tables.map(({ key }) => groupsIn(into, key));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
