import type { SeenNames } from "../../events/seen-names.ts";
import type { ExperimentForm } from "./fields.ts";
import { Field, FieldErrors, type FormState } from "./form-field.tsx";
import { FormGoal } from "./form-goal.tsx";
import { PlannedDevices } from "./planned-devices.tsx";
import { SEEN_LISTS, SeenLists } from "./seen-lists.tsx";

interface Props {
  readonly form: ExperimentForm;
  readonly state: FormState;
  readonly action: string;
  /** Names recently seen in the log. */
  readonly seen: SeenNames;
}

/** The goals, and the number of devices needed to detect an effect on the first one. */
export function FormGoals({ form, state, action, seen }: Props) {
  const { goals, plan } = form;
  return (
    <section class="part" aria-labelledby="goals">
      <div class="part-head">
        <h2 id="goals">Goals</h2>
        <p class="hint">
          The first one decides. An event counts when a visitor sends it after seeing a group: <code>button_click</code>{" "}
          is sent by every element with <code>data-exp-click</code>.
        </p>
      </div>
      <div class="part-body">
        <SeenLists {...seen} />
        <FieldErrors name="goals" state={state} />
        {goals.map((goal, place) => (
          <fieldset class="card goal">
            <legend>{place === 0 ? "Primary goal (decides)" : `Goal ${place + 1}`}</legend>
            <FormGoal goal={goal} place={place} state={state} lists={SEEN_LISTS} />
            {goals.length > 1 && (
              <button
                type="submit"
                class="quiet"
                name="action"
                value={`remove-goal:${place}`}
                formaction={`${action}#add-goal`}
              >
                Remove {goal.event === "" ? `goal ${place + 1}` : goal.event}
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
          <legend>How many visitors does it take?</legend>
          <div class="fields even">
            <Field
              name="plan.baseline"
              label="Baseline conversion rate, in %"
              state={state}
              input={(attributes) => (
                <input {...attributes} value={plan.baseline} inputmode="decimal" placeholder="10" />
              )}
            />
            <Field
              name="plan.lift"
              label="Minimum detectable effect, in % of it"
              state={state}
              input={(attributes) => <input {...attributes} value={plan.lift} inputmode="decimal" placeholder="20" />}
            />
            <Field
              name="plan.devices"
              label="Visitors to wait for, in total"
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
