import type { Problem } from "../../../core/parse.ts";
import { changeWords, countWords, percentWords, wholeWords } from "../../../core/report/number-words.ts";
import { errorsOf, Field, type FormState } from "../form/form-field.tsx";
import { unbroken } from "../ui/format.ts";
import { Layout } from "../ui/layout.tsx";
import type { Calculation, CalculatorFields, PlannedCase } from "./form.ts";

const PATH = "/experiments/calculator";
const FIELDS = [
  ["baseline", "Baseline conversion rate, in %", "10", "Of the control, such as last month’s."],
  ["lift", "Minimum detectable effect, in % of it", "20", "20 finds a change from 10% to 12%; −20 one to 8%."],
  ["groups", "Groups, by their weights", "50/50", "The control’s first: 50/50, 90/10, 1/1/1."],
  ["perDay", "Visitors a day", "", "All groups together; only to say how long it takes."],
  ["alpha", "Significance level, in %", "5", "How often a difference is reported where there is none."],
  ["power", "Power, in %", "80", "How often the effect is detected if it is there."],
] as const;

interface Props {
  readonly fields: CalculatorFields;
  /** Null while rate and effect are missing, or something is invalid. */
  readonly calculation: Calculation | null;
  readonly problems: readonly Problem[];
}

/** Sample size calculator. Its address contains all inputs, for sharing. */
export function CalculatorPage({ fields, calculation, problems }: Props) {
  const state: FormState = {
    errors: errorsOf(problems, (field) => (FIELDS.some(([name]) => name === field) ? field : null)),
    focus: null,
  };
  return (
    <Layout title="Sample size" section="experiments">
      <h1>How many visitors does it take?</h1>
      <form class="card calculator" method="get" action={PATH}>
        <div class="questions">
          {FIELDS.map(([name, label, placeholder, hint]) => (
            <Field
              name={name}
              label={label}
              hint={unbroken(hint)}
              state={state}
              input={(attributes) => (
                <input
                  {...attributes}
                  value={fields[name]}
                  placeholder={placeholder}
                  inputmode={name === "groups" ? "text" : "decimal"}
                  autocomplete="off"
                  maxlength={100}
                />
              )}
            />
          ))}
        </div>
        <button type="submit" class="primary">
          Calculate
        </button>
      </form>
      {problems.length > 0 && (
        <p class="warning" role="alert">
          Fix the {problems.length === 1 ? "field" : countWords(problems.length, "field")} above.
        </p>
      )}
      {calculation && <Calculated calculation={calculation} />}
    </Layout>
  );
}

function Calculated({ calculation: { baseline, power, wanted, others } }: { calculation: Calculation }) {
  const { devices, days, rate } = wanted;
  const comparisons = devices.groups.length - 1;
  return (
    <section aria-labelledby="needed">
      <h2 id="needed">{unbroken(countWords(devices.total, "visitor"))}</h2>
      <p>
        {devices.groups.map(({ name, devices: own }) => `${name} ${wholeWords(own)}`).join(", ")}
        {days !== null && unbroken(`; about ${countWords(days, "day")} at that pace`)}. Then a change from{" "}
        {unbroken(percentWords(baseline))} to {unbroken(percentWords(rate))} is found with a chance of{" "}
        {unbroken(percentWords(power))}, at a level of {unbroken(percentWords(devices.alpha))}
        {comparisons > 1 && ` for each of the ${comparisons} comparisons with the control`}.
      </p>
      <p class="detail">
        Enter rate and change as the plan of a new experiment: its result is then decided once, when they are there.
        Checking earlier does no harm: until then only evidence that is valid however often you check is shown.
      </p>
      <table class="stack">
        <caption>This change, and half and twice as much</caption>
        <thead>
          <tr>
            <th scope="col">Change</th>
            <th scope="col" class="number">
              Rate
            </th>
            <th scope="col" class="number">
              Visitors
            </th>
            {days !== null && (
              <th scope="col" class="number">
                Days
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {[wanted, ...others]
            .sort((a, b) => Math.abs(a.lift) - Math.abs(b.lift))
            .map((one) => (
              <CaseRow one={one} />
            ))}
        </tbody>
      </table>
    </section>
  );
}

function CaseRow({ one: { lift, rate, devices, days } }: { one: PlannedCase }) {
  return (
    <tr>
      <th scope="row">{unbroken(changeWords(lift))}</th>
      <td data-label="Rate" class="number">
        {unbroken(percentWords(rate))}
      </td>
      <td data-label="Visitors" class="number">
        {wholeWords(devices.total)}
      </td>
      {days !== null && (
        <td data-label="Days" class="number">
          {wholeWords(days)}
        </td>
      )}
    </tr>
  );
}
