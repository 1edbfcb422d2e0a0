import { type ExperimentForm, fieldsOf } from "./fields.ts";

/** The entered values, passed on by a page that asks for confirmation. */
export function HiddenFields({ form }: { form: ExperimentForm }) {
  return (
    <>
      {fieldsOf(form).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
