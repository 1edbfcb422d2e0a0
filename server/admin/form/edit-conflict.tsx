import type { Definition, Experiment } from "../../../core/experiment.ts";
import { ChangeTable } from "../history/change-table.tsx";
import { changedFields } from "../history/changed-fields.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { fieldWords } from "../ui/field-words.ts";
import { Layout } from "../ui/layout.tsx";
import { Time } from "../ui/time.tsx";
import { HiddenFields } from "./hidden-fields.tsx";
import type { Merged } from "./merge.ts";

interface Props {
  /** Its current state. */
  readonly experiment: Experiment;
  /** Its state when the form was opened; null when the history does not have it. */
  readonly seen: Experiment | null;
  /** The entered values, as far as they are a definition. */
  readonly entered: Definition;
  /** The entered values merged with the current state. */
  readonly merged: Merged;
}

/**
 * Someone else saved the experiment while a form of it was open: their changes, the entered values,
 * and how to proceed.
 */
export function EditConflictPage({ experiment, seen, entered, merged }: Props) {
  const { key, title, version, updatedBy, updatedAt } = experiment;
  return (
    <Layout title="Someone else saved first" section="experiments">
      <h1>Someone else saved first</h1>
      <div class="warning" role="alert">
        <p>
          Nothing was saved: while you edited “{title}”, {updatedBy} changed it, <Time at={updatedAt} />. What you
          entered is kept.
        </p>
        {merged.both.length > 0 && (
          <p>
            Both of you changed{" "}
            {merged.both.map((field) => fieldWords(field, (group) => merged.form.groups[group]?.name)).join("; ")}. The
            form has what you entered.
          </p>
        )}
      </div>
      {seen !== null && (
        <ChangeTable
          caption="What they changed"
          changes={changedFields(seen, experiment)}
          headings={["Before", "Now"]}
        />
      )}
      <div class="after">
        <ChangeTable
          caption="What you entered"
          changes={changedFields(seen ?? experiment, { ...entered, ...stateOf(seen ?? experiment) })}
          headings={[seen ? "Before" : "Now", "Yours"]}
        />
      </div>
      <form method="post" action={`/experiments/${key}/edit`} class="actions after">
        <CsrfField />
        <input type="hidden" name="version" value={String(version)} />
        <HiddenFields form={merged.form} />
        <button type="submit" class="primary" name="action" value="back">
          Keep editing, on top of theirs
        </button>
        <a class="button" href={`/experiments/${key}`}>
          Drop what I entered
        </a>
      </form>
    </Layout>
  );
}

const stateOf = ({ state, rolloutGroup }: Experiment) => ({ state, rolloutGroup });
