import { type ExperimentForm, fieldsOf } from "./fields.ts";

/** Parts of the form that stand for a whole list. */
const LISTS = ["groups", "goals", "allocations"];

/** Maps a problem's path to the name of a field; null when the form has none. */
export function placesOf(form: ExperimentForm): (path: string) => string | null {
  const names = new Set([...fieldsOf(form).map(([name]) => name), ...LISTS, "sticky"]);
  return (path) => {
    if (form.traffic === "share" && path.startsWith("layer")) return "share";
    // The first field of a layer is its name.
    if (path === "layer") return "layer.name";
    const goal = goalPlace(path);
    if (goal !== null) return goal;
    for (let at = path; at !== ""; at = at.replace(/(\.\w+|\[\d+\]|^\w+)$/, "")) {
      if (names.has(at)) return at;
    }
    // Level and power have no fields of their own.
    if (/^plan\b/.test(path)) return "plan.devices";
    return null;
  };
}

/**
 * The field of a goal whose name in the form differs from the definition's; null for any other
 * path.
 */
function goalPlace(path: string): string | null {
  const [, row, part] = /^(goals\[\d+\])\.(page|click|ratio\.of|ratio)\b/.exec(path) ?? [];
  if (row === undefined) return null;
  if (part === "page" || part === "click") return `${row}.event`;
  if (part === "ratio.of") return `${row}.of`;
  return `${row}.${path.endsWith(".per") || path.endsWith("ratio") ? "per" : "perName"}`;
}
