import type { Problem } from "../../core/parse.ts";

/** Pages of the admin that stand where an experiment's own page would: `/experiments/new`. */
export const RESERVED_KEYS: readonly string[] = [
  "calculator",
  "force",
  "history",
  "independence",
  "install",
  "new",
  "settings",
  "toggle",
  "undo",
];

/**
 * What is wrong with the key of a new experiment that would have no page. Experiments that have one
 * already keep it.
 */
export function reservedKeyProblems(key: string): Problem[] {
  if (!RESERVED_KEYS.includes(key)) return [];
  const allowed = `another key than ${RESERVED_KEYS.join(", ")}, which are pages here`;
  return [{ field: "key", value: key, allowed }];
}
