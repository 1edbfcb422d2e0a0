import { type ExperimentForm, fieldsOf } from "./fields.ts";

/** What was entered, carried along by a page that only asks. */
export function HiddenFields({ form }: { form: ExperimentForm }) {
  return (
    <>
      {fieldsOf(form).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
