import { isDeepStrictEqual } from "node:util";
import { DEFINITION_FIELDS, type Experiment } from "../../../core/experiment.ts";
import { impact, splitOf } from "../../../core/impact.ts";
import { percent } from "../ui/format.ts";

interface Props {
  readonly before: Experiment;
  /** The experiment after saving; null when it cannot be saved. */
  readonly after: Experiment | null;
}

/** Consequences of saving for devices and counts, before it is saved. */
export function Consequence({ before, after }: Props) {
  if (after === null) return <p class="hint">It cannot be saved like this yet.</p>;
  if (isSameDefinition(before, after)) return <p class="hint">Nothing is changed yet.</p>;
  const { moved, least } = impact(splitOf(before), splitOf(after));
  const keeps = after.sticky && after.unit === "device" && before.unit === "device";
  return (
    <>
      {moved > 0 && (
        <p>
          The hash gives <strong>{percent(moved)}</strong> of the visitors another group; at least {percent(least)} have
          to change for these weights.{" "}
          {keeps
            ? "Known visitors keep their group and are counted as before; new ones follow the new weights."
            : "Nothing keeps them in their group: it is not sticky."}
        </p>
      )}
      {moved === 0 && <p>No visitor gets another group.</p>}
      {after.epoch > before.epoch ? (
        <p>
          <strong>A new period begins.</strong> It counts from 0, and its results are never mixed with those of earlier
          ones.
        </p>
      ) : (
        <p>
          {before.state === "active"
            ? "The current period goes on."
            : "It is not running: nobody sees a difference yet."}
        </p>
      )}
    </>
  );
}

export function isSameDefinition(one: Experiment, other: Experiment): boolean {
  return DEFINITION_FIELDS.every((field) => isDeepStrictEqual(one[field], other[field]));
}
