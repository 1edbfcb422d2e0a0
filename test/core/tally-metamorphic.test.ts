import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossTally } from "../../core/cross-tally.ts";
import type { Event } from "../../core/event.ts";
import { knownAt } from "../../core/exclusion.ts";
import { reachedAt } from "../../core/reached-at.ts";
import { type EpochTally, type GoalTally, type Tally, tally } from "../../core/tally.ts";
import { GOALS, orderlyLog, RUNS } from "../server/analysis/random-log.ts";

const runs = fc.constantFrom(...RUNS);
const all = (events: Event[], run: string | null) => tally("one", events, { goals: GOALS, run });
const byAccount = (events: Event[], run: string | null) => tally("one", events, { goals: GOALS, run, unit: "account" });
const DAY = 24 * 60 * 60 * 1000;

/** Plans that most logs have enough devices to reach. */
const planned = (run: string | null) => ({
  run,
  epoch: 1,
  groups: [
    { name: "A", devices: 1 },
    { name: "B", devices: 1 },
  ],
});

/** The same events in another order, drawn by fast-check. */
const shuffled = (log: Event[]) => fc.shuffledSubarray(log, { minLength: log.length });

function holds(name: string, property: fc.IRawProperty<unknown>) {
  test(name, () => {
    fc.assert(property, { seed: 60, numRuns: 300 });
  });
}

describe("the tally of a log is that of", () => {
  holds(
    "the same events delivered in another order",
    fc.property(
      orderlyLog.chain((log) => fc.tuple(fc.constant(log), shuffled(log))),
      runs,
      ([log, other], run) => {
        expect(all(other, run)).toEqual(all(log, run));
        expect(byAccount(other, run)).toEqual(byAccount(log, run));
        expect(reachedAt("one", other, planned(run))).toEqual(reachedAt("one", log, planned(run)));
        const cross = (events: Event[]) => crossTally({ experiment: "one" }, { experiment: "two" }, events, { run });
        expect(cross(other)).toEqual(cross(log));
      },
    ),
  );

  holds(
    "the same events delivered twice",
    fc.property(
      orderlyLog.chain((log) => fc.tuple(fc.constant(log), shuffled([...log, ...log]))),
      runs,
      ([log, twice], run) => {
        expect(all(twice, run)).toEqual(all(log, run));
      },
    ),
  );

  holds(
    "its two parts, put together the other way round",
    fc.property(orderlyLog, fc.nat(60), runs, (log, at, run) => {
      expect(all([...log.slice(at), ...log.slice(0, at)], run)).toEqual(all(log, run));
    }),
  );

  holds(
    "its end and later, cut off with until",
    fc.property(orderlyLog, fc.nat(5000), runs, (log, ms, run) => {
      const until = new Date(1769860800000 + ms).toISOString();
      const before = log.filter((event) => knownAt(event, Date.parse(event.ts)) <= Date.parse(until));
      expect(tally("one", log, { goals: GOALS, run, until })).toEqual(all(before, run));
    }),
  );

  holds(
    "all clocks shifted by days, but for the times",
    fc.property(orderlyLog, fc.integer({ min: -700, max: 700 }), runs, (log, days, run) => {
      const shift = (text: string) => new Date(Date.parse(text) + days * DAY).toISOString();
      // Years of more or less than four digits are not written.
      fc.pre(log.every(({ ts }) => /^\d{4}-/.test(shift(ts))));
      const shifted = all(
        log.map((event) => ({ ...event, ts: shift(event.ts) })),
        run,
      );
      const { epochs, ...rest } = all(log, run);
      expect(shifted).toEqual({
        ...rest,
        epochs: epochs.map((epoch) => ({
          ...epoch,
          firstAt: shift(epoch.firstAt),
          lastAt: shift(epoch.lastAt),
          days: epoch.days.map((day) => ({ ...day, day: shift(`${day.day}T00:00:00Z`).slice(0, 10) })),
        })),
      });
    }),
  );
});

holds(
  "the tallies of two halves of the devices add up",
  fc.property(orderlyLog, runs, (logged, run) => {
    // An event without a device may be of an account with devices in both halves.
    const log = logged.filter(({ deviceId }) => deviceId !== undefined);
    const isLeft = ({ deviceId = "" }: Event) => deviceId < "d4";
    const parts = [
      all(log.filter(isLeft), run),
      all(
        log.filter((event) => !isLeft(event)),
        run,
      ),
    ];
    const whole = all(log, run);
    expect(parts.reduce((sum, part) => sum + additive(part), 0n)).toBe(additive(whole));
    expect(new Set(parts.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)))).toEqual(
      new Set(whole.epochs.map(({ epoch }) => epoch)),
    );
  }),
);

/** A weighted sum of all additive counts; the weights distinguish them. */
function additive({ epochs }: Tally): bigint {
  const ofGoal = ({ devices, events, unusableValues, counts, values }: GoalTally) =>
    BigInt(devices) * 3n +
    BigInt(events) * 5n +
    BigInt(unusableValues) * 7n +
    counts.sumSquares * 11n +
    values.sum * 13n +
    values.sumSquares * 17n +
    BigInt(values.n) * 19n;
  const ofEpoch = ({ epoch, groups, twoGroups }: EpochTally) =>
    groups.reduce(
      (sum, { group, devices, sessions, exposures, goals }) =>
        sum +
        BigInt(group.length + 2) *
          (BigInt(devices + 23 * sessions + 29 * exposures) + goals.reduce((of, goal) => of + ofGoal(goal), 0n)),
      BigInt(twoGroups) * 31n,
    ) * BigInt(epoch + 1);
  return epochs.reduce((sum, epoch) => sum + ofEpoch(epoch), 0n);
}
