import type { AllocationFields, ExperimentForm } from "./fields.ts";
import { Field, FieldErrors, type FormState } from "./form-field.tsx";

const UNITS = [
  ["device", "Device"],
  ["account", "Account"],
  ["session", "Session"],
  ["random", "Every request anew"],
] as const;

interface Props {
  readonly form: ExperimentForm;
  readonly state: FormState;
  readonly action: string;
}

/** Fields that most experiments leave at their defaults. Open when one is changed or invalid. */
export function FormAdvanced({ form, state, action }: Props) {
  const { unit, salt, sticky, allocations, external } = form;
  const names = [...state.errors.keys(), state.focus ?? ""];
  const isTouched = unit !== "device" || salt !== "" || !sticky || allocations.length > 0 || external !== "";
  const isNamed = names.some((name) => /^(unit|salt|sticky|allocations|add-weights|external)/.test(name));
  return (
    <details class="part-more" open={isTouched || isNamed}>
      <summary>More: what is assigned, stickiness, other weights for some</summary>
      <section class="part" aria-labelledby="more">
        <div class="part-head">
          <h2 id="more">More</h2>
          <p class="hint">Most experiments leave this as it is.</p>
        </div>
        <div class="part-body">
          <Field
            name="unit"
            label="What is assigned"
            hint="A device keeps its group in one browser; an account keeps it wherever somebody logs in."
            state={state}
            input={(attributes) => (
              <select {...attributes}>
                {UNITS.map(([value, words]) => (
                  <option value={value} selected={value === unit}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          />
          <div class="field">
            <label class="choice">
              <input type="checkbox" name="sticky" id="sticky" checked={sticky} />
              <span>Sticky: visitors keep their group when weights change</span>
            </label>
          </div>
          <Field
            name="salt"
            label="Salt"
            hint="What is hashed with the device's id. The key when it is empty; two experiments of one salt split alike."
            state={state}
            input={(attributes) => <input {...attributes} class="mono" value={salt} autocomplete="off" />}
          />
          <h3 id="allocations">Other weights for some</h3>
          <p class="hint">Who a rule holds for is split by its weights; the first rule that holds counts.</p>
          <FieldErrors name="allocations" state={state} />
          {allocations.map((allocation, place) => (
            <AllocationCard allocation={allocation} place={place} form={form} state={state} action={action} />
          ))}
          <button
            type="submit"
            name="action"
            value="add-weights"
            id="add-weights"
            formaction={`${action}#allocations-${allocations.length}-id`}
            autofocus={state.focus === "add-weights"}
          >
            Add other weights
          </button>
          <Field
            name="external"
            label="For other systems’ clients"
            hint={
              <>
                JSON with the names that their requests use, as in <code>{'{"id": 7, "name": "Checkout"}'}</code>. Empty
                unless you answer such clients.
              </>
            }
            state={state}
            input={(attributes) => (
              <textarea {...attributes} class="mono" rows={2}>
                {external}
              </textarea>
            )}
          />
        </div>
      </section>
    </details>
  );
}

interface CardProps extends Props {
  readonly allocation: AllocationFields;
  readonly place: number;
}

function AllocationCard({ allocation: { id, rule, weights }, place, form, state, action }: CardProps) {
  const name = `allocations[${place}]`;
  return (
    <fieldset class="card">
      <legend>{id === "" ? `Other weights ${place + 1}` : id}</legend>
      <div class="fields even">
        <Field
          name={`${name}.id`}
          label="Name"
          state={state}
          input={(attributes) => <input {...attributes} value={id} maxlength={64} autocomplete="off" />}
        />
        <Field
          name={`${name}.rule`}
          label="Rule"
          state={state}
          input={(attributes) => <input {...attributes} class="mono" value={rule} autocomplete="off" />}
        />
      </div>
      <FieldErrors name={`${name}.weights`} state={state} />
      <div class="fields even">
        {form.groups.map((group, column) => (
          <Field
            name={`${name}.weights[${column}].weight`}
            label={`Weight of ${group.name || `group ${column + 1}`}`}
            state={state}
            input={(attributes) => (
              <input
                {...attributes}
                class="number"
                value={weights[column] ?? ""}
                inputmode="numeric"
                autocomplete="off"
              />
            )}
          />
        ))}
      </div>
      <button
        type="submit"
        class="quiet"
        name="action"
        value={`remove-weights:${place}`}
        formaction={`${action}#add-weights`}
      >
        Remove {id === "" ? `other weights ${place + 1}` : id}
      </button>
    </fieldset>
  );
}
