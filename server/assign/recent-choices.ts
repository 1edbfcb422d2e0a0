import type { CumulativeTable } from "../../core/assign.ts";
import type { RememberChoice } from "../../core/evaluate.ts";

/** Two generations of choices; some 10 MB at most. */
const GENERATION = 100_000;

type Choices = Map<string, Map<CumulativeTable, string>>;

/**
 * Remembers the groups that units were given by their hash: on the page views after a visitor's
 * first, SHA-256 and the remainders of its long integers would take half of the time of an answer.
 * A table belongs to one version of an experiment, so that nothing here can be out of date.
 *
 * @param generation choices of a generation; the older of two is forgotten as a whole
 */
export function recentChoices(generation = GENERATION): RememberChoice {
  let newer: Choices = new Map();
  let older: Choices = new Map();
  let count = 0;
  return (table, unitId, choose) => {
    let choices = newer.get(unitId);
    if (!choices) {
      choices = new Map(older.get(unitId));
      newer.set(unitId, choices);
      count += choices.size;
    }
    let group = choices.get(table);
    if (group === undefined) {
      group = choose();
      choices.set(table, group);
      count += 1;
    }
    if (count >= generation) {
      older = newer;
      newer = new Map();
      count = 0;
    }
    return group;
  };
}
