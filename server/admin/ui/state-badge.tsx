import { type State, type Status, statusOf } from "../../../core/experiment.ts";

export const STATE_NAMES = { active: "Running", inactive: "Stopped", rollout: "Rolled out" } as const satisfies Record<
  State,
  string
>;

/** States for people. */
export const STATUS_NAMES = {
  draft: "Draft",
  running: "Running",
  paused: "Paused",
  stopped: "Stopped",
  rolled_out: "Rolled out",
  archived: "Archived",
} as const satisfies Record<Status, string>;

const LOOKS = {
  draft: { kind: "", shape: "M1 5h10v2H1z" },
  running: { kind: "good", shape: "M2 1l9 5-9 5z" },
  paused: { kind: "note", shape: "M2 1h3v10H2zM7 1h3v10H7z" },
  stopped: { kind: "", shape: "M2 2h8v8H2z" },
  rolled_out: { kind: "note", shape: "M6 0l6 6-6 6-6-6z" },
  archived: { kind: "", shape: "M1 2h10v3H1zM2 6h8v5H2z" },
} as const satisfies Record<Status, { kind: string; shape: string }>;

/** An experiment's state as a word and a shape, independent of colour. */
export function StateBadge({ experiment }: { experiment: Parameters<typeof statusOf>[0] }) {
  const status = statusOf(experiment);
  const { kind, shape } = LOOKS[status];
  return (
    <span class={`badge ${kind}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={shape} />
      </svg>
      {STATUS_NAMES[status]}
    </span>
  );
}
