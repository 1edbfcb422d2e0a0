import type { Child } from "hono/jsx";
import type { Comparison } from "../../../core/report/comparison.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { percentWords, pWords, wholeWords } from "../../../core/report/number-words.ts";
import type { Report } from "../../../core/report/report.ts";
import { unbroken } from "../ui/format.ts";
import { Time } from "../ui/time.tsx";
import { boundsWords, effectWords } from "./effect.ts";
import { testWords } from "./goal-table.tsx";
import { SplitTable } from "./results-health.tsx";

/** Details: all numbers of every comparison, the split, the days, and the methods. */
export function ResultsDetails({ report }: { report: Report }) {
  const { goals, health, alpha, formulas, from, to, plan, control } = report;
  const comparisons = goals.flatMap((goal) => goal.comparisons.map((comparison) => ({ goal, comparison })));
  return (
    <>
      <h3>Every comparison</h3>
      <div class="compared">
        {comparisons.map(({ goal, comparison }) => (
          <Compared goal={goal} comparison={comparison} alpha={alpha} />
        ))}
      </div>
      {!health.split.mismatch && (
        <>
          <h3>Split</h3>
          <SplitTable split={health.split} />
        </>
      )}
      <h3>What was counted</h3>
      <dl class="facts card">
        <Fact name="First exposures">
          {from === null || to === null ? (
            "none"
          ) : (
            <>
              <Time at={from} /> to <Time at={to} />
            </>
          )}
        </Fact>
        <Fact name="Compared with">{control} (control)</Fact>
        <Fact name="Level">
          {unbroken(`${percentWords(alpha)}, two-sided; intervals of ${percentWords(1 - alpha)}`)}
        </Fact>
        <Fact name="Planned visitors">
          {plan === null ? "none: the sequential test decides" : wholeWords(plan.devices)}
        </Fact>
        <Fact name="One visitor is">{UNITS[health.countedUnit]}</Fact>
        <Fact name="In two groups">{wholeWords(health.twoGroups.devices)}</Fact>
        <Fact name="Exposures without a unit">{wholeWords(health.withoutUnit)}</Fact>
        {health.countedUnit === "device" && (
          <Fact name="Accounts in different groups">{wholeWords(health.splitAccounts)}</Fact>
        )}
      </dl>
      <h3>How it is computed (version {formulas.version})</h3>
      <dl class="facts card formulas">
        {formulas.list.map(({ what, how }) => (
          <Fact name={what}>{unbroken(how)}</Fact>
        ))}
      </dl>
    </>
  );
}

const UNITS = {
  device: "a device",
  account: "an account, on however many devices",
  session: "a session",
  random: "nobody: every request is drawn anew",
} as const satisfies Record<Report["health"]["countedUnit"], string>;

function Fact({ name, children }: { name: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Compared({ goal, comparison, alpha }: { goal: GoalReport; comparison: Comparison; alpha: number }) {
  const { group, control, alwaysValid, chanceToBeatControl, permutations } = comparison;
  const { difference, differenceInterval, lift, liftInterval, pValue, log10P, adjustedP } = comparison;
  const inPoints = (value: number) => effectWords(value, "difference", goal);
  const asLift = (value: number) => effectWords(value, "lift", goal);
  const p = (value: number | null, log: number | null) => (value === null ? "–" : unbroken(pWords(value, log, alpha)));
  const withRange = (value: number | null, range: string | null, words: (value: number) => string) =>
    unbroken(`${value === null ? "–" : words(value)}${range === null ? "" : ` (${range})`}`);
  const test = testWords(comparison);
  return (
    <section class="card" aria-label={`${group} against ${control}, ${goal.label}`}>
      <h4>
        {group} against {control} <span class="detail">{goal.label}</span>
      </h4>
      <dl class="facts">
        <Fact name="Difference">{withRange(difference, boundsWords(differenceInterval, inPoints), inPoints)}</Fact>
        <Fact name="Relative change">{withRange(lift, boundsWords(liftInterval, asLift), asLift)}</Fact>
        <Fact name={test === null ? "p" : `p (${test})`}>
          {p(pValue, log10P)}
          {permutations && (
            <span class="detail">
              {" "}
              of {wholeWords(permutations.drawn)} permutations; the exact one is from {p(permutations.p99[0], null)} to{" "}
              {p(permutations.p99[1], null)}
            </span>
          )}
        </Fact>
        <Fact name={goal.adjustment === "holm" ? "Adjusted (Holm)" : "Adjusted (Benjamini–Hochberg)"}>
          {p(adjustedP, null)}
        </Fact>
        {alwaysValid && (
          <>
            <Fact name="Sequential p">{p(alwaysValid.pValue, alwaysValid.log10P)}</Fact>
            <Fact name="Sequential interval">
              {unbroken(
                boundsWords(alwaysValid.liftInterval, asLift) ??
                  boundsWords(alwaysValid.differenceInterval, inPoints) ??
                  "–",
              )}
            </Fact>
          </>
        )}
        {chanceToBeatControl !== null && (
          <Fact name={`Chance to beat ${control}`}>
            {unbroken(chanceWords(chanceToBeatControl))} <span class="detail">does not protect against peeking</span>
          </Fact>
        )}
      </dl>
      {alwaysValid && (
        <p class="detail">
          Difference, relative change and the first p hold for one single look at a number of visitors that was planned.
          Until then use the sequential results.
        </p>
      )}
    </section>
  );
}

/** Never 0 or 100%: nothing is certain. */
function chanceWords(chance: number): string {
  if (chance > 0.999) return "above 99.9%";
  return chance < 0.001 ? "below 0.1%" : percentWords(chance);
}
