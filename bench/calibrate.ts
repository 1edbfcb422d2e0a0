// `npm run calibrate`: are the report's error rates those that it promises? Simulates tens of
// thousands of experiments whose truth is known, from fixed seeds, and prints how often each
// promise was kept beside how often it may be. Exits 1 when one is outside its band. `-- --short`
// takes a tenth of the runs.
import { parseArgs } from "node:util";
import { delayedConversions } from "./calibrate-delays.ts";
import { goalsOfAllKinds } from "./calibrate-goals.ts";
import { peeking } from "./calibrate-peeking.ts";
import { powerCurve } from "./calibrate-power.ts";
import { ratesAtAnyLook } from "./calibrate-rates.ts";
import { singleLooks } from "./calibrate-single-looks.ts";
import { skewedRatios } from "./calibrate-skewed-ratios.ts";
import { heavyTails } from "./calibrate-tails.ts";

const { short: isShort } = parseArgs({ options: { short: { type: "boolean", default: false } } }).values;
const runs = isShort ? 1_000 : 10_000;
const peeks = isShort ? 200 : 2_000;
const visitors = isShort ? 10_000 : 100_000;

const started = performance.now();
const checks = [
  ...singleLooks(runs),
  ...powerCurve(isShort ? 200 : 2_000),
  ...goalsOfAllKinds(isShort ? 200 : 2_000),
  ...delayedConversions(isShort ? 100 : 2_000),
  ...ratesAtAnyLook(isShort ? 100 : 1_000, isShort ? 4_000 : 20_000),
  ...heavyTails(isShort ? 50 : 1_000, isShort ? 4_000 : 20_000),
  ...skewedRatios(isShort ? 50 : 1_000, isShort ? 4_000 : 20_000),
  ...peeking(peeks, visitors),
];
process.stdout.write("| promise | seen | allowed | |\n|---|---|---|---|\n");
for (const { what, seen, allowed, ok } of checks)
  process.stdout.write(`| ${what} | ${seen} | ${allowed} | ${ok ? "✓" : "✗"} |\n`);
const failed = checks.filter(({ ok }) => !ok).length;
const seconds = Math.round((performance.now() - started) / 1000);
process.stderr.write(`${checks.length - failed} of ${checks.length} promises kept, in ${seconds} s\n`);
process.exitCode = failed === 0 ? 0 : 1;
