import { windowWords } from "../ui/goal-words.ts";
import { Field, type FormState } from "./form-field.tsx";
import type { GoalFields } from "./goal-fields.ts";

type Choice = readonly (readonly [value: string, words: string])[];

const KINDS: Choice = [
  ["binary", "Conversion"],
  ["value", "Revenue or value"],
  ["count", "Count"],
  ["ratio", "Ratio"],
];
const SOURCES: Choice = [
  ["event", "Event"],
  ["page", "Page view"],
  ["click", "Click"],
];
const DIRECTIONS: Choice = [
  ["up", "Higher is better"],
  ["down", "Lower is better"],
];
const ROLES: Choice = [
  ["secondary", "Secondary goal"],
  ["guardrail", "Guardrail: must not get worse"],
];
const SUMS: Choice = [
  ["value", "Values"],
  ["count", "How many"],
];
const SENDERS: Choice = [
  ["", "Anyone: pages and servers"],
  ["key", "Only servers with an ingest key"],
];
const BASES: Choice = [["session", "Sessions"], ...SOURCES];
const WINDOWS = ["5m", "30m", "1h", "6h", "1d", "3d", "7d", "14d", "30d", "90d"];

interface Props {
  readonly goal: GoalFields;
  readonly place: number;
  readonly state: FormState;
  /** IDs of the datalists of seen names, by goal source. */
  readonly lists: Readonly<Record<string, string>>;
}

/** Fields of one goal. Rare ones are folded until they have a value. */
export function FormGoal({ goal, place, state, lists }: Props) {
  const name = (field: keyof GoalFields) => `goals[${place}].${field}`;
  const isPage = goal.on === "page";
  const select = (field: keyof GoalFields, label: string, choice: Choice, hint?: string) => (
    <Field
      name={name(field)}
      label={label}
      hint={hint}
      state={state}
      input={(attributes) => (
        <select {...attributes}>
          {choice.map(([value, words]) => (
            <option value={value} selected={value === goal[field]}>
              {words}
            </option>
          ))}
        </select>
      )}
    />
  );
  const text = (field: keyof GoalFields, label: string, hint?: string, more: object = {}) => (
    <Field
      name={name(field)}
      label={label}
      hint={hint}
      state={state}
      input={(attributes) => <input {...attributes} value={goal[field]} autocomplete="off" {...more} />}
    />
  );
  const windows = WINDOWS.includes(goal.window) || goal.window === "" ? WINDOWS : [...WINDOWS, goal.window];
  const isMore = [goal.cap, goal.currency, goal.cuped, goal.perName, goal.requires].some((field) => field !== "");
  const hasErrors = (["cap", "currency", "cuped", "of", "per", "perName", "requires"] as const).some((field) =>
    state.errors.has(name(field)),
  );
  return (
    <>
      <div class="fields even">
        {select("on", "Measured by", SOURCES)}
        {text(
          "event",
          isPage ? "Path" : "Event",
          isPage ? "A path or a pattern, such as /thank-you or /orders/*." : undefined,
          {
            maxlength: isPage ? 1024 : 100,
            list: lists[goal.on],
          },
        )}
        {select("kind", "What counts", KINDS)}
        {text("label", "Display name")}
        {select(
          "window",
          "Conversion window",
          [["", "None"], ...windows.map((window): [string, string] => [window, windowWords(window)])],
          "Events count for so long after a visitor's first exposure. Without a window, late conversions are missed.",
        )}
        {select("better", "Direction", DIRECTIONS)}
        {place > 0 && select("role", "Role", ROLES)}
        {place > 0 &&
          text("margin", "Largest acceptable harm, in %", "Of a guardrail: relative to the control. Empty for none.", {
            inputmode: "decimal",
            placeholder: "2",
          })}
      </div>
      <details class="goal-more" open={isMore || goal.kind === "ratio" || hasErrors}>
        <summary>Caps, currency, ratio, earlier behaviour, senders</summary>
        <div class="fields even">
          {text("cap", "Cap per visitor", "Of values: a number, or a percentile such as p99.", { placeholder: "p99" })}
          {text("currency", "Currency", undefined, { placeholder: "EUR", maxlength: 3 })}
          {text("cuped", "Days before (CUPED)", "Removes variance by what visitors did in these days before.", {
            inputmode: "numeric",
            placeholder: "14",
          })}
          {select("of", "Ratio of", SUMS)}
          {select("per", "per", BASES)}
          {text("perName", "Name or path", undefined, { maxlength: 1024, list: lists[goal.per] })}
          {select(
            "requires",
            "Events count from",
            SENDERS,
            "Anyone can send a page's events. With an ingest key, your back end reports what must not be forged.",
          )}
        </div>
      </details>
    </>
  );
}
