// Assignments a second of one core by local evaluation (`fairsplit/node`), with ten experiments and
// exposed units:
//
//   npm run bench:local -- [--units 1000000] [--visitors 200000]
//
// The floor is what no client can do without: a SHA-256 for each assignment.
import { hash } from "node:crypto";
import { parseArgs } from "node:util";
import { defineExperiment } from "../core/experiment.ts";
import { ExposedGroups } from "../core/sticky/exposed-groups.ts";
import { framesOf, type LocalHeader } from "../core/sticky/exposed-units.ts";
import { fingerprint, HASH } from "../core/sticky/fingerprint.ts";
import { transition } from "../core/transition.ts";
import { createClient } from "../sdk/node/client.ts";

const { values: options } = parseArgs({
  options: { units: { type: "string", default: "1000000" }, visitors: { type: "string", default: "200000" } },
});
const [units, visitors] = [Number(options.units), Number(options.visitors)];
const EXPERIMENTS = 10;
const NOW = "2026-01-31T12:00:00.000Z";
const seeds = { high: 1, low: 2 };

const experiments = Array.from({ length: EXPERIMENTS }, (_, i) => {
  const groups = [
    { name: "A", weight: 50 },
    { name: "B", weight: 50 },
  ];
  const draft = defineExperiment({ key: `experiment${i}`, groups }, NOW, "bench");
  return transition(draft, { state: "active", by: "bench" }, NOW);
});
const exposed = experiments.map(() => new ExposedGroups());
for (let i = 0; i < units; i += 1) {
  const group = i % 2 === 0 ? "A" : "B";
  exposed[i % EXPERIMENTS]?.add(fingerprint(`device:device-${i}`, seeds), { group, epoch: 1 });
}
const header: LocalHeader = {
  position: "1.0.0",
  isWhole: true,
  version: "1",
  settings: { enabled: true, holdout: null } as LocalHeader["settings"],
  experiments,
  seeds,
  hash: HASH,
  tables: experiments.map(({ key }, i) => ({ key, entries: exposed[i]?.entries ?? [] })),
};
const client = createClient({
  baseUrl: "http://localhost",
  local: { token: "none", refreshMs: 3_600_000 },
  fetch: (async () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(`${JSON.stringify(header)}\n`));
          for (const frame of framesOf(exposed, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])) controller.enqueue(frame);
          controller.close();
        },
      }),
    )) as typeof fetch,
});

const beforeLoad = performance.now();
await client.refresh();
const loadMs = performance.now() - beforeLoad;

/** Visitors of whom every second one was exposed. */
const deviceOf = (i: number) => (i % 2 === 0 ? `device-${i % units}` : `new-${i}`);
const rounds = Array.from({ length: 3 }, () => [0, 0] as [ours: number, floor: number]);
for (const round of rounds) {
  let begin = performance.now();
  for (let i = 0; i < visitors; i += 1) await client.groups({ deviceId: deviceOf(i), path: "/" });
  round[0] = performance.now() - begin;
  begin = performance.now();
  for (let i = 0; i < visitors * EXPERIMENTS; i += 1) hash("sha256", `${deviceOf(i)}:experiment${i % 10}`, "hex");
  round[1] = performance.now() - begin;
}
await client.close();
const [ours = 0, floor = 0] = rounds.toSorted(([a], [b]) => a - b)[1] ?? [];
const perSecond = (visitors * EXPERIMENTS * 1000) / ours;
process.stdout.write(
  `${Math.round(perSecond / 1000).toLocaleString("en")},000 assignments/s (${Math.round(perSecond / EXPERIMENTS).toLocaleString("en")} visitors/s of ${EXPERIMENTS} experiments), ` +
    `${(ours / floor).toFixed(2)} times a SHA-256 each; ${units.toLocaleString("en")} units loaded in ${loadMs.toFixed(0)} ms\n`,
);
