import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Experiment } from "../../core/experiment.ts";
import { DEFAULT_SETTINGS } from "../../core/settings.ts";
import { scanLines } from "../events/segments.ts";
import type { RegistryContent } from "../registry/content.ts";
import { HISTORY_FILE } from "../registry/history.ts";
import { type Entry, readEntry } from "../registry/history-entry.ts";
import type { Drift } from "./drift.ts";

export interface HistoryCheck {
  /** Numbered changes in the file. */
  readonly changes: number;
  /** Changes that were not finished: the next start undoes them. */
  readonly unfinished: number;
}

/**
 * Checks that the history is numbered without gaps, that each change begins where the one before it
 * ended, and that they lead to what `experiments.json` holds.
 *
 * @param see called with every state that an experiment ever had
 */
export async function checkHistory(
  registryPath: string,
  content: RegistryContent,
  add: (drift: Drift) => void,
  see: (state: Experiment) => void,
): Promise<HistoryCheck> {
  const path = join(dirname(registryPath), HISTORY_FILE);
  const file = basename(path);
  const aboutFile = (about: string, detail: string) =>
    add({ kind: "history", file: about, line: null, offset: null, id: null, detail });
  if (!existsSync(path)) {
    // Older versions had no history; the next start begins one.
    if (content.history > 0) aboutFile(file, `it is missing, and ${content.history} changes with it`);
    return { changes: 0, unfinished: 0 };
  }
  const states = new Map<string | null, Entry["after"]>([[null, DEFAULT_SETTINGS]]);
  const unfinished: Entry[] = [];
  let last = 0;
  let changes = 0;
  let line = 0;
  let offset = 0;
  const { size } = await stat(path);
  const end = await scanLines(path, 0, size, (buffer, start, stop) => {
    line += 1;
    const at = { kind: "history", file, line, offset, id: null } as const;
    offset += stop - start + 1;
    const entry = readEntry(buffer.toString("utf8", start, stop));
    if (!entry) return add({ ...at, detail: "the line is not a change" });
    changes += 1;
    if (entry.key !== null) for (const state of [entry.before, entry.after]) if (state) see(state);
    const { number, key, before, after } = entry;
    if (number !== last + 1) add({ ...at, detail: `change ${number} follows ${last}: allowed is ${last + 1}` });
    last = Math.max(last, number);
    const begins = isDeepStrictEqual(before, states.get(key) ?? null);
    if (!begins)
      add({ ...at, detail: `change ${number} of ${nameOf(key)} does not begin where the one before it ended` });
    if (number > content.history) unfinished.push(entry);
    else states.set(key, after);
  });
  if (end < size) aboutFile(file, `${size - end} bytes without a line's end`);
  if (last < content.history) {
    aboutFile(file, `it ends at change ${last}, but experiments.json is the result of ${content.history} changes`);
  }
  // One write makes all of them with the same time.
  if (new Set(unfinished.map(({ at }) => at)).size > 1) {
    const detail = `it is the result of ${content.history} changes, but the history has ${last}`;
    aboutFile(basename(registryPath), detail);
  }
  const held = new Map<string | null, Entry["after"]>([
    [null, content.settings],
    ...content.experiments.map((experiment) => [experiment.key, experiment] as const),
  ]);
  // A file not yet opened by a server results from no change.
  const keys = content.history === 0 ? [] : new Set([...states.keys(), ...held.keys()]);
  for (const key of keys) {
    if (isDeepStrictEqual(states.get(key) ?? null, held.get(key) ?? null)) continue;
    aboutFile(basename(registryPath), `${nameOf(key)} is not what the history's last change made it`);
  }
  return { changes, unfinished: unfinished.length };
}

function nameOf(key: string | null): string {
  return key ?? "the settings";
}
