import type { ReportDay } from "../../../core/report/daily.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { percentWords } from "../../../core/report/number-words.ts";
import { plotScale } from "./plot-scale.ts";

const HEIGHT = 180;
const AXIS = 24;

interface Props {
  readonly goal: GoalReport;
  /** Index of the goal in the report. */
  readonly place: number;
  readonly days: readonly ReportDay[];
}

/** Cumulative rate of each group, day by day. Days without new visitors are left out. */
export function DailyPlot({ goal, place, days }: Props) {
  const series = goal.groups.map(({ group }, index) => ({
    group,
    points: days.flatMap(({ groups }, day) => {
      const rate = groups[index]?.goals[place]?.rateSoFar ?? null;
      return rate === null ? [] : [{ day, rate }];
    }),
  }));
  const rates = series.flatMap(({ points }) => points.map(({ rate }) => rate));
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last || rates.length === 0) return null;
  const { at, ticks } = plotScale(rates, 4);
  const x = (day: number) => (days.length === 1 ? 50 : 2 + (96 * day) / (days.length - 1));
  const y = (rate: number) => 100 - at(rate);
  const px = (rate: number) => (HEIGHT * y(rate)) / 100;
  const id = `days-${place}`;
  return (
    <>
      <svg class="plot" role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={HEIGHT + AXIS}>
        <title id={`${id}-title`}>Share of visitors with “{goal.label}”, of all up to each day</title>
        <desc id={`${id}-desc`}>
          {series
            .map(({ group, points }) => {
              const [from, to] = [points[0], points.at(-1)];
              if (!from || !to) return `${group}: no visitors.`;
              return from === to
                ? `${group}: ${percentWords(to.rate)}.`
                : `${group}: from ${percentWords(from.rate)} to ${percentWords(to.rate)}.`;
            })
            .join(" ")}
        </desc>
        {ticks.map((tick) => (
          <>
            <line class="grid" x1="0" x2="100%" y1={px(tick)} y2={px(tick)} />
            <text class="tick" x="0" y={px(tick) - 4}>
              {percentWords(tick)}
            </text>
          </>
        ))}
        <svg
          x="0"
          y="0"
          width="100%"
          height={HEIGHT}
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {series.map(({ points }, index) => (
            <polyline
              class={`series group-${index % 6}`}
              vector-effect="non-scaling-stroke"
              points={points.map(({ day, rate }) => `${x(day).toFixed(2)},${y(rate).toFixed(2)}`).join(" ")}
            />
          ))}
        </svg>
        {series.map(({ points }, index) => {
          const end = points.at(-1);
          return end && <circle class={`group-${index % 6}`} cx={`${x(end.day)}%`} cy={px(end.rate)} r="4" />;
        })}
        <text class="tick" x="0" y={HEIGHT + 18}>
          {first.day}
        </text>
        {last !== first && (
          <text class="tick" x="100%" y={HEIGHT + 18} text-anchor="end">
            {last.day}
          </text>
        )}
      </svg>
      <ul class="groups legend">
        {series.map(({ group }, index) => (
          <li>
            <svg class="sample" viewBox="0 0 28 8" aria-hidden="true">
              <line class={`series group-${index % 6}`} x1="0" x2="28" y1="4" y2="4" />
            </svg>
            {group}
          </li>
        ))}
      </ul>
    </>
  );
}
