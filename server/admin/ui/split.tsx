import type { Experiment } from "../../../core/experiment.ts";
import { percent } from "./format.ts";

/** Groups named below a bar in a list; the others are counted. */
const MAX_NAMED = 6;

/** Groups with their shares, and a bar drawn as SVG, so that the page needs no inline style. */
export function Split({ experiment: { groups, state } }: { experiment: Pick<Experiment, "groups" | "state"> }) {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return (
    <>
      <SplitBar weights={groups.map(({ weight }) => weight)} isIdle={state !== "active"} />
      <ul class="groups">
        {groups.slice(0, MAX_NAMED).map(({ name, weight }, index) => (
          <li>
            <Dot group={index} />
            {name} <span class="share">{percent(weight / total)}</span>
          </li>
        ))}
        {groups.length > MAX_NAMED && <li class="share">and {groups.length - MAX_NAMED} more</li>}
      </ul>
    </>
  );
}

/** @param isIdle no visitors are assigned at present */
export function SplitBar({ weights, isIdle }: { weights: readonly number[]; isIdle: boolean }) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let start = 0;
  return (
    <svg class={isIdle ? "split idle" : "split"} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      {weights.map((weight, index) => {
        const width = total > 0 ? (100 * weight) / total : 0;
        const bar = <rect class={`group-${index % 6}`} x={start} y="0" width={width} height="6" />;
        start += width;
        return bar;
      })}
    </svg>
  );
}

/** Colour of a group, by its index. */
export function Dot({ group }: { group: number }) {
  return (
    <svg class="dot" viewBox="0 0 8 8" aria-hidden="true">
      <circle class={`group-${group % 6}`} cx="4" cy="4" r="4" />
    </svg>
  );
}
