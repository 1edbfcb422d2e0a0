import type { CrossTally } from "../../core/cross-tally.ts";
import { PAIR_THRESHOLD, type TestedPair, testPairs } from "../../core/crossed-pairs.ts";
import { percentWords, pWords, wholeWords } from "../../core/report/number-words.ts";

/**
 * Two experiments by key, and whether a device's group in one depends on its group in the other.
 */
export interface Independence extends TestedPair {
  readonly a: string;
  readonly b: string;
}

/** Tests each pair; pairs without common devices are left out. */
export function independenceOf(crossed: readonly CrossTally[]): Independence[] {
  const tested = testPairs(crossed);
  return crossed.flatMap(({ a, b }, place) => {
    const pair = tested[place] as TestedPair;
    return pair.devices === 0 ? [] : [{ a: a.experiment, b: b.experiment, ...pair }];
  });
}

export function independenceText(pairs: readonly Independence[]): string {
  if (pairs.length === 0) return "";
  const lines = pairs.map(({ a, b, devices, adjustedP, cramersV, status }) => {
    const said =
      adjustedP === null
        ? "too few to tell"
        : `${status === "dependent" ? "NOT independent" : "independent"}, ${pWords(adjustedP, null, PAIR_THRESHOLD)}${cramersV === null ? "" : `, Cramér's V ${percentWords(cramersV)}`}`;
    return `${a} and ${b}: ${wholeWords(devices)} visitors saw both; ${said}`;
  });
  return `Independence of experiments, p-values adjusted (Holm)\n${lines.join("\n")}\n`;
}
