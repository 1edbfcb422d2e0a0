import type { Comparison } from "../../../core/report/comparison.ts";
import { statusSentence } from "../../../core/report/comparison-words.ts";
import type { GoalGroup, GoalReport } from "../../../core/report/goal-report.ts";
import { amountWords, numberWords, percentWords, pWords, wholeWords } from "../../../core/report/number-words.ts";
import { unbroken } from "../ui/format.ts";
import { Dot } from "../ui/split.tsx";
import { boundsWords, type EffectGoal, type EffectUnit, effectOf, effectUnit, effectWords } from "./effect.ts";

const TESTS = { z: "z test", welch: "Welch’s t test", permutation: "permutation test" } as const;

/** The test behind a comparison's p-value. */
export function testWords({ test }: Pick<Comparison, "test">): string | null {
  return test && TESTS[test];
}

interface Props {
  readonly goal: GoalReport;
  /** Display names by group. */
  readonly labels: ReadonlyMap<string, string>;
  readonly alpha: number;
}

/** Numbers of one goal, by group. */
export function GoalTable({ goal, labels, alpha }: Props) {
  const unit = effectUnit(goal);
  const isBinary = goal.kind === "binary";
  const interval = `${percentWords(1 - alpha)} interval`;
  const change = unit === "lift" ? "Lift" : "Difference";
  return (
    <table class="stack results-table">
      <caption class="hidden">Results of {goal.label}</caption>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" class="number">
            Visitors
          </th>
          <th scope="col" class="number">
            Converted
          </th>
          {isBinary ? (
            <th scope="col" class="number">
              Rate
            </th>
          ) : (
            <>
              <th scope="col" class="number">
                {totalWords(goal)}
              </th>
              <th scope="col" class="number">
                {meanWords(goal)}
              </th>
            </>
          )}
          <th scope="col" class="number">
            {change}
          </th>
          <th scope="col" class="number">
            p
          </th>
        </tr>
      </thead>
      <tbody>
        {goal.groups.map((row, place) => {
          const comparison = goal.comparisons.find(({ group }) => group === row.group);
          return (
            <tr>
              <th scope="row">
                <Dot group={place} /> {row.group}
                {labels.has(row.group) && <span class="detail">{labels.get(row.group)}</span>}
              </th>
              <td data-label="Visitors" class="number">
                {wholeWords(row.devices)}
              </td>
              <td data-label="Converted" class="number">
                {wholeWords(row.conversions)}
              </td>
              {isBinary ? <Rate row={row} interval={interval} /> : <Mean row={row} goal={goal} />}
              {comparison ? (
                <Effect comparison={comparison} goal={goal} unit={unit} interval={interval} alpha={alpha} />
              ) : (
                <td data-label={change} class="number" colspan={2}>
                  <span class="detail">control</span>
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Rate({ row: { rate, rateInterval }, interval }: { row: GoalGroup; interval: string }) {
  return (
    <td data-label="Rate" class="number">
      {rate === null ? "–" : unbroken(percentWords(rate))}
      <Range words={boundsWords(rateInterval, percentWords)} title={interval} />
    </td>
  );
}

/** The summed quantity: a ratio's numerator counts events or sums their values. */
function totalWords({ kind, currency }: EffectGoal): string {
  return kind === "count" ? "Events" : amountWords("Total", currency);
}

function meanWords({ kind, currency }: EffectGoal): string {
  return amountWords(kind === "ratio" ? "Ratio" : "Per visitor", currency);
}

function Mean({ row: { sum, mean }, goal }: { row: GoalGroup; goal: EffectGoal }) {
  return (
    <>
      <td data-label={totalWords(goal)} class="number">
        {sum === null ? "–" : numberWords(sum, 12)}
      </td>
      <td data-label={meanWords(goal)} class="number">
        {mean === null ? "–" : numberWords(mean, 4)}
      </td>
    </>
  );
}

interface EffectProps {
  readonly comparison: Comparison;
  readonly goal: GoalReport;
  readonly unit: EffectUnit;
  readonly interval: string;
  readonly alpha: number;
}

function Effect({ comparison, goal, unit, interval, alpha }: EffectProps) {
  const { estimate, bounds, pValue, log10P, isAdjusted, isLive } = effectOf(comparison, unit);
  const words = (value: number) => effectWords(value, unit, goal);
  return (
    <>
      <td data-label={unit === "lift" ? "Lift" : "Difference"} class="number">
        {estimate === null ? "–" : unbroken(words(estimate))}
        <Range words={boundsWords(bounds, words)} title={`${interval}${isLive ? ", sequential" : ""}`} />
      </td>
      <td data-label="p" class="number">
        {comparison.status !== "ok" ? (
          <span class="detail why">{unbroken(statusSentence(comparison, goal))}</span>
        ) : (
          <>
            {pValue === null ? "–" : unbroken(pWords(pValue, log10P, alpha))}
            {pValue !== null && <span class="detail">{isLive ? "sequential" : testWords(comparison)}</span>}
            {pValue !== null && isAdjusted && <span class="detail">adjusted</span>}
          </>
        )}
      </td>
    </>
  );
}

function Range({ words, title }: { words: string | null; title: string }) {
  return words === null ? null : (
    <span class="detail">
      {unbroken(words)} <span class="hidden">({title})</span>
    </span>
  );
}
