import type { Experiment, State } from "../../../core/experiment.ts";
import { stateWords } from "../history/change-notice.tsx";
import { ChangeTable } from "../history/change-table.tsx";
import { changedFields } from "../history/changed-fields.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Layout } from "../ui/layout.tsx";
import { StateBadge } from "../ui/state-badge.tsx";

/** Requested state of an experiment. */
export interface WantedState {
  readonly state: State;
  /** To pause or resume. */
  readonly isPause?: boolean;
  /** To archive or bring back. */
  readonly isArchived?: boolean;
  /** Only with `rollout`. */
  readonly rolloutGroup?: string;
}

interface Props {
  /** Its current state. */
  readonly experiment: Experiment;
  /** Its state on the page that the form was sent from; null when the history does not have it. */
  readonly seen: Experiment | null;
  readonly wanted: WantedState;
}

/**
 * Someone else changed the experiment between the view of a page and the press of a button on it.
 */
export function StateConflictPage({ experiment, seen, wanted }: Props) {
  const { key, title, state, rolloutGroup, updatedBy, version } = experiment;
  const isDone =
    wanted.isArchived === undefined &&
    state === wanted.state &&
    (state !== "rollout" || rolloutGroup === wanted.rolloutGroup);
  return (
    <Layout title="Somebody was faster" section="experiments">
      <h1>Somebody was faster</h1>
      <p role="alert">
        Nothing was done: since you looked at “{title}”, it was changed by {updatedBy}.
      </p>
      <p class="actions">
        It is now <StateBadge experiment={experiment} /> {stateWords(experiment)}
      </p>
      {seen !== null && <ChangeTable caption="What was changed since" changes={changedFields(seen, experiment)} />}
      <div class="actions after">
        {!isDone && (
          <form method="post" action={`/experiments/${key}/state`}>
            <CsrfField />
            <input type="hidden" name="version" value={String(version)} />
            <input type="hidden" name="state" value={wordOf(wanted)} />
            {wanted.rolloutGroup !== undefined && (
              <input type="hidden" name="rolloutGroup" value={wanted.rolloutGroup} />
            )}
            <button type="submit">{wantedWords(wanted)}</button>
          </form>
        )}
        <a class="button" href={`/experiments/${key}`}>
          Look at it first
        </a>
      </div>
    </Layout>
  );
}

/** The form's word for a requested state. */
function wordOf({ state, isPause, isArchived }: WantedState): string {
  if (isArchived !== undefined) return isArchived ? "archive" : "bring back";
  if (!isPause) return state;
  return state === "active" ? "resume" : "pause";
}

function wantedWords({ state, rolloutGroup, isPause, isArchived }: WantedState): string {
  if (isArchived !== undefined) return isArchived ? "Archive it anyway" : "Bring it back anyway";
  if (isPause) return state === "active" ? "Resume it anyway" : "Pause it anyway";
  if (state === "active") return "Start it anyway";
  return state === "inactive" ? "Stop it anyway" : `Roll out to ${rolloutGroup} anyway`;
}
