import type { Experiment } from "../../../core/experiment.ts";
import type { ExperimentEntry } from "../../registry/history-entry.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Layout } from "../ui/layout.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { ChangeLines } from "./change-lines.tsx";
import { entryChanges, experimentChanges } from "./entry-changes.ts";
import { revertConsequences } from "./revert-consequences.ts";

interface Props {
  /** The change to revert. */
  readonly entry: ExperimentEntry;
  /** The experiment's current state; null when it was removed. */
  readonly current: Experiment | null;
  /** Whether it has changed again since: a revert undoes those changes as well. */
  readonly isChangedSince: boolean;
  /** The state after the revert, or why it is impossible. */
  readonly after: Experiment | string;
  /** Why the requested revert was rejected; null before it was requested. */
  readonly error: string | null;
}

/** Shows the consequences of a revert now, and asks for confirmation. */
export function RevertPage({ entry, current, isChangedSince, after, error }: Props) {
  const { number, key } = entry;
  return (
    <Layout title={`Revert change ${number}`} section="history">
      <h1>
        Revert change {number} of <code>{key}</code>?
      </h1>
      {error !== null && (
        <div class="errors" role="alert">
          <p>{error}</p>
        </div>
      )}
      {typeof after === "string" ? (
        <div class="card">
          <p>It cannot be reverted now: {after}.</p>
          <Back entry={entry} words="Back to the history" />
        </div>
      ) : (
        <Proposal entry={entry} current={current} isChangedSince={isChangedSince} after={after} />
      )}
      <details class="reverted-change">
        <summary>What change {number} did</summary>
        <p class="detail">
          <Time at={entry.at} /> by {entry.by}
        </p>
        <ChangeLines changes={entryChanges(entry)} />
      </details>
    </Layout>
  );
}

function Proposal({
  entry,
  current,
  isChangedSince,
  after,
}: Pick<Props, "entry" | "current" | "isChangedSince"> & { after: Experiment }) {
  const changes = current && experimentChanges(current, after);
  if (changes?.length === 0) {
    return (
      <div class="card">
        <p>Nothing would change: the experiment is as it was before change {entry.number} already.</p>
        <Back entry={entry} words="Back to the history" />
      </div>
    );
  }
  return (
    <div class="card">
      <h2>What will change</h2>
      {changes ? (
        <ChangeLines changes={changes} />
      ) : (
        <p>
          <strong>{after.title}</strong> <StateBadge experiment={after} />
        </p>
      )}
      {isChangedSince && (
        <p class="consequence">Everything goes that was changed after it, too: this goes back before all of that.</p>
      )}
      {revertConsequences(current, after).map((sentence) => (
        <p class="consequence">{sentence}</p>
      ))}
      <form method="post" action={`/experiments/history/${entry.number}/revert`}>
        <CsrfField />
        {/* Of the version that this page is about: somebody else may change it before the button is pressed. */}
        <input type="hidden" name="version" value={String(current?.version ?? 0)} />
        <div class="actions">
          <button type="submit" class="primary">
            Revert change {entry.number}
          </button>
          <Back entry={entry} words="Cancel" />
        </div>
      </form>
    </div>
  );
}

function Back({ entry: { key, number }, words }: { entry: ExperimentEntry; words: string }) {
  return <a href={`/experiments/${key}/history#change-${number}`}>{words}</a>;
}
