import type { Child } from "hono/jsx";
import type { Problem } from "../../../core/parse.ts";
import { problemWords } from "../ui/errors.tsx";

/** What a form's fields have to know of the form. */
export interface FormState {
  /** What is wrong, by the name of the field that it stands beside. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  /** Name of the field to go on with; null for where the page begins. */
  readonly focus: string | null;
}

/** Attributes of an input that belong to its label, hint and errors. */
export interface FieldAttributes {
  readonly id: string;
  readonly name: string;
  readonly autofocus: boolean;
  readonly "aria-invalid"?: "true";
  readonly "aria-describedby"?: string;
}

interface Props {
  readonly name: string;
  readonly label: string;
  readonly hint?: Child;
  readonly state: FormState;
  readonly input: (attributes: FieldAttributes) => Child;
  readonly class?: string;
}

/** A label, its input, a hint, and what is wrong with what was entered. */
export function Field({ name, label, hint, state, input, class: kind = "" }: Props) {
  const id = fieldId(name);
  return (
    <div class={`field ${kind}`}>
      <label for={id}>{label}</label>
      {input(attributesOf(name, state, hint !== undefined))}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldErrors name={name} state={state} />
    </div>
  );
}

export function attributesOf(name: string, state: FormState, hasHint = false): FieldAttributes {
  const id = fieldId(name);
  const isWrong = state.errors.has(name);
  const described = [isWrong ? `${id}-error` : "", hasHint ? `${id}-hint` : ""].filter((other) => other !== "");
  return {
    id,
    name,
    autofocus: state.focus === name,
    ...(isWrong ? { "aria-invalid": "true" } : {}),
    ...(described.length > 0 ? { "aria-describedby": described.join(" ") } : {}),
  };
}

export function FieldErrors({ name, state }: { name: string; state: FormState }) {
  const errors = state.errors.get(name);
  if (!errors) return null;
  return (
    <p class="error" id={`${fieldId(name)}-error`}>
      {errors.join(" ")}
    </p>
  );
}

/** The id of the element that a field's name stands for. */
export function fieldId(name: string): string {
  return name.replace(/[[\].]+/g, "-").replace(/-$/, "");
}

/** Sorts what is wrong by the fields that the form has; the longest beginning of a path that is one's name takes it. */
export function errorsOf(problems: readonly Problem[], place: (field: string) => string | null): FormState["errors"] {
  const errors = new Map<string, string[]>();
  for (const problem of problems) {
    const name = place(problem.field);
    if (name !== null) errors.set(name, [...(errors.get(name) ?? []), problemWords(problem)]);
  }
  return errors;
}
