import type { CrossTally } from "../../core/cross-tally.ts";
import { percentWords, pWords, wholeWords } from "../../core/report/number-words.ts";
import { adjustPValues } from "../../core/statistics/adjust-p-values.ts";
import { independence } from "../../core/statistics/independence.ts";
import { PAIR_THRESHOLD } from "../../server/results/pairs.ts";

/** Whether a device's group in one experiment says anything about its group in another. */
export interface Independence {
  readonly a: string;
  readonly b: string;
  /** Devices that saw both. */
  readonly devices: number;
  /** Fisher's where counts are small, else of chi-square; null where nothing can be said. */
  readonly pValue: number | null;
  /** Holm over all pairs. */
  readonly adjustedP: number | null;
  readonly cramersV: number | null;
}

/** Pairs that no device saw both of are left out. */
export function independenceOf(crossed: readonly CrossTally[]): Independence[] {
  const pairs = crossed.flatMap(({ a, b, table }) => {
    const devices = table.flat().reduce((sum, count) => sum + count, 0);
    if (devices === 0) return [];
    const { pValue, fisherP, status, cramersV } = independence({ table });
    const p = status === "small_counts" ? (fisherP ?? pValue) : pValue;
    return [{ a: a.experiment, b: b.experiment, devices, pValue: p, cramersV }];
  });
  if (pairs.length === 0) return [];
  const { holm } = adjustPValues({ pValues: pairs.map(({ pValue }) => pValue), alpha: PAIR_THRESHOLD });
  return pairs.map((pair, place) => ({ ...pair, adjustedP: holm[place] ?? null }));
}

export function independenceText(pairs: readonly Independence[]): string {
  if (pairs.length === 0) return "";
  const lines = pairs.map(({ a, b, devices, adjustedP, cramersV }) => {
    const said =
      adjustedP === null
        ? "cannot be tested"
        : `${adjustedP < PAIR_THRESHOLD ? "NOT independent" : "independent"}, ${pWords(adjustedP, null, PAIR_THRESHOLD)}${cramersV === null ? "" : `, Cramér's V ${percentWords(cramersV)}`}`;
    return `${a} and ${b}: ${wholeWords(devices)} visitors saw both; ${said}`;
  });
  return `Independence of experiments, p-values adjusted (Holm)\n${lines.join("\n")}\n`;
}
