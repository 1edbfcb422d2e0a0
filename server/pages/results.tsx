import type { Experiment } from "../../core/experiment.ts";
import type { Report } from "../../core/report.ts";
import { DailyPlot } from "./daily-plot.tsx";
import { DailyTable } from "./daily-table.tsx";
import { GoalTable } from "./goal-table.tsx";
import { IntervalPlot } from "./interval-plot.tsx";
import { Layout } from "./layout.tsx";
import { ResultsDetails } from "./results-details.tsx";
import { ResultsHealth } from "./results-health.tsx";
import { ResultsVerdict } from "./results-verdict.tsx";
import { StateBadge } from "./state-badge.tsx";
import { Time } from "./time.tsx";

interface Props {
  readonly report: Report;
  readonly experiment: Experiment;
  readonly isDemo: boolean;
  readonly csrf: string;
}

/** What came of an experiment: whether to trust it, the verdict, pictures, numbers, and everything behind them. */
export function ResultsPage({ report, experiment, isDemo, csrf }: Props) {
  const { title, key, state } = experiment;
  const api = (format: string) => `/api/admin/experiments/${key}/results?${exportQuery(report, format)}`;
  return (
    <Layout title={`Results of ${title}`} section="experiments" isDemo={isDemo} csrf={csrf}>
      <div class="heading">
        <h1>Results of {title}</h1>
        <StateBadge state={state} />
        <div class="actions">
          <a class="button" href={`/experiments/${key}`}>
            Experiment
          </a>
          <a class="button" href={api("csv")} download>
            Download CSV
          </a>
          <a class="button" href={api("json")}>
            JSON
          </a>
        </div>
      </div>
      <Scope report={report} experiment={experiment} />
      <ResultsReport report={report} experiment={experiment} />
    </Layout>
  );
}

/** Everything that a new visitor may change; each part with `data-live` is exchanged by itself. */
export function ResultsReport({
  report,
  experiment,
}: Pick<Props, "report"> & { experiment: Pick<Experiment, "key" | "state" | "epoch"> }) {
  const { health, goals, days, alpha, asOf, progress } = report;
  const [primary, ...others] = goals;
  const isEmpty = progress.devices === 0;
  return (
    <div class={health.trusted ? "report" : "report untrusted"} id="report" data-live="report">
      <section aria-labelledby="health">
        <h2 id="health">Health</h2>
        <div data-live="health">
          <ResultsHealth {...report} />
          {isEmpty && <p class="detail">Nothing to check yet.</p>}
        </div>
      </section>
      <section aria-labelledby="verdict">
        <h2 id="verdict">Verdict</h2>
        <div data-live="verdict">
          <ResultsVerdict {...report} />
        </div>
      </section>
      <div data-live="goals">
        {isEmpty ? (
          <NextSteps experiment={experiment} report={report} />
        ) : (
          <>
            {!health.trusted && (
              <p class="warning dimmed-note">
                The results below are dimmed: find the cause of the traffic problem first.
              </p>
            )}
            {primary && <Goal report={report} place={0} />}
            <section aria-labelledby="days">
              <h2 id="days">Day by day</h2>
              {primary && (
                <>
                  <figure class="card dims">
                    <DailyPlot goal={primary} place={0} days={days} />
                    <figcaption class="detail">
                      Share of all visitors up to each day that converted (“{primary.label}”). It wanders at first, and
                      settles.
                    </figcaption>
                  </figure>
                  <details>
                    <summary>Numbers of each day</summary>
                    <DailyTable goal={primary} place={0} days={days} />
                  </details>
                </>
              )}
            </section>
            {others.map((_, index) => (
              <Goal report={report} place={index + 1} />
            ))}
          </>
        )}
      </div>
      {!isEmpty && (
        <section aria-labelledby="details">
          <h2 id="details">Details</h2>
          <details>
            <summary>Every number, and how it is computed</summary>
            <div data-live="details">
              <ResultsDetails report={report} experiment={experiment} />
            </div>
          </details>
        </section>
      )}
      <p class="detail as-of">
        As of{" "}
        <span data-live="as-of">
          <Time at={asOf} />
        </span>
        . Intervals hold at {Math.round(100 * (1 - alpha))} %.
      </p>
    </div>
  );
}

function Goal({ report, place }: { report: Report; place: number }) {
  const goal = report.goals[place];
  if (!goal) return null;
  const hasPlot = goal.comparisons.some(({ status }) => status !== "no_data");
  return (
    <section aria-labelledby={`goal-${place}`}>
      <h2 id={`goal-${place}`}>
        {goal.label} <span class="detail">{goal.primary ? "primary goal: it decides" : "further goal"}</span>
      </h2>
      {hasPlot && (
        <div class="card dims">
          <IntervalPlot goal={goal} place={place} alpha={report.alpha} />
        </div>
      )}
      <div class="dims">
        <GoalTable goal={goal} alpha={report.alpha} />
      </div>
    </section>
  );
}

/** Which epoch, and whose visitors. */
function Scope({ report: { epoch, epochs, run }, experiment }: Pick<Props, "report" | "experiment">) {
  const path = `/experiments/${experiment.key}/results`;
  const all = [...new Set([...epochs, experiment.epoch, epoch])].sort((a, b) => b - a);
  const ofRun = (one: number) => new URLSearchParams({ epoch: String(one), ...(run === null ? {} : { run }) });
  return (
    <>
      {run !== null && (
        <p class="warning">
          Only simulated visitors, of the run <code>{run}</code>. <a href={path}>Show the real ones</a>
        </p>
      )}
      {all.length > 1 && (
        <nav class="epochs" aria-label="Epochs">
          <ul>
            {all.map((one) => (
              <li>
                <a href={`${path}?${ofRun(one)}`} aria-current={one === epoch ? "page" : undefined}>
                  Epoch {one}
                  {one === experiment.epoch && " (present)"}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </>
  );
}

function NextSteps({ experiment: { key, state, epoch }, report }: Parameters<typeof ResultsReport>[0]) {
  if (report.epoch !== epoch || report.run !== null) {
    return (
      <div class="card empty">
        <p>Nothing was counted here.</p>
      </div>
    );
  }
  return (
    <div class="card">
      <h2>What to do next</h2>
      <ol class="steps">
        {state !== "active" && (
          <li>
            <a href={`/experiments/${key}`}>Start the experiment</a>: nothing is counted before.
          </li>
        )}
        <li>
          See on <a href="/experiments/install">Install</a> whether visits arrive, and whether their pages have the
          placeholder <code>{key}</code>.
        </li>
        <li>Come back to this page: it shows the first visitor at once.</li>
      </ol>
    </div>
  );
}

/** The very results that are shown, also when there is a newer epoch by then. */
function exportQuery({ epoch, run }: Report, format: string): URLSearchParams {
  return new URLSearchParams({ epoch: String(epoch), ...(run === null ? {} : { run }), format });
}
