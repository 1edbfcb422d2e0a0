import type { GoalReport } from "../../../core/report/goal-report.ts";
import { percentWords } from "../../../core/report/number-words.ts";
import { unbroken } from "../ui/format.ts";
import { boundsWords, type EffectGoal, type EffectUnit, effectOf, effectUnit, effectWords } from "./effect.ts";
import { plotScale } from "./plot-scale.ts";

const ROW = 46;
const AXIS = 26;
/** Longer names would leave small screens; the table has whole names. */
const MAX_NAME_LENGTH = 16;

interface Props {
  readonly goal: GoalReport;
  /** Index of the goal in the report, which makes IDs unique. */
  readonly place: number;
  readonly alpha: number;
}

/**
 * Interval of each group's effect, and the line of no effect. Positions are in percent of the
 * width, so that texts keep their size on small screens.
 */
export function IntervalPlot({ goal, place, alpha }: Props) {
  const unit = effectUnit(goal);
  const rows = goal.comparisons.map((comparison) => ({ ...effectOf(comparison, unit), group: comparison.group }));
  const known = rows.filter(({ bounds }) => bounds !== null);
  if (known.length === 0) return <p class="detail">{unbroken(noIntervalWords(goal))}</p>;
  const ends = known.flatMap(({ bounds, estimate }) => [...(bounds ?? []), estimate]).filter((end) => end !== null);
  const { at, ticks } = plotScale([0, ...ends], 8);
  const x = (value: number) => `${at(value).toFixed(2)}%`;
  const height = rows.length * ROW;
  const control = goal.comparisons[0]?.control ?? "";
  const words = (value: number) => effectWords(value, unit, goal);
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  // Small screens have room for every third label.
  const isMinor = (tick: number) => Math.round(tick / step) % 3 !== 0;
  const id = `intervals-${place}`;
  return (
    <svg class="plot" role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={height + AXIS}>
      <title id={`${id}-title`}>
        {unit === "lift" ? "Lift" : "Difference"} of “{goal.label}” against {control}
      </title>
      <desc id={`${id}-desc`}>
        {rows
          .map(({ group, estimate, bounds }) => {
            const range = boundsWords(bounds, words) ?? "no interval";
            return `${group}: ${estimate === null ? "" : `${words(estimate)}, `}${range} (${percentWords(1 - alpha)} interval).`;
          })
          .join(" ")}
      </desc>
      {ticks.map((tick) => (
        <>
          <line class={tick === 0 ? "zero" : "grid"} x1={x(tick)} x2={x(tick)} y1="0" y2={height} />
          <text
            class={isMinor(tick) ? "tick minor" : "tick"}
            x={x(tick)}
            y={height + 18}
            text-anchor={anchor(at(tick))}
          >
            {tick === 0 ? `as ${shortName(control)}` : tickWords(tick, unit, goal)}
          </text>
        </>
      ))}
      {rows.map(({ group, bounds, estimate }, row) => {
        const index = goal.groups.findIndex((other) => other.group === group) % 6;
        const y = row * ROW + 32;
        const [lower, upper] = bounds ?? [null, null];
        return (
          <g class={`group-${index}`}>
            <text class="name" x="0" y={row * ROW + 16}>
              {shortName(group)}
            </text>
            {bounds && (
              <line
                class="interval"
                x1={lower === null ? "0%" : x(lower)}
                x2={upper === null ? "100%" : x(upper)}
                y1={y}
                y2={y}
              />
            )}
            {bounds && lower !== null && <line class="end" x1={x(lower)} x2={x(lower)} y1={y - 6} y2={y + 6} />}
            {bounds && upper !== null && <line class="end" x1={x(upper)} x2={x(upper)} y1={y - 6} y2={y + 6} />}
            {estimate !== null && <circle class="estimate" cx={x(estimate)} cy={y} r="6" />}
          </g>
        );
      })}
    </svg>
  );
}

function noIntervalWords({ comparisons }: GoalReport): string {
  return comparisons.some(({ alwaysValid }) => alwaysValid?.status === "too_few")
    ? "There is no interval yet: a sequential one needs 100 visitors of each group who have a value."
    : "There is no interval yet.";
}

/** Keeps labels at the ends within the plot. */
function anchor(place: number): "start" | "middle" | "end" {
  return place < 20 ? "start" : place > 80 ? "end" : "middle";
}

function tickWords(tick: number, unit: EffectUnit, goal: EffectGoal): string {
  if (unit === "difference" && goal.kind === "binary") return effectWords(tick, "lift", goal).replace("%", " pt");
  return effectWords(tick, unit, goal);
}

function shortName(name: string): string {
  const characters = [...name];
  return characters.length <= MAX_NAME_LENGTH ? name : `${characters.slice(0, MAX_NAME_LENGTH - 1).join("")}…`;
}
