import type { Problem } from "../../core/parse.ts";

/** Admin pages at the URL of an experiment's own page: `/experiments/new`. */
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
 * Problems of a new experiment's key that would have no page. Existing experiments keep such keys.
 */
export function reservedKeyProblems(key: string): Problem[] {
  if (!RESERVED_KEYS.includes(key)) return [];
  const allowed = `another key than ${RESERVED_KEYS.join(", ")}, which are pages here`;
  return [{ field: "key", value: key, allowed }];
}
