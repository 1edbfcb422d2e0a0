import { type ExperimentForm, fieldsOf } from "./fields.ts";

/** Parts of the form that stand for a whole list. */
const LISTS = ["groups", "goals", "allocations"];

/** Which field of the form a problem's path belongs to, by name; null for what the form does not have. */
export function placesOf(form: ExperimentForm): (path: string) => string | null {
  const names = new Set([...fieldsOf(form).map(([name]) => name), ...LISTS, "sticky"]);
  return (path) => {
    if (form.traffic === "share" && path.startsWith("layer")) return "share";
    // Where there is one layer, it is named.
    if (path === "layer") return "layer.name";
    const goal = goalPlace(path);
    if (goal !== null) return goal;
    for (let at = path; at !== ""; at = at.replace(/(\.\w+|\[\d+\]|^\w+)$/, "")) {
      if (names.has(at)) return at;
    }
    // Its level and its chance have no field of their own.
    if (/^plan\b/.test(path)) return "plan.devices";
    return null;
  };
}

/** The field of a goal whose name in the form differs from the definition's; null for any other path. */
function goalPlace(path: string): string | null {
  const [, row, part] = /^(goals\[\d+\])\.(page|click|ratio\.of|ratio)\b/.exec(path) ?? [];
  if (row === undefined) return null;
  if (part === "page" || part === "click") return `${row}.event`;
  if (part === "ratio.of") return `${row}.of`;
  return `${row}.${path.endsWith(".per") || path.endsWith("ratio") ? "per" : "perName"}`;
}
