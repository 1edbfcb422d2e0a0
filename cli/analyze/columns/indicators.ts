import type { Engine } from "../../../server/analysis/engine.ts";
import type { Outcome } from "./outcomes.ts";

/** In smaller groups an outcome may be the same for everybody by chance. */
const MIN_ROWS_OF_GROUP = 20;

/**
 * Outcomes that say the group instead: the same for all rows of each group, and different between
 * groups, such as a 0/1 column per group or the price that a group was shown.
 *
 * @param variant place of the variant column
 */
export async function indicatorsAmong(
  engine: Engine,
  variant: number,
  outcomes: readonly Outcome[],
  rows: string,
): Promise<ReadonlySet<Outcome>> {
  if (outcomes.length === 0) return new Set();
  const extremes = outcomes.map(({ sql }) => `[min(${sql}), max(${sql}), count(${sql})]`);
  const groups = await engine.rows<(readonly (bigint | null)[])[]>({
    text: `select ${extremes.join(", ")} ${rows} group by c${variant}`,
    values: [],
  });
  const isIndicator = (place: number) => {
    const values = new Set<string>();
    for (const group of groups) {
      const [least, largest, count] = group[place] ?? [];
      if (least !== largest || Number(count) < MIN_ROWS_OF_GROUP) return false;
      values.add(String(least));
    }
    return values.size > 1;
  };
  return new Set(outcomes.filter((_, place) => isIndicator(place)));
}
