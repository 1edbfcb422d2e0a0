import type { State } from "../../core/experiment.ts";

const STATES = {
  active: { word: "Active", kind: "good", shape: "M2 1l9 5-9 5z" },
  inactive: { word: "Inactive", kind: "", shape: "M2 2h8v8H2z" },
  rollout: { word: "Rolled out", kind: "note", shape: "M6 0l6 6-6 6-6-6z" },
} as const satisfies Record<State, { word: string; kind: string; shape: string }>;

/** An experiment's state as a word and a shape, so that nobody needs to see the colour. */
export function StateBadge({ state }: { state: State }) {
  const { word, kind, shape } = STATES[state];
  return (
    <span class={`badge ${kind}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={shape} />
      </svg>
      {word}
    </span>
  );
}
