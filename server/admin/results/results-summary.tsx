import { pWords } from "../../../core/report/number-words.ts";
import type { Report } from "../../../core/report/report.ts";
import type { SummaryCell } from "../../../core/report/summary.ts";
import { unbroken } from "../ui/format.ts";
import { boundsWords, type EffectGoal, effectWords } from "./effect.ts";

const ARROWS = { up: "↑", down: "↓", level: "→" } as const;
const ARROW_WORDS = { up: "higher", down: "lower", level: "the same" } as const;

/** Colours beside the words, which suffice alone. */
const LOOKS: Partial<Record<SummaryCell["verdict"], string>> = {
  better: "good",
  worse: "bad",
  harmed: "bad",
  safe: "good",
};

/** All goals × groups at a glance: direction, size, certainty, and a verdict of one word. */
export function ResultsSummary({ report }: { report: Report }) {
  const { goals, summary, alpha } = report;
  const groups = [...new Set(summary.map(({ group }) => group))];
  if (groups.length === 0) return null;
  return (
    <table class="stack results-table summary">
      <caption class="hidden">All goals and groups, compared with {report.control}</caption>
      <thead>
        <tr>
          <th scope="col">Goal</th>
          {groups.map((group) => (
            <th scope="col">{groups.length === 1 ? `${group} against ${report.control}` : group}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {goals.map((goal, place) => (
          <tr>
            <th scope="row">
              <a href={`#goal-${place}`}>{goal.label}</a> <span class="detail">{roleWords(goal.role)}</span>
            </th>
            {groups.map((group, column) => {
              const cell = summary[place * groups.length + column];
              return <td data-label={group}>{cell && <Cell cell={cell} goal={goal} alpha={alpha} />}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A goal's role, as in the form. */
export function roleWords(role: SummaryCell["role"]): string {
  if (role === "primary") return "primary goal (decides)";
  return role === "guardrail" ? "guardrail" : "secondary goal";
}

function Cell({ cell, goal, alpha }: { cell: SummaryCell; goal: EffectGoal; alpha: number }) {
  const { arrow, showsDifference, pValue, verdict, basis } = cell;
  const unit = showsDifference ? "difference" : "lift";
  const estimate = showsDifference ? cell.difference : cell.lift;
  const words = (value: number) => effectWords(value, unit, goal);
  const range = boundsWords(showsDifference ? cell.differenceInterval : cell.liftInterval, words);
  return (
    <>
      <span class={`badge ${LOOKS[verdict] ?? ""}`}>{verdict === "none" ? "no verdict" : verdict}</span>{" "}
      {arrow !== null && estimate !== null && (
        <>
          <span aria-hidden="true">{ARROWS[arrow]}</span>
          <span class="hidden">{ARROW_WORDS[arrow]}</span> {unbroken(words(estimate))}
        </>
      )}
      {range !== null && <span class="detail">{unbroken(range)}</span>}
      {pValue !== null && (
        <span class="detail">
          {unbroken(pWords(pValue, null, alpha))}
          {basis === "always_valid" && " (sequential)"}
        </span>
      )}
    </>
  );
}
