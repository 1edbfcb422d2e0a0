import type { ExperimentForm } from "./fields.ts";
import { Field, FieldErrors, type FormState } from "./form-field.tsx";
import { PlannedDevices } from "./planned-devices.tsx";

const KINDS = [
  ["binary", "Whether a device did it"],
  ["value", "What it was worth"],
  ["count", "How often"],
] as const;

interface Props {
  readonly form: ExperimentForm;
  readonly state: FormState;
  readonly action: string;
}

/** The events that count as success, and how many devices it takes to see a difference in the first one. */
export function FormGoals({ form, state, action }: Props) {
  const { goals, plan } = form;
  return (
    <section class="part" aria-labelledby="goals">
      <div class="part-head">
        <h2 id="goals">Goals</h2>
        <p class="hint">
          The first one decides. An event counts when a device sends it after it saw its group:{" "}
          <code>button_click</code> is sent by every element with <code>data-exp-click</code>.
        </p>
      </div>
      <div class="part-body">
        <FieldErrors name="goals" state={state} />
        {goals.map(({ event, kind, label }, place) => (
          <fieldset class="card goal">
            <legend>{place === 0 ? "Primary goal" : `Goal ${place + 1}`}</legend>
            <div class="fields even">
              <Field
                name={`goals[${place}].event`}
                label="Event"
                state={state}
                input={(attributes) => <input {...attributes} value={event} maxlength={100} autocomplete="off" />}
              />
              <Field
                name={`goals[${place}].kind`}
                label="What counts"
                state={state}
                input={(attributes) => (
                  <select {...attributes}>
                    {KINDS.map(([value, words]) => (
                      <option value={value} selected={value === kind}>
                        {words}
                      </option>
                    ))}
                  </select>
                )}
              />
              <Field
                name={`goals[${place}].label`}
                label="Name for people"
                state={state}
                input={(attributes) => <input {...attributes} value={label} />}
              />
            </div>
            {goals.length > 1 && (
              <button
                type="submit"
                class="quiet"
                name="action"
                value={`remove-goal:${place}`}
                formaction={`${action}#add-goal`}
              >
                Remove {event === "" ? `goal ${place + 1}` : event}
              </button>
            )}
          </fieldset>
        ))}
        <button
          type="submit"
          name="action"
          value="add-goal"
          id="add-goal"
          formaction={`${action}#goals-${goals.length}-event`}
          autofocus={state.focus === "add-goal"}
        >
          Add a goal
        </button>
        <fieldset class="card plan">
          <legend>How many devices does it take?</legend>
          <div class="fields even">
            <Field
              name="plan.baseline"
              label="Conversion rate now, in %"
              state={state}
              input={(attributes) => (
                <input {...attributes} value={plan.baseline} inputmode="decimal" placeholder="10" />
              )}
            />
            <Field
              name="plan.lift"
              label="Change worth finding, in % of it"
              state={state}
              input={(attributes) => <input {...attributes} value={plan.lift} inputmode="decimal" placeholder="20" />}
            />
            <Field
              name="plan.devices"
              label="Devices to wait for, in all"
              hint="Empty for as many as that takes."
              state={state}
              input={(attributes) => <input {...attributes} value={plan.devices} inputmode="numeric" />}
            />
          </div>
          <div id="live-plan" data-live aria-live="polite">
            <PlannedDevices form={form} />
          </div>
        </fieldset>
      </div>
    </section>
  );
}
