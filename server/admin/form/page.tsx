import type { Experiment } from "../../../core/experiment.ts";
import type { Problem } from "../../../core/parse.ts";
import type { SeenNames } from "../../events/seen-names.ts";
import { UnseenGoals } from "../experiments/unseen-goals.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Errors } from "../ui/errors.tsx";
import { Layout } from "../ui/layout.tsx";
import { Consequence } from "./consequence.tsx";
import type { ExperimentForm } from "./fields.ts";
import { FormAdvanced } from "./form-advanced.tsx";
import { FormAudience } from "./form-audience.tsx";
import { errorsOf, Field, type FormState, fieldId } from "./form-field.tsx";
import { FormGoals } from "./form-goals.tsx";
import { FormGroups } from "./form-groups.tsx";
import { placesOf } from "./form-places.ts";

export interface ExperimentFormProps {
  readonly form: ExperimentForm;
  /** The edited experiment's current state; null for a new one. */
  readonly edited: Experiment | null;
  /** The experiment after saving; null when it cannot be saved. */
  readonly after: Experiment | null;
  /** The other experiments. */
  readonly others: readonly Experiment[];
  readonly problems: readonly Problem[];
  readonly focus?: string | null;
  /** Names recently seen in the log. */
  readonly seen: SeenNames;
}

/**
 * Form that creates or edits an experiment. Every button submits it; all entered values come back.
 */
export function ExperimentFormPage(props: ExperimentFormProps) {
  const { form, edited, after, others, focus = null } = props;
  const place = placesOf(form);
  const problems = inOrder(props.problems, place);
  const state: FormState = { errors: errorsOf(problems, place), focus };
  const action = edited === null ? "/experiments/new" : `/experiments/${edited.key}/edit`;
  const title = edited === null ? "New experiment" : `Edit ${edited.title}`;
  return (
    <Layout title={title} section="experiments">
      <h1>{title}</h1>
      <Errors
        problems={problems}
        nameOf={(group) => form.groups[group]?.name}
        placeOf={(field) => {
          const name = place(field);
          return name === null ? null : fieldId(name);
        }}
      />
      <form method="post" action={action} class="experiment-form" novalidate data-live-form>
        <CsrfField />
        {/* What the Enter key does: the first button of a form, which would be one that adds or removes something. */}
        <button type="submit" class="hidden" name="action" value="save" tabindex={-1}>
          Save
        </button>
        {edited !== null && <input type="hidden" name="version" value={String(edited.version)} />}
        <Naming form={form} state={state} isNew={edited === null} />
        <FormGroups form={form} state={state} action={action} />
        <FormAudience form={form} state={state} others={others} />
        <FormGoals form={form} state={state} action={action} seen={props.seen} />
        <FormAdvanced form={form} state={state} action={action} />
        <section class="part" aria-labelledby="saving">
          <div class="part-head">
            <h2 id="saving">What saving does</h2>
          </div>
          <div class="part-body">
            <div id="live-consequence" data-live>
              {edited === null ? (
                <p>It is created as a draft: nobody sees a difference until you start it.</p>
              ) : (
                <Consequence before={edited} after={after} />
              )}
              <UnseenGoals goals={(after ?? edited)?.goals ?? []} seen={props.seen} />
            </div>
            <div class="actions">
              <button type="submit" class="primary" name="action" value="save">
                {edited === null ? "Create" : "Save"}
              </button>
              <button type="submit" name="action" value="check">
                Check and preview
              </button>
              <a class="button quiet" href={edited === null ? "/experiments" : `/experiments/${edited.key}`}>
                Cancel
              </a>
            </div>
          </div>
        </section>
      </form>
    </Layout>
  );
}

/** Sections of the page in order; a field belongs to the first one that its name begins with. */
const ORDER = [
  "title",
  "key",
  "description",
  "groups",
  "control",
  "fallback",
  "share",
  "layer",
  "routes",
  "rule",
].concat(["dependsOn", "goals", "plan", "unit", "salt", "allocations"]);

/** Sorts problems by their position on the page; those without a field come last. */
function inOrder(problems: readonly Problem[], place: (field: string) => string | null): Problem[] {
  const rank = ({ field }: Problem) => {
    const at = ORDER.findIndex((part) => place(field)?.startsWith(part));
    return at === -1 ? ORDER.length : at;
  };
  return [...problems].sort((a, b) => rank(a) - rank(b));
}

function Naming({ form, state, isNew }: { form: ExperimentForm; state: FormState; isNew: boolean }) {
  return (
    <section class="part" aria-labelledby="naming">
      <div class="part-head">
        <h2 id="naming">Name</h2>
        <p class="hint">
          The title is for people. The key is what your pages, scripts and the hash know: it never changes.
        </p>
      </div>
      <div class="part-body">
        <Field
          name="title"
          label="Title"
          state={isNew && state.focus === null && state.errors.size === 0 ? { ...state, focus: "title" } : state}
          input={(attributes) => <input {...attributes} value={form.title} autocomplete="off" />}
        />
        {isNew ? (
          <Field
            name="key"
            label="Key"
            hint="Made from the title when you leave it empty."
            state={state}
            input={(attributes) => (
              <input
                {...attributes}
                class="mono"
                value={form.key}
                maxlength={100}
                autocomplete="off"
                spellcheck={false}
              />
            )}
          />
        ) : (
          <p class="field">
            <span class="label">Key</span> <code>{form.key}</code>
          </p>
        )}
        <Field
          name="description"
          label="Description"
          hint="What you expect, and why."
          state={state}
          input={(attributes) => (
            <textarea {...attributes} class="low" rows={2}>
              {`\n${form.description}`}
            </textarea>
          )}
        />
      </div>
    </section>
  );
}
