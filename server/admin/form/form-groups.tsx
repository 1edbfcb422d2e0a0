import { Preview } from "../experiments/preview.tsx";
import { percent } from "../ui/format.ts";
import { Dot, SplitBar } from "../ui/split.tsx";
import { effectiveShares } from "./effective-shares.ts";
import type { ExperimentForm, GroupFields } from "./fields.ts";
import { attributesOf, Field, FieldErrors, type FormState, fieldId } from "./form-field.tsx";

interface Props {
  readonly form: ExperimentForm;
  readonly state: FormState;
  /** The form's action, so that a button can lead to a fragment of the answer. */
  readonly action: string;
}

/** The groups of the form: names, weights, and content. */
export function FormGroups({ form, state, action }: Props) {
  const { groups } = form;
  const shares = effectiveShares(form);
  return (
    <section class="part" aria-labelledby="groups">
      <div class="part-head">
        <h2 id="groups">Groups</h2>
        <p class="hint">
          Who takes part gets one group, and keeps it. Weights say how visitors are split: with 50 and 50 each group
          gets half, with 1 and 3 the second gets three quarters.
        </p>
        <p class="hint">
          What a group sees is HTML here, or a template of its name in your page: then leave the HTML empty.
        </p>
      </div>
      <div class="part-body">
        <FieldErrors name="groups" state={state} />
        <FieldErrors name="control" state={state} />
        <FieldErrors name="fallback" state={state} />
        <div id="live-split" data-live>
          <SplitBar weights={shares.groups.map((share) => share ?? 0)} isIdle={false} />
        </div>
        {groups.map((group, place) => (
          <GroupCard
            group={group}
            place={place}
            share={shares.groups[place] ?? null}
            traffic={shares.traffic}
            form={form}
            state={state}
            action={action}
          />
        ))}
        <button
          type="submit"
          name="action"
          value="add-group"
          formaction={`${action}#${fieldId(nameOf(groups.length))}`}
          id="add-group"
          autofocus={state.focus === "add-group"}
        >
          Add a group
        </button>
      </div>
    </section>
  );
}

const nameOf = (place: number) => `groups[${place}].name`;

interface CardProps extends Props {
  readonly group: GroupFields;
  readonly place: number;
  readonly share: number | null;
  readonly traffic: number | null;
}

function GroupCard({ group, place, share, traffic, form, state, action }: CardProps) {
  const part = (name: keyof GroupFields) => `groups[${place}].${name}`;
  const called = group.name.trim() === "" ? `group ${place + 1}` : `group ${group.name}`;
  return (
    <fieldset class="card group">
      <legend>
        <Dot group={place} /> {called.charAt(0).toUpperCase() + called.slice(1)}
      </legend>
      <div class="fields">
        <Field
          name={part("name")}
          label="Name"
          state={state}
          input={(attributes) => <input {...attributes} value={group.name} maxlength={64} autocomplete="off" />}
        />
        <Field
          name={part("weight")}
          label="Weight"
          state={state}
          class="short"
          input={(attributes) => (
            <input {...attributes} class="number" value={group.weight} inputmode="numeric" autocomplete="off" />
          )}
        />
        <p class="share" id={`live-share-${place}`} data-live>
          {shareWords(share, traffic)}
        </p>
      </div>
      <div class="fields roles">
        <Role name="control" place={place} chosen={form.control} state={state}>
          Control: the others are compared with it
        </Role>
        <Role name="fallback" place={place} chosen={form.fallback} state={state}>
          Fallback: shown while it is stopped
        </Role>
      </div>
      <div class="content">
        <Field
          name={part("html")}
          label="HTML that visitors see"
          state={state}
          input={(attributes) => (
            <textarea {...attributes} class="mono" rows={6} spellcheck={false}>
              {`\n${group.html}`}
            </textarea>
          )}
        />
        <div class="field" id={`live-preview-${place}`} data-live>
          <p class="label">Preview</p>
          {group.html.trim() === "" ? (
            <p class="preview none">Nothing to show here: it is in your page.</p>
          ) : (
            <Preview title={`Preview of ${called}`} html={group.html} />
          )}
        </div>
      </div>
      <details open={hasMore(group, place, state)}>
        <summary>Note, payload and number</summary>
        <div class="fields even">
          <Field
            name={part("label")}
            label="Note"
            hint="For you and your colleagues."
            state={state}
            input={(attributes) => <input {...attributes} value={group.label} />}
          />
          <Field
            name={part("value")}
            label="Number"
            hint="For dashboards; the control's is 0. Counted up when it is empty."
            state={state}
            input={(attributes) => <input {...attributes} value={group.value} inputmode="numeric" />}
          />
        </div>
        <Field
          name={part("payload")}
          label="Payload"
          hint={
            <>
              JSON for your page's own script, of the same type in all groups: <code>"text"</code>, <code>12</code>,{" "}
              <code>{'{"price": 9.9}'}</code>
            </>
          }
          state={state}
          input={(attributes) => (
            <textarea {...attributes} class="mono low" rows={2} spellcheck={false}>
              {`\n${group.payload}`}
            </textarea>
          )}
        />
      </details>
      {form.groups.length > 2 && (
        <button
          type="submit"
          class="quiet"
          name="action"
          value={`remove-group:${place}`}
          formaction={`${action}#add-group`}
        >
          Remove {called}
        </button>
      )}
    </fieldset>
  );
}

interface RoleProps {
  readonly name: "control" | "fallback";
  readonly place: number;
  readonly chosen: number;
  readonly state: FormState;
  readonly children?: string;
}

function Role({ name, place, chosen, state, children }: RoleProps) {
  const { id: _, ...attributes } = attributesOf(name, state);
  return (
    <label class="choice">
      <input
        {...attributes}
        // Errors link to the first one.
        id={place === 0 ? name : undefined}
        type="radio"
        value={String(place)}
        checked={place === chosen}
      />
      <span>{children}</span>
    </label>
  );
}

function hasMore(group: GroupFields, place: number, { errors }: FormState): boolean {
  const parts = ["label", "value", "payload"] as const;
  return parts.some((part) => group[part] !== "" || errors.has(`groups[${place}].${part}`));
}

function shareWords(share: number | null, traffic: number | null) {
  if (share === null) return <span class="hint">no split yet</span>;
  if (traffic === null || traffic === 1) return <strong>{percent(share)}</strong>;
  return (
    <>
      <strong>{percent(share)}</strong> <span class="hint">{percent(share * traffic)} of all visitors</span>
    </>
  );
}
