import { adjustPValues } from "../statistics/adjust-p-values.ts";
import type { Comparison, Evidence, Looks } from "./comparison.ts";
import type { GoalDraft, GoalReport } from "./goal-report.ts";

/**
 * Adjusts comparisons for their number: Holm for the primary goal, which decides, and
 * Benjamini–Hochberg for all other goals together. Guardrails are among these, although they have
 * their own decision rule.
 *
 * An adjusted interval has the level alpha × p / adjusted p: it excludes 0 exactly when the
 * adjusted p is below alpha.
 */
export function adjusted(drafts: readonly GoalDraft[], alpha: number, isFixed: boolean): GoalReport[] {
  const family = (primary: boolean) => drafts.filter((draft) => draft.primary === primary);
  const found = new Map([
    ...adjustedFamily(
      family(true).flatMap(({ pairs }) => pairs),
      alpha,
      "holm",
      isFixed,
    ),
    ...adjustedFamily(
      family(false).flatMap(({ pairs }) => pairs),
      alpha,
      "bh",
      isFixed,
    ),
  ]);
  return drafts.map(({ pairs, ...goal }) => ({
    ...goal,
    comparisons: pairs.flatMap((pair) => found.get(pair) ?? []),
  }));
}

/** A group and the control it is compared with. */
export interface Pair {
  readonly group: string;
  readonly control: string;
  readonly looks: Looks;
}

function adjustedFamily(
  pairs: readonly Pair[],
  alpha: number,
  by: "holm" | "bh",
  isFixed: boolean,
): [Pair, Comparison][] {
  const singles = pairs.map(({ looks }) => looks.single(alpha));
  const lives = pairs.map(({ looks }) => (isFixed ? null : looks.live(alpha)));
  const adjust = (pValues: readonly (number | null)[]) => adjustPValues({ pValues, alpha })[by];
  const [ofSingles, ofLives] = [adjust(singles.map(pOf)), adjust(lives.map(pOf))];
  /** Recomputes the look at the level at which its adjusted p decides. */
  const atLevel = <Look extends Evidence | Comparison | ReturnType<Looks["single"]>>(
    look: Look,
    adjustedP: number | null,
    again: (level: number) => Look,
  ) => {
    const p = look.pValue;
    if (p === null || adjustedP === null || adjustedP === p) return look;
    return again(p > 0 ? alpha * (p / adjustedP) : alpha / pairs.length);
  };
  return pairs.map((pair, place) => {
    const { group, control, looks } = pair;
    const single = singles[place] as ReturnType<Looks["single"]>;
    const adjustedP = ofSingles[place] ?? null;
    const adjustedSingle = atLevel(single, adjustedP, looks.single);
    const live = lives[place] ?? null;
    const adjustedLiveP = ofLives[place] ?? null;
    const adjustedLive = live && atLevel(live, adjustedLiveP, looks.live);
    return [
      pair,
      {
        group,
        control,
        ...single,
        adjustedP,
        adjustedDifferenceInterval: adjustedSingle.differenceInterval,
        adjustedLiftInterval: adjustedSingle.liftInterval,
        alwaysValid: live && {
          ...live,
          adjustedP: adjustedLiveP,
          adjustedDifferenceInterval: adjustedLive?.differenceInterval ?? null,
          adjustedLiftInterval: adjustedLive?.liftInterval ?? null,
        },
      },
    ];
  });
}

function pOf(look: { readonly pValue: number | null } | null): number | null {
  return look?.pValue ?? null;
}
