import type { Experiment } from "../../../core/experiment.ts";
import type { ExperimentEntry } from "../../registry/history-entry.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Notice } from "../ui/notice.tsx";
import type { ShownChange } from "./shown-change.ts";

interface Props {
  readonly change: ShownChange;
  /** Page to return to. */
  readonly from: "list" | "experiment";
}

/** Confirmation of a change of an experiment, its consequences, and a button that undoes it. */
export function ChangeNotice({ change: { entry, undo }, from }: Props) {
  return (
    <Notice>
      <p>{wordsOf(entry)}</p>
      {undo && (
        <form method="post" action="/experiments/undo" class="actions">
          <CsrfField />
          <input type="hidden" name="number" value={String(entry.number)} />
          <input type="hidden" name="version" value={String(undo.version)} />
          <input type="hidden" name="from" value={from} />
          <button type="submit" aria-describedby={undo.opensEpoch ? "undo-hint" : undefined}>
            Undo
          </button>
          {undo.opensEpoch && <span id="undo-hint">Undoing begins a new period: counts start from 0.</span>}
        </form>
      )}
    </Notice>
  );
}

function wordsOf({ action, before, after, key }: ExperimentEntry): string {
  const title = `“${(after ?? before)?.title ?? key}”`;
  if (after === null) return `${title} is deleted. What it counted stays in the log.`;
  const isNewEpoch = after.epoch > (before?.epoch ?? 0);
  switch (action) {
    case "created":
      return `${title} is created. ${stateWords(after, isNewEpoch)}`;
    case "started":
      return `${title} is running. ${stateWords(after, isNewEpoch)}`;
    case "stopped":
      return `${title} is stopped. ${stateWords(after)}`;
    case "paused":
      return `${title} is paused. ${stateWords(after)}`;
    case "resumed":
      return `${title} is running again. ${stateWords(after)}`;
    case "rolled_out":
      return `${title} is rolled out. ${stateWords(after)}`;
    case "reverted":
      return `${title} is as it was before. ${stateWords(after, isNewEpoch)}`;
    default:
      return `${title} is saved. ${stateWords(after, isNewEpoch)}`;
  }
}

/** Consequence of a state for visitors and counts. */
export function stateWords({ state, fallback, rolloutGroup, pausedAt }: Experiment, isNewEpoch = false): string {
  if (state === "active") return `Visitors are split and counted${isNewEpoch ? ", from 0 in a new period" : ""}.`;
  if (state === "rollout") return `Everyone gets ${rolloutGroup}, and nothing is counted.`;
  if (pausedAt !== null) return `Everyone sees ${fallback}, and nobody new is counted until it is resumed.`;
  return `Everyone sees ${fallback}, and nothing is counted.`;
}
