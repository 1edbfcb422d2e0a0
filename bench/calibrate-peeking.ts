import { alwaysValid } from "../core/statistics/always-valid.ts";
import { SRM_THRESHOLD } from "../core/statistics/sample-ratio-mismatch.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { type Check, happensAtMost } from "./calibrate-band.ts";
import { spend } from "./calibrate-visitors.ts";

/** Visitors between two looks. */
const EVERY = 10;
const ALPHA = 0.05;
const SURE = 1.959963984540054 ** 2;

/**
 * Share of null experiments that are ever significant when every tenth visitor brings a look. The
 * evidence has the report's tuning. Looks at which nothing changed are left out.
 */
export function peeking(runs: number, visitors: number): Check[] {
  const rates = { singleLook: 0, split: 0 };
  for (let run = 0; run < runs; run++) {
    const crossed = peekAtRates(seededRandom(1000 + run), visitors);
    if (crossed.singleLook) rates.singleLook += 1;
    if (crossed.split) rates.split += 1;
  }
  let means = 0;
  for (let run = 0; run < runs; run++) if (peekAtMeans(seededRandom(1_000_000 + run), visitors)) means += 1;
  const upTo = `every ${EVERY} visitors up to ${visitors.toLocaleString("en")}`;
  return [
    happensAtMost(`A/A, what visitors spend, a look ${upTo}: ever says so`, means, runs, ALPHA),
    happensAtMost(`split 50/50, a look ${upTo}: evidence at any look ever alarms`, rates.split, runs, SRM_THRESHOLD),
    {
      what: "for comparison, the single-look z test at each of these looks: ever says so",
      seen: `${rates.singleLook.toLocaleString("en")} of ${runs.toLocaleString("en")}`,
      allowed: "why nobody should",
      ok: true,
    },
  ];
}

function peekAtRates(random: () => number, visitors: number) {
  const [n, x] = [[0, 0] as [number, number], [0, 0] as [number, number]];
  const crossed = { singleLook: false, split: false };
  for (let visitor = 1; visitor <= visitors; visitor++) {
    const group = random() < 0.5 ? 0 : 1;
    n[group] += 1;
    if (random() < 0.02) x[group] += 1;
    if (visitor % EVERY !== 0) continue;
    crossed.singleLook ||= chiSquare(n, x) > SURE;
    crossed.split ||= multinomialP(n, 10_000, SRM_THRESHOLD) < SRM_THRESHOLD;
  }
  return crossed;
}

function multinomialP(counts: readonly [number, number], concentration: number, alpha: number): number {
  return alwaysValid({ kind: "multinomial", counts, weights: [1, 1], alpha, concentration }).pValue ?? 1;
}

/** Pearson's, of two groups that converted or not. */
function chiSquare([nA, nB]: readonly [number, number], [a, b]: readonly [number, number]): number {
  const conversions = a + b;
  if (nA === 0 || nB === 0 || conversions === 0 || conversions === nA + nB) return 0;
  return ((b * nA - a * nB) ** 2 * (nA + nB)) / (nA * nB * conversions * (nA + nB - conversions));
}

function peekAtMeans(random: () => number, visitors: number): boolean {
  const nobody = { n: 0, buyers: 0, sum: 0, squares: 0 };
  const groups: [typeof nobody, typeof nobody] = [{ ...nobody }, { ...nobody }];
  for (let visitor = 1; visitor <= visitors; visitor++) {
    const group = groups[random() < 0.5 ? 0 : 1];
    const value = spend(random);
    group.n += 1;
    if (value > 0) group.buyers += 1;
    group.sum += value;
    group.squares += value * value;
    // The report has no sequential p before a hundred of each group have a value.
    if (visitor % EVERY !== 0 || groups.some(({ buyers }) => buyers < 100)) continue;
    const [a, b] = groups;
    const errorOf = ({ n, sum, squares }: typeof nobody) => (squares - (sum * sum) / n) / (n - 1) / n;
    const { pValue } = alwaysValid({
      kind: "asymptotic",
      alpha: ALPHA,
      tuningN: 10_000,
      n: a.n + b.n,
      estimate: b.sum / b.n - a.sum / a.n,
      standardError: Math.sqrt(errorOf(a) + errorOf(b)),
    });
    if (pValue < ALPHA) return true;
  }
  return false;
}
