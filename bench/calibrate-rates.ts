import { rateEvidence, rateLogEvidence } from "../core/statistics/rate-evidence.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { twoProportions } from "../core/statistics/two-proportions.ts";
import { type Check, happensAtMost } from "./calibrate-band.ts";

const ALPHA = 0.05;
/** Tuning of the report without a plan. */
const TUNING = { alpha: ALPHA, tuningN: 5_000 };
const BASES = [0.005, 0.02, 0.1, 0.5, 0.9, 0.98];
const SPLITS = [
  [50, 50],
  [90, 10],
] as const;
/** Visitors between two looks. */
const EVERY = 50;

/**
 * Evidence for rates at any look: how often null experiments are ever rejected, and what five
 * standard errors come to.
 */
export function ratesAtAnyLook(runs: number, visitors: number): Check[] {
  const upTo = `a look every ${EVERY} visitors up to ${visitors.toLocaleString("en")}`;
  const nulls = SPLITS.flatMap((weights) =>
    BASES.map((base, place) => {
      const random = seededRandom(7_000 + 100 * weights[1] + place);
      let crossed = 0;
      for (let run = 0; run < runs; run++) if (isEverRejected(random, base, weights, visitors)) crossed += 1;
      return happensAtMost(`A/A, ${100 * base} % at ${weights.join("/")}, ${upTo}: ever says so`, crossed, runs, ALPHA);
    }),
  );
  return [...nulls, fiveErrors()];
}

function isEverRejected(random: () => number, base: number, weights: readonly [number, number], visitors: number) {
  const [a, b] = [
    { n: 0, conversions: 0 },
    { n: 0, conversions: 0 },
  ];
  for (let visitor = 1; visitor <= visitors; visitor++) {
    const group = random() * (weights[0] + weights[1]) < weights[0] ? a : b;
    group.n += 1;
    if (random() < base) group.conversions += 1;
    if (visitor % EVERY !== 0) continue;
    if (Math.min(a.n, b.n) > 0 && rateLogEvidence({ a, b, weights, ...TUNING }) > -Math.log(ALPHA)) return true;
  }
  return false;
}

/** The largest p of rates that are five standard errors apart, 2 × 20,000 visitors. */
function fiveErrors(): Check {
  const n = 20_000;
  const p = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98].map((base) => {
    const a = { n, conversions: Math.round(n * base) };
    let b = a;
    while ((twoProportions({ a, b, alpha: ALPHA }).pooled.z ?? 0) < 5) b = { n, conversions: b.conversions + 1 };
    return rateEvidence({ a, b, weights: [1, 1], ...TUNING }).pValue ?? 1;
  });
  const most = Math.max(...p);
  return {
    what: "five standard errors apart, 2 to 98 %, 2 × 20,000 visitors: the largest p at any look",
    seen: most.toPrecision(2),
    allowed: "at most 2e-4",
    ok: most <= 2e-4,
  };
}
