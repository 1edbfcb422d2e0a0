import type { Experiment } from "../../../core/experiment.ts";
import type { Report } from "../../../core/report/report.ts";
import type { Period } from "../../registry/periods.ts";
import type { IssuedRun } from "../../tokens/simulation-run.ts";
import { Layout } from "../ui/layout.tsx";
import { PeriodDates } from "../ui/period-dates.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { ExclusionsForm } from "./exclusions.tsx";
import { ResultsReport } from "./results-report.tsx";

interface Props {
  readonly report: Report;
  readonly experiment: Experiment;
  /** Simulator runs, whose visitors are counted separately. */
  readonly runs: readonly IssuedRun[];
  /** By epoch. */
  readonly periods: ReadonlyMap<number, Period>;
}

/** Results of an experiment: health, verdict, plots, numbers, and details. */
export function ResultsPage({ report, experiment, runs, periods }: Props) {
  const { title, key } = experiment;
  const query = queryOf(report);
  const api = (format: string) => `/api/admin/experiments/${key}/results?${query}&format=${format}`;
  return (
    <Layout title={`Results of ${title}`} section="experiments">
      <div class="heading">
        <h1>Results of {title}</h1>
        <StateBadge experiment={experiment} />
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
          <a class="button" href={`/experiments/${key}/links`}>
            Share
          </a>
        </div>
      </div>
      <Scope report={report} experiment={experiment} runs={runs} periods={periods} />
      <div data-results-live={isMoving(report, experiment) ? `/experiments/${key}/results/live?${query}` : undefined}>
        <ResultsReport report={report} experiment={experiment} />
      </div>
      {report.run === null && <ExclusionsForm report={report} experiment={experiment} />}
    </Layout>
  );
}

/** Selection of the period, and of real or simulated visitors. */
function Scope({ report, experiment, runs, periods }: Props) {
  const { epoch, epochs, run } = report;
  const path = `/experiments/${experiment.key}/results`;
  const all = [...new Set([...epochs, experiment.epoch, epoch])].sort((a, b) => b - a);
  return (
    <>
      {run !== null && (
        <p class="warning">
          Only simulated visitors, of the run <code>{run}</code>. <a href={path}>Show the real ones</a>
        </p>
      )}
      {run === null && runs.length > 0 && (
        <p class="detail">
          Simulated visitors are left out. The last runs:{" "}
          {runs.map((one, place) => (
            <>
              {place > 0 && ", "}
              <a href={`${path}?${queryOf({ epoch, run: one.run })}`}>
                <Time at={one.at} />
              </a>
            </>
          ))}
        </p>
      )}
      {all.length > 1 && (
        <nav class="periods" aria-label="Periods">
          <ul>
            {all.map((one) => (
              <li>
                <a href={`${path}?${queryOf({ epoch: one, run })}`} aria-current={one === epoch ? "page" : undefined}>
                  <PeriodDates number={one} period={periods.get(one)} />
                  {one === experiment.epoch && " (current)"}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </>
  );
}

/** Whether more visitors may come. */
function isMoving({ epoch, run }: Report, experiment: Experiment): boolean {
  return run !== null || (experiment.state === "active" && epoch === experiment.epoch);
}

/** Query of the shown results, also after a newer epoch has begun. */
function queryOf({ epoch, run }: Pick<Report, "epoch" | "run">): URLSearchParams {
  return new URLSearchParams({ epoch: String(epoch), ...(run === null ? {} : { run }) });
}
