import type { Experiment } from "../../core/experiment.ts";
import { percent } from "./percent.ts";

/** The groups with their shares, and a bar drawn as SVG so that the page needs no inline style. */
export function Split({ experiment: { groups, state } }: { experiment: Experiment }) {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let start = 0;
  return (
    <>
      <svg
        class={state === "active" ? "split" : "split idle"}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {groups.map(({ weight }, index) => {
          const width = (100 * weight) / total;
          const bar = <rect class={`group-${index % 6}`} x={start} y="0" width={width} height="6" />;
          start += width;
          return bar;
        })}
      </svg>
      <ul class="groups">
        {groups.map(({ name, weight }, index) => (
          <li>
            <svg class="dot" viewBox="0 0 8 8" aria-hidden="true">
              <circle class={`group-${index % 6}`} cx="4" cy="4" r="4" />
            </svg>
            {name} <span class="share">{percent(weight / total)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
