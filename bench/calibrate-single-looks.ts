import type { Bounds } from "../core/report/bounds.ts";
import { chiSquareTail } from "../core/statistics/chi-square.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { reportOf } from "../test/core/report/report-of.ts";
import { type Check, happens, happensAtMost } from "./calibrate-band.ts";
import { atTheLook, converted, MEAN_SPEND, spend, spentOf } from "./calibrate-visitors.ts";

const ALPHA = 0.05;

/**
 * Every test and interval of the report at a plan's one look, on so many simulated experiments
 * each.
 */
export function singleLooks(runs: number): Check[] {
  return [
    ...nullRates(runs),
    ...trueRates(runs),
    ...fewVisitors(runs),
    ...nullMeans(runs),
    ...trueMeans(runs),
    ...fourGroups(runs),
    ...splits(runs),
  ];
}

function repeat<Seen>(runs: number, seed: number, look: (random: () => number) => Seen): Seen[] {
  const random = seededRandom(seed);
  return Array.from({ length: runs }, () => look(random));
}

const count = (seen: readonly boolean[]) => seen.filter(Boolean).length;
const covers = (interval: Bounds | null | undefined, truth: number) =>
  interval != null && (interval[0] ?? -Infinity) <= truth && truth <= (interval[1] ?? Infinity);

function nullRates(runs: number): Check[] {
  const looks = repeat(runs, 1, (random) => {
    const found = atTheLook([
      ["A", 2000, converted(random, 2000, 0.1)],
      ["B", 2000, converted(random, 2000, 0.1)],
    ]);
    const [goal] = found.goals;
    return {
      verdict: ["better", "worse"].includes(found.verdict.kind),
      rate: covers(goal?.groups[0]?.rateInterval, 0.1),
      chance:
        (goal?.comparisons[0]?.chanceToBeatControl ?? 0) > 0.975 ||
        (goal?.comparisons[0]?.chanceToBeatControl ?? 0) < 0.025,
    };
  });
  return [
    happens(
      "A/A, 2 × 2,000 visitors, 10 %: “better” or “worse”",
      count(looks.map(({ verdict }) => verdict)),
      runs,
      ALPHA,
    ),
    happens(
      "… the chance to beat the control is above 97.5 % or below 2.5 %",
      count(looks.map(({ chance }) => chance)),
      runs,
      ALPHA,
    ),
    happens("… the 95 % interval of a rate covers it", count(looks.map(({ rate }) => rate)), runs, 1 - ALPHA),
  ];
}

function trueRates(runs: number): Check[] {
  const looks = repeat(runs, 2, (random) => {
    const rows = [
      ["A", 2000, converted(random, 2000, 0.1)],
      ["B", 1000, converted(random, 1000, 0.12)],
    ] as const;
    return atTheLook(rows).goals[0]?.comparisons[0];
  });
  const what = "10 % and 12 %, 2,000 and 1,000 visitors: the 95 % interval of";
  return [
    happens(
      `${what} the difference covers it`,
      count(looks.map((look) => covers(look?.differenceInterval, 0.02))),
      runs,
      1 - ALPHA,
    ),
    happens(`${what} the lift covers it`, count(looks.map((look) => covers(look?.liftInterval, 0.2))), runs, 1 - ALPHA),
  ];
}

function fewVisitors(runs: number): Check[] {
  const looks = repeat(runs, 3, (random) => {
    const found = atTheLook([
      ["A", 40, converted(random, 40, 0.08)],
      ["B", 40, converted(random, 40, 0.08)],
    ]);
    return ["better", "worse"].includes(found.verdict.kind);
  });
  return [happensAtMost("A/A, 2 × 40 visitors, 8 %: “better” or “worse” (exact test)", count(looks), runs, ALPHA)];
}

const spends = (random: () => number, n: number, factor = 1) => Array.from({ length: n }, () => spend(random, factor));

function nullMeans(runs: number): Check[] {
  const looks = repeat(runs, 4, (random) => {
    const groups = [
      ["A", spends(random, 500)],
      ["B", spends(random, 500)],
    ] as const;
    return atTheLook(
      [
        ["A", 500],
        ["B", 500],
      ],
      spentOf(groups),
    ).goals[0]?.comparisons[0];
  });
  const p = looks.map((look) => look?.pValue ?? Number.NaN);
  return [
    happens("A/A, what 2 × 500 visitors spend: p < 0.05 (Welch)", count(p.map((one) => one < ALPHA)), runs, ALPHA),
    happens("… p < 0.01", count(p.map((one) => one < 0.01)), runs, 0.01),
    happens(
      "… the 95 % interval of the difference covers 0",
      count(looks.map((look) => covers(look?.differenceInterval, 0))),
      runs,
      1 - ALPHA,
    ),
    uniform("… its p-values are spread evenly (chi-square of 20 classes)", p),
  ];
}

function trueMeans(runs: number): Check[] {
  const looks = repeat(runs, 5, (random) => {
    const groups = [
      ["A", spends(random, 1000)],
      ["B", spends(random, 1000, 1.2)],
    ] as const;
    return atTheLook(
      [
        ["A", 1000],
        ["B", 1000],
      ],
      spentOf(groups),
    ).goals[0]?.comparisons[0];
  });
  const what = "a fifth more spent by 2 × 1,000 visitors: the 95 % interval of";
  return [
    happens(
      `${what} the difference covers it`,
      count(looks.map((look) => covers(look?.differenceInterval, 0.2 * MEAN_SPEND))),
      runs,
      1 - ALPHA,
    ),
    happens(`${what} the lift covers it`, count(looks.map((look) => covers(look?.liftInterval, 0.2))), runs, 1 - ALPHA),
  ];
}

function fourGroups(runs: number): Check[] {
  const looks = repeat(runs, 6, (random) => {
    const rows = ["A", "B", "C", "D"].map((name) => [name, 1000, converted(random, 1000, 0.1)] as const);
    return ["better", "worse"].includes(atTheLook(rows).verdict.kind);
  });
  return [happensAtMost("A/A, 4 × 1,000 visitors: “better” or “worse” of any group (Holm)", count(looks), runs, ALPHA)];
}

function splits(runs: number): Check[] {
  const looks = repeat(runs, 7, (random) => {
    const b = converted(random, 10_000, 0.1);
    const groups = [
      { name: "A", weight: 90 },
      { name: "B", weight: 10 },
    ];
    const rows = [
      ["A", 10_000 - b, 0],
      ["B", b, 0],
    ] as const;
    return !reportOf(rows, { experiment: { groups } }).health.trusted;
  });
  return [happens("split 90/10 of 10,000 visitors: a false alarm at 0.001", count(looks), runs, 0.001)];
}

/** Checks that p-values are uniform, at the 0.001 level. */
function uniform(what: string, pValues: readonly number[]): Check {
  const classes = 20;
  const counts = Array<number>(classes).fill(0);
  for (const p of pValues) {
    const place = Math.min(classes - 1, Math.floor(p * classes));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const expected = pValues.length / classes;
  const chi2 = counts.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
  const { p } = chiSquareTail(chi2, classes - 1);
  return { what, seen: `p = ${p.toPrecision(2)}`, allowed: "at least 0.001", ok: p >= 0.001 };
}
