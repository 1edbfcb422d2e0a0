import type { Event } from "../core/event.ts";
import type { Unit } from "../core/experiment.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { tally } from "../core/tally.ts";
import { type Check, happens } from "./calibrate-band.ts";
import { atTheLook } from "./calibrate-visitors.ts";

const ALPHA = 0.05;
/** Units in each group. */
const ACCOUNTS = 300;
const DEVICES = 3;
const BUYS = 0.3;

/**
 * Experiments of accounts without any effect, whose accounts do alike on all of their devices:
 * counted by account as they should be, and for comparison by device.
 */
export function accountsOfDevices(runs: number): Check[] {
  const random = seededRandom(14);
  let [byAccount, byDevice] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const events = logOf(random);
    if (isDecided(events, "account")) byAccount += 1;
    if (isDecided(events, "device")) byDevice += 1;
  }
  const what = `A/A, 2 × ${ACCOUNTS} accounts of ${DEVICES} devices, counted by account: “better” or “worse”`;
  return [
    happens(what, byAccount, runs, ALPHA),
    {
      ...happens("… for comparison, counted by device: “better” or “worse”", byDevice, runs, ALPHA),
      allowed: "why the unit is counted",
      ok: !happens("", byDevice, runs, ALPHA).ok,
    },
  ];
}

function isDecided(events: readonly Event[], unit: Unit): boolean {
  const { epochs } = tally("x", events, { goals: ["purchase"], run: null, unit });
  const rows = (epochs[0]?.groups ?? []).map(
    ({ group, devices, goals: [goal] }) => [group, devices, goal?.devices ?? 0] as const,
  );
  const { kind } = atTheLook(rows).verdict;
  return kind === "better" || kind === "worse";
}

/** Every account is exposed on each device, and buys on all of them or on none. */
function logOf(random: () => number): Event[] {
  const events: Event[] = [];
  for (const group of ["A", "B"]) {
    for (let account = 0; account < ACCOUNTS; account++) {
      const buys = random() < BUYS;
      for (let device = 0; device < DEVICES; device++) {
        const accountId = `${group}${account}`;
        const id = `${accountId}-${device}`;
        const common = { ts: "2026-11-20T12:00:00.000Z", accountId, deviceId: id, source: "browser", params: {} };
        events.push({ ...common, id: `e${id}`, event: "exposure", experiment: "x", group, epoch: 1 });
        if (buys) events.push({ ...common, id: `o${id}`, event: "purchase" });
      }
    }
  }
  return events;
}
