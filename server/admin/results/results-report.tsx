import type { Experiment } from "../../../core/experiment.ts";
import { countWords, percentWords } from "../../../core/report/number-words.ts";
import type { Report } from "../../../core/report/report.ts";
import { unbroken } from "../ui/format.ts";
import { Time } from "../ui/time.tsx";
import { DailyPlot } from "./daily-plot.tsx";
import { DailyTable } from "./daily-table.tsx";
import { EffectPlot, hasEffect } from "./effect-plot.tsx";
import { GoalTable } from "./goal-table.tsx";
import { IntervalPlot } from "./interval-plot.tsx";
import { ResultsDetails } from "./results-details.tsx";
import { ResultsHealth } from "./results-health.tsx";
import { ResultsSummary, roleWords } from "./results-summary.tsx";
import { ResultsVerdict } from "./results-verdict.tsx";

interface Props {
  readonly report: Report;
  readonly experiment: Pick<Experiment, "key" | "state" | "epoch" | "groups">;
}

/**
 * Everything that a new visitor may change. Parts with `data-live` are replaced while the page is
 * visible (see `admin/script/results.ts`), so that unfolded details stay open.
 */
export function ResultsReport({ report, experiment }: Props) {
  const { health, goals, alpha, asOf, progress } = report;
  const isEmpty = progress.devices === 0;
  return (
    <div class={health.trusted ? "report" : "report untrusted"} id="report">
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
      {isEmpty && <NextSteps experiment={experiment} report={report} />}
      {!isEmpty && !health.trusted && (
        <p class="warning dimmed-note" data-live="dimmed">
          The results below are dimmed: find the cause of the traffic problem first.
        </p>
      )}
      {!isEmpty && (
        <section aria-labelledby="summary">
          <h2 id="summary">All goals</h2>
          <div class="dims" data-live="summary">
            <ResultsSummary report={report} />
          </div>
        </section>
      )}
      {!isEmpty && <Days report={report} />}
      {!isEmpty && goals.map((_, place) => <Goal report={report} place={place} labels={labelsOf(experiment)} />)}
      {!isEmpty && (
        <section aria-labelledby="details">
          <h2 id="details">Details</h2>
          <details>
            <summary>Every number, and how it is computed</summary>
            <div data-live="details">
              <ResultsDetails report={report} />
            </div>
          </details>
        </section>
      )}
      <p class="detail as-of">
        {asOf !== null && (
          <>
            As of <AsOf at={asOf} />
            <span data-updated></span>.{" "}
          </>
        )}
        Intervals are {unbroken(percentWords(1 - alpha))} intervals.
      </p>
    </div>
  );
}

/** Time of the count. */
export function AsOf({ at }: { at: string }) {
  return (
    <span data-live="as-of">
      <Time at={at} />
    </span>
  );
}

/** Display names of the groups that have one, by name. */
function labelsOf({ groups }: Pick<Experiment, "groups">): ReadonlyMap<string, string> {
  return new Map(groups.flatMap(({ name, label }) => (label === undefined ? [] : [[name, label] as const])));
}

interface GoalProps {
  readonly report: Report;
  readonly place: number;
  readonly labels: ReadonlyMap<string, string>;
}

function Goal({ report, place, labels }: GoalProps) {
  const goal = report.goals[place];
  if (!goal) return null;
  const hasPlot = goal.comparisons.some(({ status }) => status !== "no_data");
  return (
    <section aria-labelledby={`goal-${place}`}>
      <h2 id={`goal-${place}`}>
        {goal.label} <span class="detail">{roleWords(goal.role)}</span>
      </h2>
      {hasPlot && (
        <div class="card dims" data-live={`intervals-${place}`}>
          <IntervalPlot goal={goal} place={place} alpha={report.alpha} />
        </div>
      )}
      <div class="dims" data-live={`table-${place}`}>
        <GoalTable goal={goal} labels={labels} alpha={report.alpha} />
      </div>
    </section>
  );
}

/** Days of the primary goal. */
function Days({ report: { goals, days, otherDays, asOf } }: { report: Report }) {
  const [goal] = goals;
  // A file without times has no days.
  if (!goal || asOf === null) return null;
  const shown = { goal, place: 0, days };
  const control = goal.comparisons[0]?.control ?? "";
  return (
    <section aria-labelledby="days">
      <h2 id="days">Effect over time</h2>
      <figure class="card dims">
        <div data-live="effect">
          {hasEffect(shown) ? (
            <EffectPlot {...shown} />
          ) : (
            <p class="detail">There is no band yet: too little is known, or the numbers cannot be trusted.</p>
          )}
        </div>
        <figcaption class="detail">
          Difference of “{goal.label}” from {control}, of all visitors up to each day. The band is valid however often
          you check (sequential). Early values fluctuate and stabilise as visitors accumulate.
          <span data-live="other-days">{otherDaysWords(otherDays)}</span>
        </figcaption>
      </figure>
      <details>
        <summary>Rates and numbers of each day</summary>
        <figure class="card dims">
          <div data-live="days">
            <DailyPlot {...shown} />
          </div>
          <figcaption class="detail">Share of all visitors up to each day that converted (“{goal.label}”).</figcaption>
        </figure>
        <div data-live="day-numbers">
          <DailyTable {...shown} />
        </div>
      </details>
    </section>
  );
}

/** Clocks may be wrong, and senders of events may invent times. */
function otherDaysWords(visitors: number): string {
  if (visitors === 0) return "";
  const are = visitors === 1 ? "is" : "are";
  return unbroken(
    ` ${countWords(visitors, "visitor")} ${are} on none of these days: by the clock of the device, that was before the experiment was switched on, or is still to come. Everywhere else they count.`,
  );
}

function NextSteps({ experiment: { key, state, epoch }, report }: Props) {
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
