import type { SeenNames } from "../../events/seen-names.ts";

/** IDs of the datalists that suggest names, by goal source. */
export const SEEN_LISTS = { event: "seen-events", click: "seen-events", page: "seen-pages" } as const;

/** Suggestions of a list (arbitrary): a browser shows a few of them. */
const MAX_SUGGESTED = 100;

/** Datalists of the names seen in the last day, with their counts. */
export function SeenLists({ events, pages }: SeenNames) {
  return (
    <>
      <NameList id={SEEN_LISTS.event} names={events} />
      <NameList id={SEEN_LISTS.page} names={pages} />
    </>
  );
}

function NameList({ id, names }: { id: string; names: ReadonlyMap<string, number> }) {
  return (
    <datalist id={id}>
      {[...names].slice(0, MAX_SUGGESTED).map(([name, count]) => (
        <option value={name}>{`${count.toLocaleString("en")} in the last day`}</option>
      ))}
    </datalist>
  );
}
