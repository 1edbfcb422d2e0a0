import type { ReportDay } from "../../../core/report/daily.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { boundsWords, effectWords } from "./effect.ts";
import { plotScale } from "./plot-scale.ts";

const HEIGHT = 200;
const AXIS = 24;

interface Props {
  readonly goal: GoalReport;
  /** Index of the goal in the report. */
  readonly place: number;
  readonly days: readonly ReportDay[];
}

interface Point {
  readonly day: number;
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/** Whether any day has a band. */
export function hasEffect({ goal, place, days }: Props): boolean {
  return goal.groups.some((_, index) => pointsOf(days, index, place).length > 0);
}

/**
 * Difference from the control, cumulative by day, with its always-valid band. Positions are in
 * percent of the width, so that texts keep their size on small screens.
 */
export function EffectPlot({ goal, place, days }: Props) {
  const series = goal.groups
    .map(({ group, isControl }, index) => ({ group, isControl, index, points: pointsOf(days, index, place) }))
    .filter(({ isControl, points }) => !isControl && points.length > 0);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last || series.length === 0) return null;
  const control = goal.comparisons[0]?.control ?? "";
  const { at, ticks } = plotScale(
    [0, ...series.flatMap(({ points }) => points.flatMap(({ lower, upper }) => [lower, upper]))],
    5,
  );
  const x = (day: number) => (days.length === 1 ? 50 : 2 + (96 * day) / (days.length - 1));
  const y = (value: number) => 100 - at(value);
  const px = (value: number) => (HEIGHT * y(value)) / 100;
  const words = (value: number) => effectWords(value, "difference", goal);
  const id = `effect-${place}`;
  return (
    <>
      <svg class="plot" role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={HEIGHT + AXIS}>
        <title id={`${id}-title`}>
          Difference of “{goal.label}” from {control}, of all visitors up to each day
        </title>
        <desc id={`${id}-desc`}>
          {series
            .map(({ group, points }) => {
              const end = points.at(-1);
              return end && `${group}: ${words(end.difference)}, ${boundsWords([end.lower, end.upper], words)}.`;
            })
            .join(" ")}
        </desc>
        {ticks.map((tick) => (
          <>
            <line class={tick === 0 ? "zero" : "grid"} x1="0" x2="100%" y1={px(tick)} y2={px(tick)} />
            <text class="tick" x="0" y={px(tick) - 4}>
              {tick === 0 ? "0" : words(tick)}
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
          {series.map(({ index, points }) => (
            <>
              <polygon class={`band group-${index % 6}`} points={outline(points, x, y)} />
              <polyline
                class={`series group-${index % 6}`}
                vector-effect="non-scaling-stroke"
                points={points.map(({ day, difference }) => coordinates(x(day), y(difference))).join(" ")}
              />
            </>
          ))}
        </svg>
        {series.map(({ index, points }) => {
          const end = points.at(-1);
          return (
            end && (
              <g class={`group-${index % 6}`}>
                <line
                  class="interval thin"
                  x1={`${x(end.day)}%`}
                  x2={`${x(end.day)}%`}
                  y1={px(end.lower)}
                  y2={px(end.upper)}
                />
                <circle class="estimate" cx={`${x(end.day)}%`} cy={px(end.difference)} r="4" />
              </g>
            )
          );
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
        {series.map(({ group, index }) => (
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

function pointsOf(days: readonly ReportDay[], group: number, place: number): Point[] {
  return days.flatMap(({ groups }, day) => {
    const { difference = null, differenceInterval = null } = groups[group]?.goals[place] ?? {};
    const [lower, upper] = differenceInterval ?? [null, null];
    return difference === null || lower === null || upper === null ? [] : [{ day, difference, lower, upper }];
  });
}

/** Upper ends from left to right, then the lower ones back. */
function outline(points: readonly Point[], x: (day: number) => number, y: (value: number) => number): string {
  const there = points.map(({ day, upper }) => coordinates(x(day), y(upper)));
  const back = points.toReversed().map(({ day, lower }) => coordinates(x(day), y(lower)));
  return [...there, ...back].join(" ");
}

function coordinates(x: number, y: number): string {
  return `${x.toFixed(2)},${y.toFixed(2)}`;
}
