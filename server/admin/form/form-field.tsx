import type { Child } from "hono/jsx";
import type { Problem } from "../../../core/parse.ts";
import { problemWords } from "../ui/errors.tsx";

/** State of a form that its fields need. */
export interface FormState {
  /** Errors by the name of their field. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  /** Name of the field to focus; null for the top of the page. */
  readonly focus: string | null;
}

/** Attributes that connect an input with its label, hint and errors. */
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

/** A label, its input, a hint, and errors. */
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

/** ID of a field's element. */
export function fieldId(name: string): string {
  return name.replace(/[[\].]+/g, "-").replace(/-$/, "");
}

/** Groups problems by field of the form: the field with the longest matching prefix of the path. */
export function errorsOf(problems: readonly Problem[], place: (field: string) => string | null): FormState["errors"] {
  const errors = new Map<string, string[]>();
  for (const problem of problems) {
    const name = place(problem.field);
    if (name !== null) errors.set(name, [...(errors.get(name) ?? []), problemWords(problem)]);
  }
  return errors;
}
