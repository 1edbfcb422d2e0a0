import fc from "fast-check";
import type { Event } from "../../../core/event.ts";

/** Names that could break a query. */
const NAMES = [
  "A",
  "B",
  "",
  "a",
  "'",
  '"; drop table events; --',
  "🚀",
  "Ａ",
  "é",
  "e\u0301",
  "__proto__",
  "\\",
  "%_",
  "null",
];

export const EXPERIMENTS = ["one", "two", "o'ne"] as const;
export const GOALS = ["order", "click", "exposure", 'it\'s "odd" 🚀'] as const;
export const UNITS = ["device", "account", "session", "random"] as const;
export const RUNS = [null, "run-1", "it's"] as const;

const TIMES = [
  "2026-01-31T12:00:00.000Z",
  "2026-01-31T12:00:00Z",
  "2026-01-31T12:00:00.1Z",
  "2026-01-31T12:00:00.100Z",
  "2026-01-31T12:00:00.100999999Z",
  "2026-01-31T12:00:00.101Z",
  "2026-01-31T23:59:59.999Z",
  "2026-01-31T23:59:59.9999999Z",
  "2026-02-01T00:00:00Z",
  "2026-01-31T12:04:59.999Z",
  "2026-01-31T12:05:00.000Z",
  "2026-01-31T12:10:00.000Z",
  "2026-01-31T12:10:00.001Z",
  "2026-01-31T12:15:00.001Z",
  "2026-01-31T11:59:59.000Z",
  "2026-01-31T11:59:58.999Z",
  "2026-01-30T12:00:00.000Z",
  "2026-02-28T12:00:00.5Z",
  "1969-12-31T23:59:59.9991Z",
  "1970-01-01T00:00:00.000Z",
  "0000-02-29T00:00:00.001Z",
  "9999-12-31T23:59:59.999999999Z",
];

const VALUES = [
  0,
  1,
  -1,
  12.5,
  0.1,
  0.2,
  0.30000000000000004,
  0.000001,
  1e-7,
  1.0000005,
  1e9,
  -1e9,
  1e9 + 0.5,
  999999999.999999,
  1e21,
  0.0078125,
  0.0234375,
  21.978000000000005,
  5e-324,
  1.7976931348623157e308,
  123456.789012,
  -0.07,
];

const SESSIONS: readonly unknown[] = ["s1", "s2", "", "1", 1, true, null, { s: 1 }, ["s1"], "'"];

/** Hashed network addresses. */
export const NETWORKS = ["00000000", "a1b2c3d4", "ffffffff"] as const;

/** Events of few names and times, so that they collide, tie and repeat. */
export const timestamps = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TIMES.slice(0, 3)) },
  { weight: 2, arbitrary: fc.constantFrom(...TIMES) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }).map((ms) => new Date(1769860800000 + ms).toISOString()) },
);
const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("A", "B") },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
);
const devices = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }).map((n) => `d${n}`) },
  { weight: 1, arbitrary: fc.constantFrom("é", "e\u0301", "'", "🚀", "\\", "D1") },
);
/** Accounts of few names, some of which are also devices'. */
const accounts = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }).map((n) => `a${n}`) },
  { weight: 1, arbitrary: fc.constantFrom("d1", "'", "🚀") },
);
/** Lines of earlier versions may have anything as an account. */
const strangeAccounts = fc.constantFrom<unknown>("", 1, null, true, { a: 1 }, ["a1"]);
const ids = fc.oneof(
  { weight: 4, arbitrary: fc.record({ deviceId: devices }) },
  { weight: 4, arbitrary: fc.record({ deviceId: devices, accountId: accounts }) },
  { weight: 3, arbitrary: fc.record({ accountId: accounts }) },
  { weight: 1, arbitrary: fc.record({ deviceId: devices, accountId: strangeAccounts }) },
);
const epochs = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 2) },
  { weight: 1, arbitrary: fc.constantFrom(0, 10, Number.MAX_SAFE_INTEGER) },
);

const optional = <Value>(name: string, value: fc.Arbitrary<Value>, presence: number) =>
  fc.oneof(
    { weight: presence, arbitrary: value.map((found) => ({ [name]: found })) },
    { weight: 100 - presence, arbitrary: fc.constant({}) },
  );

const events = fc
  .tuple(
    fc.record({
      id: fc.constant(""),
      ts: timestamps,
      event: fc.oneof(
        { weight: 4, arbitrary: fc.constant("exposure") },
        { weight: 4, arbitrary: fc.constantFrom(...GOALS) },
        { weight: 1, arbitrary: fc.constantFrom("pageview", "pageview", "exp_groups", "Order", "null") },
      ),
      source: fc.constantFrom("browser", "backend"),
    }),
    ids,
    optional("path", fc.constantFrom("/", "/a\nb", "/🚀"), 50),
    optional(
      "experiment",
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<string>("one") },
        { weight: 1, arbitrary: fc.constantFrom<string>(...EXPERIMENTS, "") },
      ),
      90,
    ),
    optional("group", names, 95),
    optional("epoch", epochs, 95),
    optional("value", fc.constantFrom(...VALUES), 60),
    optional("session_id", fc.constantFrom(...SESSIONS), 30),
    optional("sessionId", fc.constantFrom(...SESSIONS), 10),
    optional("clockMs", fc.constantFrom<unknown>(120_000, 120_001, -120_001, 1e12, "120001", null, true), 20),
    optional("run", fc.constantFrom("run-1", "it's"), 15),
    optional("receivedAt", timestamps, 40),
    optional("net", fc.constantFrom(...NETWORKS), 60),
    optional("uncounted", fc.constantFrom("group", "epoch"), 10),
    optional("withKey", fc.constantFrom<unknown>(true, true, true, false, "true", 1, null), 50),
    fc.record({ params: fc.constantFrom({}, { a: 1 }, { session_id: "s9", value: 7, nested: { event: "exposure" } }) }),
  )
  .map((parts) => Object.assign({}, ...parts) as Event);

/** A log; some of its IDs recur, with the same event or another one. */
export const randomLog: fc.Arbitrary<Event[]> = fc
  .array(
    fc.tuple(
      events,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant("new") },
        { weight: 1, arbitrary: fc.constant("same") },
        { weight: 2, arbitrary: fc.constant("id") },
      ),
      fc.nat(9),
    ),
    { maxLength: 60, size: "max" },
  )
  .map((entries) => {
    const log: Event[] = [];
    for (const [event, kind, back] of entries) {
      const before = log[log.length - 1 - back];
      if (before && kind === "same") log.push(before);
      else log.push({ ...event, id: before && kind === "id" ? before.id : `id-${log.length}` });
    }
    return log;
  });

/** A log with a unique ID per event, and no two exposures of one experiment in the same ms. */
export const orderlyLog: fc.Arbitrary<Event[]> = randomLog.map((log) => {
  const times = new Set<string>();
  return log.flatMap((event, i) => {
    const moment = `${event.experiment} ${Date.parse(event.ts)}`;
    if (event.event === "exposure" && times.has(moment)) return [];
    if (event.event === "exposure") times.add(moment);
    return [{ ...event, id: `id-${i}` }];
  });
});

/** When events are received, around the end at 12:00:00.100 and the windows that end later. */
const RECEIPTS = [
  "2026-01-31T12:00:00.100Z",
  "2026-01-31T12:10:00.100Z",
  "2026-01-31T12:10:00.101Z",
  "2026-01-31T12:14:59.000Z",
  "2026-01-31T12:15:00.000Z",
  "2026-01-31T12:15:00.101Z",
  "2026-02-01T12:10:00.000Z",
  "2026-02-01T12:10:00.001Z",
  "2027-01-31T12:00:00.000Z",
];

/** A log with goal events of exposed devices that are received at or long after the end. */
export const lateLog: fc.Arbitrary<Event[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom("d1", "d2", "d3", "d4"),
      fc.constantFrom("order", "order", "click", "pageview", "exposure"),
      fc.constantFrom(-86_400_000, -1000, 0, 1, 100, 299_999),
      fc.constantFrom(...RECEIPTS),
      fc.constantFrom("s1", "s2", "s3"),
      fc.constantFrom("A", "B"),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((entries) => [
    ...["d1", "d2", "d3"].map((deviceId, i) => made(i, deviceId, "exposure", 0, { group: i % 2 ? "A" : "B" })),
    ...entries.map(([deviceId, event, ms, receivedAt, session_id, group], i) =>
      made(i + 3, deviceId, event, ms, { group, receivedAt, session_id, path: "/", value: i + 1 }),
    ),
  ]);

function made(place: number, deviceId: string, event: string, ms: number, more: object): Event {
  const ts = new Date(Date.UTC(2026, 0, 31, 12) + ms).toISOString();
  return {
    id: `id-${place}`,
    ts,
    deviceId,
    event,
    source: "browser",
    experiment: "one",
    epoch: 1,
    params: {},
    ...more,
  };
}
