import type { Damage } from "../../registry/history.ts";
import { ACTIONS, type Action, type Entry } from "../../registry/history-entry.ts";
import { Key } from "../ui/key.tsx";
import { Layout } from "../ui/layout.tsx";
import { Notice } from "../ui/notice.tsx";
import { Time } from "../ui/time.tsx";
import { ACTION_WORDS, START_WORDS } from "./action-words.ts";
import { ChangeLines } from "./change-lines.tsx";
import { entryChanges } from "./entry-changes.ts";

/** Filter of the list; empty and null mean everything. */
export interface HistoryFilter {
  /** Key of an experiment. */
  readonly key: string;
  readonly action: Action | null;
}

interface Props {
  readonly filter: HistoryFilter;
  /** Set on the page of one experiment, whose form then has no field for the key. */
  readonly isOfOne: boolean;
  readonly entries: readonly Entry[];
  /** Number of the change before which the page begins; null on the first page. */
  readonly before: number | null;
  /** The same for the next page; null on the last. */
  readonly next: number | null;
  /** Keys of all experiments, including removed ones. */
  readonly keys: readonly string[];
  readonly damage: Damage;
  /** The change that was just made; null when the page was only opened. */
  readonly done: Entry | null;
}

/** All changes, newest first, with author, time, and values before and after. */
export function HistoryPage(props: Props) {
  const { filter, isOfOne, entries, before, next, damage, done } = props;
  const query = queryOf(filter, isOfOne);
  const path = isOfOne ? `/experiments/${filter.key}/history` : "/experiments/history";
  const title = isOfOne ? `History of ${filter.key}` : "History";
  return (
    <Layout title={title} section="history" notice={done && <Done entry={done} />}>
      <div class="heading">
        <h1>
          {isOfOne ? (
            <>
              History of <Key of={filter.key ?? ""} />
            </>
          ) : (
            title
          )}
        </h1>
        <div class="actions">
          {isOfOne && <a href="/experiments/history">All changes</a>}
          <a class="button" href={`/api/admin/history?${csvQuery(filter)}`} download>
            Download CSV
          </a>
        </div>
      </div>
      <Damaged damage={damage} />
      <Filter {...props} path={path} />
      {entries.length === 0 ? (
        <Empty isFiltered={filter.action !== null || (filter.key !== "" && !isOfOne) || before !== null} path={path} />
      ) : (
        <ol class="history">
          {entries.map((entry) => (
            <HistoryEntry entry={entry} isOfOne={isOfOne} />
          ))}
        </ol>
      )}
      {(before !== null || next !== null) && (
        <nav class="pages" aria-label="Pages of the history">
          {before !== null && <a href={`${path}${search(query)}`}>Newest changes</a>}
          {next !== null && (
            <a rel="next" href={`${path}${search({ ...query, before: String(next) })}`}>
              Older changes
            </a>
          )}
        </nav>
      )}
    </Layout>
  );
}

function Done({ entry }: { entry: Entry }) {
  return (
    <Notice>
      <p>
        {entry.reverts === undefined
          ? `Done: it is change ${entry.number}.`
          : `Change ${entry.reverts} is reverted, by change ${entry.number}.`}
      </p>
    </Notice>
  );
}

function Damaged({ damage: { missing, unreadable, torn } }: { damage: Damage }) {
  if (missing + unreadable + torn === 0) return null;
  return (
    <p class="warning">
      The history's file was damaged when the server started: {missing} changes are missing, {unreadable} lines cannot
      be read, {torn} bytes of a torn line were put aside. With the server stopped, <code>fairsplit verify</code> says
      where.
    </p>
  );
}

function Filter({ filter, isOfOne, keys, path }: Props & { readonly path: string }) {
  return (
    <form class="filter" method="get" action={path} aria-label="Filter the history">
      {!isOfOne && (
        <div class="field">
          <label for="key">Experiment</label>
          <input id="key" name="key" value={filter.key} list="keys" placeholder="all" autocomplete="off" />
          <datalist id="keys">
            {keys.map((key) => (
              <option value={key} />
            ))}
          </datalist>
        </div>
      )}
      <div class="field">
        <label for="action">What was done</label>
        <select id="action" name="action">
          <option value="">everything</option>
          {ACTIONS.map((action) => (
            <option value={action} selected={action === filter.action}>
              {ACTION_WORDS[action].word}
            </option>
          ))}
        </select>
      </div>
      <div class="actions">
        <button type="submit">Filter</button>
        {(filter.action !== null || (!isOfOne && filter.key !== "")) && <a href={path}>Show everything</a>}
      </div>
    </form>
  );
}

function Empty({ isFiltered, path }: { isFiltered: boolean; path: string }) {
  return isFiltered ? (
    <div class="card empty">
      <p>No change fits.</p>
      <p>
        <a href={path}>Show everything</a>
      </p>
    </div>
  ) : (
    <div class="card empty">
      <p>Nothing has changed yet.</p>
      <p class="detail">
        Whatever anybody changes will be listed here, with who did it, when, and from what to what; and can be reverted.
      </p>
    </div>
  );
}

function HistoryEntry({ entry, isOfOne }: { entry: Entry; isOfOne: boolean }) {
  const { number, key, action, at, by, reverts } = entry;
  const { word, detail } = ACTION_WORDS[action];
  const changes = entryChanges(entry);
  const isWhole = key !== null && (entry.before === null || entry.after === null);
  return (
    <li class="card" id={`change-${number}`}>
      <div class="entry">
        <h2>
          <span class="number">
            <span class="hidden">Change </span>
            {number}
          </span>{" "}
          <span class="badge">{word}</span>{" "}
          {key !== null && !isOfOne && (
            <a href={`/experiments/${key}/history`}>
              <code>{key}</code>
            </a>
          )}
          {reverts !== undefined && <span class="detail">change {reverts}</span>}
        </h2>
        <p class="detail">
          <Time at={at} /> by {by}
        </p>
      </div>
      {detail !== undefined && <p class="detail">{detail}</p>}
      {entry.rehearsal !== undefined && (
        <p class="detail">
          {START_WORDS[entry.rehearsal]}
          {entry.reason !== undefined && <>, because: {entry.reason}</>}
        </p>
      )}
      {changes.length === 0 ? (
        <p class="detail">Nothing that is shown here was changed.</p>
      ) : isWhole ? (
        <details>
          <summary>{entry.before === null ? "What it began with" : "What was removed"}</summary>
          <ChangeLines changes={changes} isWhole />
        </details>
      ) : (
        <ChangeLines changes={changes} />
      )}
      {key !== null && entry.before !== null && (
        <p class="revert">
          <a class="button quiet" href={`/experiments/history/${number}/revert`}>
            Revert <span class="hidden">change {number}</span>
          </a>
        </p>
      )}
    </li>
  );
}

function queryOf({ key, action }: HistoryFilter, isOfOne: boolean): Record<string, string> {
  return { ...(key === "" || isOfOne ? {} : { key }), ...(action === null ? {} : { action }) };
}

function csvQuery({ key }: HistoryFilter): URLSearchParams {
  return new URLSearchParams({ format: "csv", ...(key === "" ? {} : { key }) });
}

function search(query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}
