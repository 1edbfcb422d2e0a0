import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Goal } from "../../../core/goal.ts";
import { plannedOf } from "../../../core/plan.ts";
import { reachedAt } from "../../../core/reached-at.ts";
import { type Report, report } from "../../../core/report/report.ts";
import { tally } from "../../../core/tally.ts";
import { inputOf, PLAN } from "./report-of.ts";

const START = Date.UTC(2026, 10, 20, 12);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const goals: Goal[] = [
  { event: "button_click", kind: "binary" },
  { event: "purchase", kind: "value" },
];

interface Visit {
  readonly group: string;
  readonly seen: number;
  readonly clicks: readonly number[];
  readonly spent: number | null;
}

/** Events of devices: minutes after the start, and amounts. */
const visits: fc.Arbitrary<Visit[]> = fc.array(
  fc.record({
    group: fc.constantFrom("A", "B"),
    seen: fc.nat(2000),
    clicks: fc.array(fc.nat(3000), { maxLength: 3 }),
    spent: fc.option(fc.integer({ min: -500, max: 50_000 }), { freq: 2 }),
  }),
  { minLength: 20, maxLength: 80 },
);

function eventsOf(devices: readonly Visit[]): Event[] {
  return devices.flatMap(({ group, seen, clicks, spent }, device) => {
    const event = (name: string, place: number, minute: number, more: object = {}): Event => ({
      id: `${device}-${name}-${place}`,
      ts: new Date(START + minute * MINUTE_MS + device).toISOString(),
      deviceId: `device-${device}`,
      event: name,
      source: "browser",
      params: {},
      ...more,
    });
    return [
      event("exposure", 0, seen, { experiment: "headline_test", group, epoch: 1 }),
      ...clicks.map((minute, place) => event("button_click", place, minute)),
      ...(spent === null ? [] : [event("purchase", 0, seen + 5, { value: spent / 100 })]),
    ];
  });
}

/** Counted and reported as a server does, with a plan of 20 devices. */
function reportOfLog(events: readonly Event[], asOf = START + 3 * DAY_MS): Report {
  const plan = { ...PLAN, devices: 20 };
  const input = inputOf(
    [
      ["A", 0],
      ["B", 0],
    ],
    { experiment: { goals, plan } },
  );
  const options = { goals: goals.map(({ event = "" }) => event), run: null };
  const epochOf = (until?: string) =>
    tally("headline_test", events, until === undefined ? options : { ...options, until }).epochs[0] ?? null;
  const groups = plannedOf(plan, input.experiment.groups);
  const moment = reachedAt("headline_test", events, { run: null, epoch: 1, groups });
  const frozen = moment === null ? null : epochOf(moment);
  return report({ ...input, tally: epochOf(), frozen, reachedAt: moment, asOf: new Date(asOf).toISOString() });
}

test("a log in another order, delivered twice, or in two parts is the same report", () => {
  fc.assert(
    fc.property(visits, fc.integer(), fc.nat(), (devices, seed, cut) => {
      const events = eventsOf(devices);
      const expected = reportOfLog(events);
      const shuffled = events.toSorted((a, b) => hash(a.id, seed) - hash(b.id, seed));
      const place = cut % (events.length + 1);
      expect(reportOfLog(shuffled)).toEqual(expected);
      expect(reportOfLog([...events, ...shuffled])).toEqual(expected);
      expect(reportOfLog([...events.slice(place), ...events.slice(0, place)])).toEqual(expected);
    }),
    { numRuns: 40, seed: 20261121 },
  );
});

test("a log whose clocks are all shifted has the same numbers and verdict", () => {
  const days = fc.integer({ min: -400, max: 400 });
  fc.assert(
    fc.property(visits, days, (devices, shift) => {
      const events = eventsOf(devices);
      const later = events.map((event) => ({
        ...event,
        ts: new Date(Date.parse(event.ts) + shift * DAY_MS).toISOString(),
      }));
      const [here, there] = [reportOfLog(events), reportOfLog(later, START + (3 + shift) * DAY_MS)];
      expect(there.verdict).toEqual(here.verdict);
      expect([there.goals, there.health, there.groups]).toEqual([here.goals, here.health, here.groups]);
      expect(there.progress.devicesPerDay).toEqual(here.progress.devicesPerDay);
      expect(there.days.map(({ groups }) => groups)).toEqual(here.days.map(({ groups }) => groups));
    }),
    { numRuns: 40, seed: 20261121 },
  );
});

function hash(text: string, seed: number): number {
  let found = seed | 0;
  for (const character of text) found = (Math.imul(found, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return Math.imul(found, 0x9e3779b1) | 0;
}
