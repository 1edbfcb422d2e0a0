import { pageContext } from "./page-context.ts";

/** Required in every form that posts to an admin route. */
export function CsrfField() {
  return <input type="hidden" name="csrf" value={pageContext().csrf ?? ""} />;
}
