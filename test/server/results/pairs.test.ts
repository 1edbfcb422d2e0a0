import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAnalysis } from "../../../server/analysis/analysis.ts";
import { openEngine } from "../../../server/analysis/engine.ts";
import { pairsOf } from "../../../server/results/pairs.ts";
import { worstPairs } from "../../../server/results/worst-pairs.ts";
import { active, NOW, openApp } from "../rig/open-app.ts";

const EXPERIMENTS = 1000;
const VISITORS = 12_000;
const SEEN = 4;

/** MurmurHash3's finalizer: bits that say nothing about another experiment of the visitor. */
function mixed(visitor: number, place: number): number {
  let bits = visitor * EXPERIMENTS + place;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

test("of 1,000 experiments those that share visitors are tested, and two that are one are the worst", async () => {
  const { log, folder } = await openApp();
  const experiments = Array.from({ length: EXPERIMENTS }, (_, n) => active(`experiment_${n}`));
  // A visitor sees experiments that are next to each other; the last two have the same groups.
  const exposures = Array.from({ length: VISITORS }, (_, visitor) =>
    Array.from({ length: SEEN }, (_, step) => {
      const place = (visitor * 2 + step) % EXPERIMENTS;
      const isOne = place >= EXPERIMENTS - 2;
      return {
        id: `${visitor}-${step}`,
        ts: NOW,
        deviceId: `visitor-${visitor}`,
        event: "exposure",
        source: "test",
        params: {},
        experiment: `experiment_${place}`,
        group: (isOne ? Math.floor(visitor / 500) : mixed(visitor, place)) & 1 ? "A" : "B",
        epoch: 1,
      };
    }),
  ).flat();
  for (let start = 0; start < exposures.length; start += 5000) await log.append(exposures.slice(start, start + 5000));
  const analysis = createAnalysis({
    events: join(folder, "events"),
    end: () => log.end(),
    temporary: join(folder, "analysis"),
    openEngine,
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => analysis.close());
  const found = await pairsOf(experiments, null, analysis);
  expect(found.total).toBe(499_500);
  expect(found.pairs.length).toBeLessThan(EXPERIMENTS * SEEN);
  expect(found.pairs.length).toBeGreaterThan(EXPERIMENTS);
  const all = worstPairs(found.pairs, 0, found.pairs.length);
  expect(all[0]).toMatchObject({ a: { key: "experiment_998" }, b: { key: "experiment_999" }, cramersV: 1 });
  const ps = all.map(({ log10P }) => log10P ?? 1);
  expect(ps).toEqual(ps.toSorted((a, b) => a - b));
  expect(new Set(all).size).toBe(found.pairs.length);
  const pages = [0, 50, 100].flatMap((start) => worstPairs(found.pairs, start, start + 50));
  expect(pages).toEqual(all.slice(0, 150));
  expect(worstPairs(found.pairs, found.pairs.length, found.pairs.length + 50)).toEqual([]);
}, 120_000);
