import { guardrails } from "../core/report/guardrails.ts";
import { covariateArms, type PairSums, ratioArms, totalArms } from "../core/report/mean-arms.ts";
import { meanLooks } from "../core/report/mean-looks.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { addUp } from "../core/sums.ts";
import { countedOf, inputOf } from "../test/core/report/report-of.ts";
import { accountsOfDevices } from "./calibrate-accounts.ts";
import { type Check, happens, happensAtMost } from "./calibrate-band.ts";
import { converted } from "./calibrate-visitors.ts";

const ALPHA = 0.05;
const TUNING = { alpha: ALPHA, devices: 5_000 };

/** Ratios, CUPED, guardrails, and accounts of several devices. */
export function goalsOfAllKinds(runs: number): Check[] {
  return [
    ...ratios(runs),
    ...covariates(runs),
    ...guarded(Math.ceil(runs / 10)),
    ...accountsOfDevices(Math.ceil(runs / 2)),
  ];
}

/**
 * Spending per order of visitors who order 0 to 4 times, and who differ in what they spend on one.
 */
function ratios(runs: number): Check[] {
  const random = seededRandom(11);
  let [rejected, covered] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const arms = ratioArms(orders(random, 1000), orders(random, 1000), 1);
    const { pValue, differenceInterval } = meanLooks(arms, 1, TUNING).single(ALPHA);
    if (pValue !== null && pValue < ALPHA) rejected += 1;
    if (differenceInterval && (differenceInterval[0] ?? 0) <= 0 && (differenceInterval[1] ?? 0) >= 0) covered += 1;
  }
  return [
    happens("A/A, a ratio (cents per order) of 2 × 1,000 visitors: p < 0.05", rejected, runs, ALPHA),
    happens("… the 95 % interval of the difference covers 0", covered, runs, 1 - ALPHA),
  ];
}

function orders(random: () => number, n: number): PairSums {
  let [x, xSquares, y, ySquares, product] = [0, 0, 0, 0, 0];
  for (let visitor = 0; visitor < n; visitor++) {
    const many = Math.floor(5 * random() ** 2);
    const taste = 500 + 1500 * random();
    let spent = 0;
    for (let order = 0; order < many; order++) spent += Math.round(taste * (0.5 + random()));
    x += many;
    xSquares += many * many;
    y += spent;
    ySquares += spent * spent;
    product += many * spent;
  }
  const [bx, bxx, by, byy, bxy] = [x, xSquares, y, ySquares, product].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { n, x: bx, xSquares: bxx, y: by, ySquares: byy, product: bxy };
}

/** Counts that are half explained by what the same visitors did before. */
function covariates(runs: number): Check[] {
  const random = seededRandom(12);
  let [rejected, found, foundPlain] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const [a, b, better] = [visits(random, 1000, 0), visits(random, 1000, 0), visits(random, 1000, 0.06)];
    const p = (one: typeof a, other: typeof b, isAdjusted: boolean) => {
      const plain = totalArms(one.totals, other.totals, 1);
      const arms = isAdjusted ? covariateArms(plain, one.pairs, other.pairs, 1) : plain;
      return meanLooks(arms, 1, TUNING).single(ALPHA).pValue ?? 1;
    };
    if (p(a, b, true) < ALPHA) rejected += 1;
    if (p(a, better, true) < ALPHA) found += 1;
    if (p(a, better, false) < ALPHA) foundPlain += 1;
  }
  const share = (count: number) => `${Math.round((100 * count) / runs)} %`;
  return [
    happens("A/A, visits of 2 × 1,000 visitors with CUPED: p < 0.05", rejected, runs, ALPHA),
    {
      what: "… 6 % more visits are found more often than without",
      seen: `${share(found)}, without ${share(foundPlain)}`,
      allowed: "more",
      ok: found > foundPlain,
    },
  ];
}

function visits(random: () => number, n: number, lift: number) {
  const totals: bigint[] = [];
  let [x, xSquares, product] = [0n, 0n, 0n];
  for (let visitor = 0; visitor < n; visitor++) {
    const habit = 10 * random();
    const before = BigInt(Math.round(habit + 4 * random()));
    const since = BigInt(Math.round((habit + 4 * random()) * (1 + lift)));
    totals.push(since);
    x += before;
    xSquares += before * before;
    product += before * since;
  }
  const sums = addUp(n, totals);
  return { totals: sums, pairs: { n, x, xSquares, y: sums.sum, ySquares: sums.sumSquares, product } };
}

/** A guardrail watched at 20 looks: without harm, and with just as much harm as is acceptable. */
function guarded(runs: number): Check[] {
  const random = seededRandom(13);
  const goals = [
    { event: "button_click", kind: "binary" },
    { event: "return", kind: "binary", role: "guardrail", better: "down", margin: 0.1 },
  ] as const;
  const context = {
    experiment: inputOf(
      [
        ["A", 0],
        ["B", 0],
      ],
      { experiment: { goals: [...goals] } },
    ).experiment,
    plan: null,
    alpha: ALPHA,
    isFixed: false,
    isTrusted: true,
  };
  const ever = (rateB: number, state: "harmed" | "safe") => {
    let seen = 0;
    for (let run = 0; run < runs; run++) {
      const [n, x] = [[0, 0] as [number, number], [0, 0] as [number, number]];
      for (let look = 0; look < 20; look++) {
        n[0] += 500;
        n[1] += 500;
        x[0] += converted(random, 500, 0.2);
        x[1] += converted(random, 500, rateB);
        const counted = countedOf(
          [
            ["A", n[0], 0, x[0]],
            ["B", n[1], 0, x[1]],
          ],
          goals,
        );
        if (guardrails(counted, context)[0]?.state !== state) continue;
        seen += 1;
        break;
      }
    }
    return seen;
  };
  return [
    happensAtMost("guardrail without harm, 20 looks: ever “harms”", ever(0.2, "harmed"), runs, ALPHA),
    happensAtMost(
      "guardrail with as much harm as is acceptable, 20 looks: ever “safe”",
      ever(0.22, "safe"),
      runs,
      ALPHA,
    ),
  ];
}
