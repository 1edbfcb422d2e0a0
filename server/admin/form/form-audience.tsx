import type { Experiment } from "../../../core/experiment.ts";
import { LAYER_SLOTS } from "../../../core/layer.ts";
import { compileRule, MAX_RULE_LENGTH, RuleError } from "../../../core/rule.ts";
import type { ExperimentForm } from "./fields.ts";
import { attributesOf, Field, FieldErrors, type FormState } from "./form-field.tsx";

interface Props {
  readonly form: ExperimentForm;
  readonly state: FormState;
  /** The other experiments, as candidates for a dependency. */
  readonly others: readonly Experiment[];
}

/** Eligibility: how many, where, and under which condition; not the assignment of groups. */
export function FormAudience({ form, state, others }: Props) {
  return (
    <section class="part" aria-labelledby="audience">
      <div class="part-head">
        <h2 id="audience">Who takes part</h2>
        <p class="hint">
          How many visitors take part, and how those are split, are two things. Raising the share later adds visitors,
          and moves nobody to another group. Who does not take part sees the fallback and is not counted.
        </p>
      </div>
      <div class="part-body">
        <Traffic form={form} state={state} />
        <Field
          name="routes"
          label="Pages"
          hint={
            <>
              Paths, one a line; none is everywhere. <code>*</code> is any part of a path up to the next slash,{" "}
              <code>**</code> anything: <code>/shop/**</code>
            </>
          }
          state={state}
          input={(attributes) => (
            <textarea {...attributes} class="mono low" rows={3} spellcheck={false}>
              {`\n${form.routes}`}
            </textarea>
          )}
        />
        <RuleField rule={form.rule} state={state} />
        <Field
          name="dependsOn"
          label="Depends on"
          hint="Only visitors who got this group of another experiment."
          state={state}
          input={(attributes) => (
            <select {...attributes}>
              <option value="">Nothing</option>
              {others.map(({ key, title, groups }) => (
                <optgroup label={title}>
                  {groups.map(({ name }) => (
                    <option value={`${key}:${name}`} selected={form.dependsOn === `${key}:${name}`}>
                      {title}: {name}
                    </option>
                  ))}
                </optgroup>
              ))}
              {isUnknown(form.dependsOn, others) && (
                <option value={form.dependsOn} selected>
                  {form.dependsOn} (is not there)
                </option>
              )}
            </select>
          )}
        />
      </div>
    </section>
  );
}

function Traffic({ form: { traffic, share, layer }, state }: Pick<Props, "form" | "state">) {
  const radio = (value: ExperimentForm["traffic"]) => (
    <input type="radio" name="traffic" value={value} id={`traffic-${value}`} checked={value === traffic} />
  );
  const small = (name: string, value: string, label: string) => (
    <input {...attributesOf(name, state)} value={value} inputmode="decimal" class="number" aria-label={label} />
  );
  return (
    <fieldset class="traffic field">
      <legend>Share of traffic</legend>
      <div class="choice">
        {radio("all")}
        <label for="traffic-all">All visitors</label>
      </div>
      <div class="choice">
        {radio("share")}
        <label for="traffic-share">A share of them</label>
        {small("share", share, "Percent of the visitors")}
        <span>%</span>
      </div>
      <FieldErrors name="share" state={state} />
      <div class="choice">
        {radio("layer")}
        <label for="traffic-layer">Slots of a layer</label>
        <input
          {...attributesOf("layer.name", state)}
          value={layer.name}
          class="name"
          placeholder="layer"
          aria-label="Name of the layer"
        />
        <span>from</span>
        {small("layer.from", layer.from, "First slot")}
        <span>to</span>
        {small("layer.to", layer.to, "Slot after the last")}
      </div>
      <p class="hint">
        Experiments of one layer share its {LAYER_SLOTS.toLocaleString("en")} slots, and no visitor is in two of them: 0
        to {LAYER_SLOTS / 2} and {LAYER_SLOTS / 2} to
        {LAYER_SLOTS}
        get half each.
      </p>
      <FieldErrors name="layer.name" state={state} />
      <FieldErrors name="layer.from" state={state} />
      <FieldErrors name="layer.to" state={state} />
    </fieldset>
  );
}

function RuleField({ rule, state }: { rule: string; state: FormState }) {
  // Errors are shown once, by the visible part.
  const quiet = { ...state, errors: new Map() };
  return (
    <>
      <Field
        name="rule"
        label="Rule"
        hint={
          <>
            A condition in CEL over <code>path</code>, <code>ctx</code>, <code>language</code> and{" "}
            <code>userAgent</code>; empty is everybody:{" "}
            <code>{'ctx.plan in ["free", "trial"] && language == "de"'}</code>
          </>
        }
        state={quiet}
        input={(attributes) => (
          <textarea
            {...attributes}
            {...(state.errors.has("rule") ? { "aria-invalid": "true" } : {})}
            aria-describedby="rule-hint live-rule"
            class="mono low"
            rows={3}
            spellcheck={false}
          >
            {`\n${rule}`}
          </textarea>
        )}
      />
      <div id="live-rule" data-live aria-live="polite">
        <RuleCheck rule={rule.trim()} />
      </div>
    </>
  );
}

/** Whether a rule is valid; if not, why, and where. */
function RuleCheck({ rule }: { rule: string }) {
  if (rule === "") return null;
  if (rule.length > MAX_RULE_LENGTH) {
    return (
      <p class="error">
        ✗ It has {rule.length} characters; allowed are {MAX_RULE_LENGTH}.
      </p>
    );
  }
  try {
    compileRule(rule);
    return <p class="hint good">✓ This is a rule.</p>;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const at = error.at - 1;
    return (
      <div class="rule-error">
        <p class="error">✗ {error.message}</p>
        <code>
          {rule.slice(0, at)}
          <mark>{rule.slice(at, at + 1) || " "}</mark>
          {rule.slice(at + 1)}
        </code>
      </div>
    );
  }
}

function isUnknown(dependsOn: string, others: readonly Experiment[]): boolean {
  return (
    dependsOn !== "" && !others.some(({ key, groups }) => groups.some(({ name }) => dependsOn === `${key}:${name}`))
  );
}
