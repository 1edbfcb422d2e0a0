import type { Event } from "../core/event.ts";
import type { Goal } from "../core/goal.ts";
import { reachedAt } from "../core/reached-at.ts";
import { report } from "../core/report/report.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { tally } from "../core/tally.ts";
import { windowMs } from "../core/window.ts";
import { inputOf, PLAN } from "../test/core/report/report-of.ts";
import { type Check, happens, happensAtMost } from "./calibrate-band.ts";

const ALPHA = 0.05;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);
/** Visitors of each group that are waited for. */
const PLANNED = 300;
/**
 * Visitors who come, one every 5 minutes: after the planned ones more, whose window closes after
 * the look.
 */
const VISITORS = 1_000;
const GAP_MS = 300_000;
const RATE = 0.2;
/** Hours within which those convert who do. */
const DELAYS = { A: 24, B: 5 } as const;

/**
 * Groups whose visitors convert equally often, in one of them within 24 hours and in the other
 * within 5. With a window of a day nobody is counted before both have had their time; without one
 * the slower group looks worse.
 */
export function delayedConversions(runs: number): Check[] {
  const [within, without] = [decided(runs, "1d"), decided(runs, null)];
  const what = `A/A, 20 % within ${DELAYS.A} and ${DELAYS.B} hours, 2 × ${PLANNED} planned`;
  return [
    happens(`${what}, a window of a day: “better” or “worse”`, within.decided, runs, ALPHA),
    happensAtMost("… a look every 12 hours by evidence at any look: ever says so", within.ever, runs, ALPHA),
    {
      what: "… for comparison, without a window: “better” or “worse”",
      seen: `${without.decided.toLocaleString("en")} of ${runs.toLocaleString("en")}`,
      allowed: "why goals have windows",
      ok: true,
    },
  ];
}

function decided(runs: number, window: string | null): { readonly decided: number; readonly ever: number } {
  const random = seededRandom(15);
  const goals: Goal[] = [{ event: "order", kind: "binary", window }];
  const sizes = ["A", "B"].map((name) => ({ name, devices: PLANNED }));
  let [found, ever] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const events = visitsOf(random);
    const planned = { run: null, epoch: 1, groups: sizes, windowMs: windowMs(window) };
    const at = reachedAt("one", events, planned);
    const until = (time: string) => tally("one", events, { goals, run: null, until: time }).epochs[0] ?? null;
    const frozen = at === null ? null : until(at);
    if (at === null || frozen === null) continue;
    const input = inputOf(
      [
        ["A", 0],
        ["B", 0],
      ],
      { experiment: { goals } },
    );
    const plan = { ...PLAN, devices: 2 * PLANNED };
    const looked = { ...input, tally: frozen, frozen, reachedAt: at, experiment: { ...input.experiment, plan } };
    if (isSure(report(looked).verdict.kind)) found += 1;
    if (window === null) continue;
    const looks = Array.from({ length: 7 }, (_, look) => new Date(START + 12 * (look + 2) * HOUR_MS).toISOString());
    if (looks.some((look) => isSure(report({ ...input, tally: until(look) }).verdict.kind))) ever += 1;
  }
  return { decided: found, ever };
}

const isSure = (kind: string) => kind === "better" || kind === "worse";

/** Visitors of two groups, and what they order; in the order in which it happens. */
function visitsOf(random: () => number): Event[] {
  const events: Event[] = [];
  const add = (name: string, visitor: number, at: number, more: Partial<Event>) => {
    const ts = new Date(at).toISOString();
    events.push({
      id: `${name}-${visitor}`,
      ts,
      deviceId: `d${visitor}`,
      event: name,
      source: "browser",
      params: {},
      ...more,
    });
  };
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    const at = START + visitor * GAP_MS;
    const group = random() < 0.5 ? "A" : "B";
    add("exposure", visitor, at, { experiment: "one", group, epoch: 1 });
    if (random() < RATE) add("order", visitor, at + Math.floor(random() * DELAYS[group] * HOUR_MS), {});
  }
  return events.sort((a, b) => (a.ts < b.ts ? -1 : 1));
}
