import type { State } from "../../../core/experiment.ts";

export const STATE_NAMES = { active: "Running", inactive: "Stopped", rollout: "Rolled out" } as const satisfies Record<
  State,
  string
>;

const LOOKS = {
  active: { kind: "good", shape: "M2 1l9 5-9 5z" },
  inactive: { kind: "", shape: "M2 2h8v8H2z" },
  rollout: { kind: "note", shape: "M6 0l6 6-6 6-6-6z" },
} as const satisfies Record<State, { kind: string; shape: string }>;

/** An experiment's state as a word and a shape, independent of colour. */
export function StateBadge({ state }: { state: State }) {
  const { kind, shape } = LOOKS[state];
  return (
    <span class={`badge ${kind}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={shape} />
      </svg>
      {STATE_NAMES[state]}
    </span>
  );
}
