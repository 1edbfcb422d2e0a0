import type { HealthProblem } from "../../../core/report/health.ts";
import { numberWords, percentWords, pWords, wholeWords } from "../../../core/report/number-words.ts";
import type { Report } from "../../../core/report/report.ts";
import type { SplitHealth } from "../../../core/report/split-health.ts";
import { unbroken } from "../ui/format.ts";

const SEVERITIES = { alarm: "Alarm", warning: "Warning", note: "Note" } as const satisfies Record<
  HealthProblem["severity"],
  string
>;
const LOOKS = { alarm: "bad", warning: "note", note: "" } as const satisfies Record<HealthProblem["severity"], string>;
const TICK = "M1 6.5l3.5 3.5L11 2";
const MARK = "M6 1v6.5M6 10v1";

/** Trust checks, before any result. Problems that the verdict names are not repeated. */
export function ResultsHealth({ health, verdict }: Pick<Report, "health" | "verdict">) {
  const { split, problems } = health;
  const isTested = split.status === "ok" || split.status === "small_counts";
  return (
    <>
      {isTested && !split.mismatch && (
        <p class="health-line">
          <Badge look="good" shape={TICK} words="Split as configured" />{" "}
          <span class="detail">
            {split.groups.map(({ group, observed }) => `${group} ${wholeWords(observed)}`).join(", ")}
            {split.pValue !== null && unbroken(` (${pWords(split.pValue, split.log10P, split.threshold)})`)}
          </span>
        </p>
      )}
      {!isTested && !split.mismatch && problems.length === 0 && split.status !== "no_data" && (
        <p class="detail">No problem was found.</p>
      )}
      {problems.map(({ severity, text }) => (
        <div class="health-line">
          <Badge look={LOOKS[severity]} shape={MARK} words={SEVERITIES[severity]} />{" "}
          {verdict.sentences.includes(text) ? "Visitors are not split as configured:" : unbroken(text)}
        </div>
      ))}
      {split.mismatch && <SplitTable split={split} />}
    </>
  );
}

function Badge({ look, shape, words }: { look: string; shape: string; words: string }) {
  return (
    <span class={`badge ${look}`}>
      <svg class="stroke" viewBox="0 0 12 12" aria-hidden="true">
        <path d={shape} />
      </svg>
      {words}
    </span>
  );
}

/** Expected and observed devices of each group. */
export function SplitTable({ split }: { split: SplitHealth }) {
  return (
    <table class="stack split-table">
      <caption class="detail">Visitors by group</caption>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" class="number">
            Weight
          </th>
          <th scope="col" class="number">
            Expected
          </th>
          <th scope="col" class="number">
            Seen
          </th>
        </tr>
      </thead>
      <tbody>
        {split.groups.map(({ group, weight, expected, expectedShare, observed, share }) => (
          <tr>
            <th scope="row">{group}</th>
            <td data-label="Weight" class="number">
              {numberWords(weight, 15)}
            </td>
            <td data-label="Expected" class="number">
              {wholeWords(expected)} <span class="detail">{unbroken(percentWords(expectedShare))}</span>
            </td>
            <td data-label="Seen" class="number">
              {wholeWords(observed)} {share !== null && <span class="detail">{unbroken(percentWords(share))}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
