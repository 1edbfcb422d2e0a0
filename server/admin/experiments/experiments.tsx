import { type Experiment, statusOf } from "../../../core/experiment.ts";
import type { Report } from "../../../core/report/report.ts";
import type { Exposed } from "../../events/exposed-today.ts";
import type { LogState } from "../../events/log.ts";
import type { CountingFailures } from "../../results/counting-failures.ts";
import { ChangeNotice } from "../history/change-notice.tsx";
import type { ShownChange } from "../history/shown-change.ts";
import { VerdictBadge } from "../results/results-verdict.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Layout } from "../ui/layout.tsx";
import type { PageSlice } from "../ui/page-slice.ts";
import { PagesNav } from "../ui/pages-nav.tsx";
import { Split } from "../ui/split.tsx";
import { STATUS_NAMES, StateBadge } from "../ui/state-badge.tsx";
import { AccountingPanel } from "./accounting.tsx";
import { type ListSearch, ORDERS, searchQuery } from "./list-search.ts";

interface Props {
  /** A page of the search's results. */
  readonly found: PageSlice<Experiment>;
  /** Number of all experiments. */
  readonly total: number;
  readonly search: ListSearch;
  /** `counting`: not finished in time for the page; `unknown`: the log cannot be read. */
  readonly exposed: Exposed | "counting" | "unknown";
  /** By the experiment's key; missing while they are being counted. */
  readonly verdicts: ReadonlyMap<string, Report["verdict"]>;
  readonly log: LogState;
  readonly failures: CountingFailures;
  readonly change: ShownChange | null;
}

/**
 * Table of all experiments (state, groups with their shares, devices today, switch), and the
 * outcomes of events.
 */
export function ExperimentsPage(props: Props) {
  const { found, total, search, exposed, verdicts, log, failures, change } = props;
  return (
    <Layout title="Experiments" section="experiments" notice={change && <ChangeNotice change={change} from="list" />}>
      <div class="heading">
        <h1>Experiments</h1>
        <div class="actions">
          <a class="button primary" href="/experiments/new">
            New experiment
          </a>
          <a class="button" href="/experiments/independence">
            Independence
          </a>
          <a class="button" href="/experiments/calculator">
            Sample size
          </a>
        </div>
      </div>
      {total === 0 ? (
        <FirstSteps />
      ) : (
        <>
          <SearchForm search={search} />
          {found.total === 0 ? (
            <div class="card empty">
              <p>
                No experiment matches. <a href="/experiments">Show all {total}</a>
              </p>
            </div>
          ) : (
            <>
              <Table experiments={found.items} exposed={exposed} verdicts={verdicts} />
              <PagesNav
                of="the list"
                page={found.page}
                pages={found.pages}
                hrefOf={(page) => `/experiments${searchQuery(search, page)}`}
              />
            </>
          )}
        </>
      )}
      <AccountingPanel log={log} failures={failures} />
    </Layout>
  );
}

/** States of the API, by which addresses of earlier versions search. */
const OLD_STATE_NAMES = { active: "Running", inactive: "Not running", rollout: "Rolled out" } as const;

function SearchForm({ search: { text, state, order } }: { search: ListSearch }) {
  return (
    <search>
      <form class="search" method="get" action="/experiments">
        <div>
          <label for="search-text">Title or key</label>
          <input id="search-text" type="search" name="q" value={text} maxlength={100} />
        </div>
        <div>
          <label for="search-state">State</label>
          <select id="search-state" name="state">
            <option value="">Any</option>
            {Object.entries(STATUS_NAMES).map(([value, name]) => (
              <option value={value} selected={value === state}>
                {name}
              </option>
            ))}
            {Object.hasOwn(STATUS_NAMES, state) || state === "" ? null : (
              <option value={state} selected>
                {OLD_STATE_NAMES[state as Experiment["state"]]}
              </option>
            )}
          </select>
        </div>
        <div>
          <label for="search-sort">Order</label>
          <select id="search-sort" name="sort">
            {Object.entries(ORDERS).map(([value, name]) => (
              <option value={value} selected={value === order}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <button type="submit">Search</button>
        {(text !== "" || state !== "") && <a href="/experiments">Show all</a>}
      </form>
    </search>
  );
}

function FirstSteps() {
  return (
    <div class="card">
      <h2>There is no experiment yet</h2>
      <ol class="steps">
        <li>
          <a href="/experiments/new">Create one</a>: name two groups, A and B, and what visitors of each see. It stays
          stopped until you start it.
        </li>
        <li>
          <a href="/experiments/install">Install the tag</a> on your site: one line of HTML.
        </li>
        <li>Preview each group, then start it. Nobody sees a difference before that.</li>
      </ol>
    </div>
  );
}

type TableProps = { readonly experiments: readonly Experiment[] } & Pick<Props, "exposed" | "verdicts">;

function Table({ experiments, ...rest }: TableProps) {
  const { exposed, verdicts } = rest;
  const isCounting = exposed === "counting" || experiments.some(({ key }) => !verdicts.has(key));
  return (
    <table class="experiments stack" data-counting={isCounting ? "" : undefined}>
      <thead>
        <tr>
          <th scope="col">Experiment</th>
          <th scope="col">State</th>
          <th scope="col">Groups</th>
          <th scope="col" class="number">
            Visitors today
          </th>
          <th scope="col">Verdict</th>
          <th scope="col">Action</th>
        </tr>
      </thead>
      <tbody>
        {experiments.map((experiment) => (
          <Row experiment={experiment} {...rest} />
        ))}
      </tbody>
    </table>
  );
}

type RowProps = { readonly experiment: Experiment } & Pick<Props, "exposed" | "verdicts">;

function Row({ experiment, exposed, verdicts }: RowProps) {
  const { key, title, state, rolloutGroup, version } = experiment;
  const verdict = verdicts.get(key);
  return (
    <tr>
      <th scope="row">
        <a class="title" href={`/experiments/${key}`}>
          {title}
        </a>
        {title !== key && <code>{key}</code>}
      </th>
      <td data-label="State">
        <StateBadge experiment={experiment} />
        {state === "rollout" && <span class="detail">everyone gets {rolloutGroup}</span>}
      </td>
      <td data-label="Groups">
        <Split experiment={experiment} />
      </td>
      <td data-label="Visitors today" class="number" data-live={`devices ${key}`}>
        <Devices exposed={exposed} experiment={key} />
      </td>
      <td data-label="Verdict">
        <a class="verdict-link" href={`/experiments/${key}/results`} data-live={`verdict ${key}`}>
          <span class="hidden">Results of {title}: </span>
          {verdict ? <VerdictBadge verdict={verdict} /> : <span class="detail">counting…</span>}
        </a>
      </td>
      <td data-label="Action">
        <form method="post" action="/experiments/toggle">
          <CsrfField />
          <input type="hidden" name="experiment" value={key} />
          <input type="hidden" name="version" value={String(version)} />
          <button
            type="submit"
            class={state === "active" ? "stop" : "start"}
            aria-label={`${switchWord(experiment)} ${title}`}
          >
            {switchWord(experiment)}
          </button>
        </form>
        <span class="detail">{consequence(experiment)}</span>
      </td>
    </tr>
  );
}

function Devices({ exposed, experiment }: { exposed: Props["exposed"]; experiment: string }) {
  if (exposed === "counting") return <span class="detail">still counting</span>;
  if (exposed === "unknown") return <span class="detail">cannot be counted</span>;
  const devices = (exposed.devices.get(experiment) ?? 0).toLocaleString("en");
  return <>{exposed.isComplete ? devices : `at least ${devices}`}</>;
}

function switchWord(experiment: Experiment): string {
  const status = statusOf(experiment);
  if (status === "running") return "Pause";
  return status === "paused" ? "Resume" : "Start";
}

function consequence(experiment: Experiment): string {
  const { state, fallback } = experiment;
  if (state === "active") return `Pausing shows everyone ${fallback}; resuming goes on with the same count.`;
  if (experiment.pausedAt !== null) return "Resuming splits visitors again and goes on with the same count.";
  return state === "rollout"
    ? "Starting splits visitors again and begins a new count."
    : "Starting splits visitors and begins a new count.";
}
