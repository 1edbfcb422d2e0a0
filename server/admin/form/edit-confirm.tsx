import type { Experiment } from "../../../core/experiment.ts";
import { ChangeTable } from "../history/change-table.tsx";
import { changedFields } from "../history/changed-fields.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Layout } from "../ui/layout.tsx";
import { Consequence } from "./consequence.tsx";
import type { ExperimentForm } from "./fields.ts";
import { HiddenFields } from "./hidden-fields.tsx";

interface Props {
  readonly form: ExperimentForm;
  readonly before: Experiment;
  readonly after: Experiment;
}

/** Asks for confirmation of a change of a running experiment that opens a new epoch. */
export function EditConfirmPage({ form, before, after }: Props) {
  const { key, title, version } = before;
  return (
    <Layout title={`Save ${title}?`} section="experiments">
      <h1>Save “{title}”?</h1>
      <p>It is running, and this changes who gets which group. Nothing is saved yet.</p>
      <div class="warning" role="alert">
        <Consequence before={before} after={after} />
      </div>
      <ChangeTable caption="What is changed" changes={changedFields(before, after)} />
      <form method="post" action={`/experiments/${key}/edit`} class="actions after">
        <CsrfField />
        <input type="hidden" name="version" value={String(version)} />
        <HiddenFields form={form} />
        <button type="submit" class="primary" name="action" value="confirm">
          Save and begin a new period
        </button>
        <button type="submit" name="action" value="back">
          Back to the form
        </button>
      </form>
    </Layout>
  );
}
