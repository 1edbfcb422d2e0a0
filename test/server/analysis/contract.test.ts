import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Crossing, crossTally } from "../../../core/cross-tally.ts";
import type { Event } from "../../../core/event.ts";
import type { Goal } from "../../../core/goal.ts";
import { reachedAt } from "../../../core/reached-at.ts";
import { type SharedTally, sharedTallies } from "../../../core/shared-tally.ts";
import { tally } from "../../../core/tally.ts";
import { traffic } from "../../../core/traffic.ts";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import { ENGINE, type Engine, openEngine } from "../../../server/analysis/engine.ts";
import {
  crossTallyFiles,
  reachedAtFiles,
  sharedFiles,
  tallyFiles,
  trafficFiles,
} from "../../../server/analysis/log-analysis.ts";
import { compactedText, type EventFile, tableText } from "../../../server/analysis/log-source.ts";
import type { Query } from "../../../server/analysis/query.ts";
import { exposure, order } from "../../core/made-events.ts";
import { EXPERIMENTS, GOALS, lateLog, NETWORKS, orderlyLog, RUNS, randomLog, timestamps, UNITS } from "./random-log.ts";
import { type Segment, writeSegments } from "./segments-of.ts";

/**
 * Number of logs stored as lines, and a quarter in each other storage. For more:
 * `FAIRSPLIT_CONTRACT_LOGS=20000 npx vitest run test/server/analysis/contract.test.ts`
 */
const LOGS = Number(process.env.FAIRSPLIT_CONTRACT_LOGS ?? 30);

/** Far more than an idle machine needs. */
const TIMEOUT_MS = 120_000 + LOGS * 1000;

let folder: string;
let engine: Engine;
/** Queries made. */
let queries = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-contract-"));
  const opened = await openEngine({ ...ENGINE, temporary: join(folder, "temporary"), folders: [folder] });
  const rows = <Row>(query: Query) => {
    queries += 1;
    return opened.rows<Row>(query);
  };
  engine = { ...opened, rows };
});

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** The storage of a log's segments. */
const STORAGES = {
  lines: () => "ndjson",
  compacted: () => "parquet",
  // The last one is open, as on a running server.
  mixed: (index, count) => (index === count - 1 ? "table" : index % 3 === 1 ? "ndjson" : "parquet"),
} satisfies Record<string, (index: number, count: number) => EventFile["format"]>;

type Storage = keyof typeof STORAGES;

async function store(storage: Storage, log: readonly Event[], cuts: readonly number[]): Promise<EventFile[]> {
  const segments = await writeSegments(folder, log, cuts);
  return Promise.all(
    segments.map(async (segment, index) => {
      const format: EventFile["format"] = STORAGES[storage](index, segments.length);
      if (format === "ndjson") return segment;
      const hasAccounts = log.slice(segment.from, segment.to).some(({ accountId }) => accountId !== undefined);
      if (format === "table") return { path: await inTable(segment.path), format, hasAccounts };
      const path = segment.path.replace(/ndjson$/, "parquet");
      await engine.run(`copy (${compactedText(segment.path)}) to ${literal(path)} (format parquet)`);
      return { path, format: "parquet", isDistinct: isDistinct(log, segment), hasAccounts };
    }),
  );
}

let tables = 0;

/** Reads a file of lines into a new table, in two steps, as when the log grows between queries. */
async function inTable(path: string): Promise<string> {
  tables += 1;
  const table = `events_${tables}`;
  const lines = (await readFile(path, "utf8")).split(/(?<=\n)/);
  const half = lines.length >> 1;
  for (const [goesOn, part] of [
    [false, lines.slice(0, half)],
    [true, lines.slice(half)],
  ] as const) {
    await writeFile(`${path}.part`, part.join(""));
    await engine.run(tableText(table, `${path}.part`, goesOn));
  }
  return table;
}

/** True if a segment's IDs are unique in it and in earlier segments. */
function isDistinct(log: readonly Event[], { from, to }: Segment): boolean {
  const earlier = new Set(log.slice(0, from).map(({ id }) => id));
  const ids = log.slice(from, to).map(({ id }) => id);
  return new Set(ids).size === ids.length && ids.every((id) => !earlier.has(id));
}

const units = fc.oneof({ weight: 2, arbitrary: fc.constant("device" as const) }, fc.constantFrom(...UNITS));
const exclusions = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...NETWORKS), timestamps)
      .map(([network, time]) => ({ network: network as string, day: time.slice(0, 10) })),
    fc.tuple(timestamps, timestamps).map(([from, to]) => ({ from, to })),
  ),
  { maxLength: 2 },
);
const scopes = fc.oneof(
  { weight: 3, arbitrary: fc.record({ run: fc.constantFrom(...RUNS) }) },
  { weight: 1, arbitrary: fc.record({ run: fc.constantFrom(...RUNS), until: timestamps }) },
  { weight: 1, arbitrary: fc.record({ run: fc.constantFrom(...RUNS), exclusions }) },
);
/** Queries of several experiments have no unit of their own. */
const countedScopes = fc
  .tuple(scopes, fc.record({ unit: units }, { requiredKeys: [] }))
  .map(([scope, unit]) => ({ ...scope, ...unit }));
const days = fc
  .tuple(timestamps, timestamps)
  .map((times) => times.map((time) => time.slice(0, 10)).sort() as [string, string])
  .map(([first, last]) => ({ first, last }));
const goals = fc.oneof(
  { weight: 3, arbitrary: fc.constant([...GOALS] as string[]) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom<string>(...GOALS, "never"), { maxLength: 3 }) },
);
const arms = fc.array(fc.record({ epoch: fc.constantFrom(0, 1, 2), group: fc.constantFrom("A", "B", "'", "") }), {
  maxLength: 4,
});
/** Goals of every kind, some with the same event. */
const definedGoals = fc.array(
  fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ event: fc.constantFrom<string>(...GOALS) }) },
        { weight: 1, arbitrary: fc.record({ click: fc.constantFrom<string>(...GOALS) }) },
        { weight: 1, arbitrary: fc.record({ page: fc.constantFrom("/", "/**", "/🚀") }) },
      ),
      fc.record({
        kind: fc.constantFrom("binary" as const, "value" as const, "count" as const, "ratio" as const),
        window: fc.constantFrom(null, "5m", "1h", "1d", "90d"),
      }),
      fc.constantFrom(null, 0.5, 12.5, 1e9, { percentile: 50 }, { percentile: 90 }, { percentile: 99.999 }),
      fc.constantFrom(null, 1, 30, 90),
      fc.constantFrom("value" as const, "count" as const),
      fc.constantFrom<NonNullable<Goal["ratio"]>["per"]>(
        "session",
        { event: "order" },
        { click: "click" },
        { page: "/**" },
      ),
      fc.option(fc.constant("key" as const), { nil: undefined, freq: 3 }),
    )
    .map(
      ([source, goal, cap, cuped, of, per, requires]): Goal => ({
        ...source,
        ...goal,
        ...(goal.kind === "value" && { cap }),
        ...(goal.kind === "ratio" ? { ratio: { of, per } } : { cuped }),
        ...(requires && { requires }),
      }),
    ),
  { minLength: 1, maxLength: 4 },
);
const lookedAt = fc.record({ asOf: timestamps }, { requiredKeys: [] });
const ends = fc.record(
  {
    pauses: fc.array(
      fc.record({ epoch: fc.constantFrom(0, 1, 2), from: timestamps, to: fc.oneof(timestamps, fc.constant(null)) }),
      { maxLength: 2 },
    ),
    ends: fc.array(fc.record({ epoch: fc.constantFrom(0, 1, 2), at: timestamps }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const ended = fc.constantFrom(
  [{ epoch: 1, at: "2026-01-31T12:00:00.100Z" }],
  [1, 2].map((epoch) => ({ epoch, at: "2026-01-31T12:00:00.100Z" })),
);
const cuts = fc.array(fc.nat(60), { maxLength: 2 });
const crossings: fc.Arbitrary<Crossing> = fc.record(
  {
    experiment: fc.constantFrom<string>(...EXPERIMENTS),
    epoch: fc.constantFrom(1, 2),
    unit: fc.constantFrom("device" as const, "account" as const),
  },
  { requiredKeys: ["experiment"] },
);
const planned = fc.record({
  run: fc.constantFrom(...RUNS),
  unit: units,
  epoch: fc.constantFrom(1, 2, Number.MAX_SAFE_INTEGER),
  groups: fc.array(fc.record({ name: fc.constantFrom("A", "B", "'"), devices: fc.nat(3) }), { maxLength: 2 }),
  windowMs: fc.constantFrom(null, 300_000),
  ends: fc.array(fc.record({ epoch: fc.constantFrom(1, 2), at: timestamps }), { maxLength: 1 }),
  exclusions,
});

/** The same event of another unit. */
function manifold(event: Event, copy: number): Event {
  const { id, deviceId } = event;
  return { ...event, id: `${id}-${copy}`, ...(deviceId !== undefined && { deviceId: `${deviceId}-${copy}` }) };
}

function withSortedCells(tallies: readonly SharedTally[]) {
  return tallies.map(({ cells, ...pair }) => ({ ...pair, cells: cells.map((cell) => JSON.stringify(cell)).sort() }));
}

describe.each(Object.keys(STORAGES) as Storage[])("%s", (storage) => {
  test(
    "the query finds what the definition finds",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomLog, cuts, countedScopes, goals, async (log, cutAt, scope, names) => {
          const files = await store(storage, log, cutAt);
          const options = { ...scope, goals: names };
          expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
        }),
        { seed: 61, numRuns: storage === "lines" ? LOGS : Math.ceil(LOGS / 4) },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "on the days that are asked for, too",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomLog, cuts, countedScopes, days, async (log, cutAt, scope, range) => {
          const files = await store(storage, log, cutAt);
          const options = { ...scope, goals: [...GOALS], days: range };
          expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
        }),
        { seed: 64, numRuns: Math.ceil(LOGS / 4) },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "with windows, caps, ratios, days before and ends of epochs, too",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          randomLog,
          cuts,
          countedScopes,
          definedGoals,
          lookedAt,
          ends,
          fc.option(arms, { nil: undefined }),
          async (log, cutAt, scope, defined, looked, ended, known) => {
            const files = await store(storage, log, cutAt);
            const options = { ...scope, ...looked, ...ended, goals: defined, ...(known && { arms: known }) };
            expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
          },
        ),
        { seed: 66, numRuns: LOGS },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "with what was received long after the end of its epoch, too",
    async () => {
      await fc.assert(
        fc.asyncProperty(lateLog, cuts, definedGoals, ended, async (log, cutAt, defined, over) => {
          const files = await store(storage, log, cutAt);
          const options = { run: null, goals: defined, ends: over };
          expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
        }),
        { seed: 67, numRuns: Math.ceil(LOGS / 2) },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "among the arms that there were, too",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomLog, cuts, scopes, arms, arms, async (log, cutAt, scope, one, two) => {
          const files = await store(storage, log, cutAt);
          const options = { ...scope, goals: [...GOALS], arms: one };
          expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
          const a = { experiment: "two", epoch: 1, arms: two };
          const b = { experiment: "one", arms: one };
          expect(await crossTallyFiles(engine, files, [[a, b]], scope)).toEqual([crossTally(a, b, log, scope)]);
        }),
        { seed: 65, numRuns: Math.ceil(LOGS / 4) },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "also by the first query, which does not read the places, where they make no difference",
    async () => {
      await fc.assert(
        fc.asyncProperty(orderlyLog, cuts, countedScopes, goals, async (log, cutAt, scope, names) => {
          const files = await store(storage, log, cutAt);
          const options = { ...scope, goals: names };
          const before = queries;
          expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
          expect(queries - before).toBe(1);
        }),
        { seed: 63, numRuns: Math.ceil(LOGS / 10) },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "and for the pairs of several experiments that share enough units",
    async () => {
      let pairs = 0;
      await fc.assert(
        fc.asyncProperty(randomLog, cuts, scopes, async (log, cutAt, scope) => {
          const late = ["d1", "d2", "é"].flatMap((deviceId) =>
            EXPERIMENTS.map((experiment, n) => ({
              ...exposure(deviceId, 86_400, n % 2 ? "A" : "B"),
              experiment,
            })),
          );
          const busy = [...log, ...late].flatMap((event) => Array.from({ length: 12 }, (_, n) => manifold(event, n)));
          const files = await store(storage, busy, cutAt);
          const listed = EXPERIMENTS.map((experiment) => ({ experiment, epoch: 1 }));
          const shared = await sharedFiles(engine, files, listed, scope);
          expect(withSortedCells(shared)).toEqual(withSortedCells(sharedTallies(listed, busy, scope)));
          pairs += shared.length;
        }),
        { seed: 68, numRuns: Math.ceil(LOGS / 4) },
      );
      expect(pairs).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  test(
    "so it does for two experiments crossed, and for planned sizes",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          randomLog,
          cuts,
          scopes,
          crossings,
          crossings,
          planned,
          async (log, cutAt, scope, a, b, size) => {
            const files = await store(storage, log, cutAt);
            const crossed = await crossTallyFiles(engine, files, [[a, b]], scope);
            expect(crossed).toEqual([crossTally(a, b, log, scope)]);
            expect(await reachedAtFiles(engine, files, "one", size)).toEqual(reachedAt("one", log, size));
            expect(await trafficFiles(engine, files, "one", size)).toEqual(traffic("one", log, size));
          },
        ),
        { seed: 62, numRuns: Math.ceil(LOGS / 10) },
      );
    },
    TIMEOUT_MS,
  );
});

test.each([
  ["times are equal", 240_000],
  ["ids come again too", 230_000],
])(
  "a file that several threads read keeps its order: %s",
  async (_, ids) => {
    const log = Array.from(
      { length: 240_000 },
      (_, i): Event => ({
        id: `e${(i * 31) % ids}`,
        ts: "2026-01-31T12:00:00Z",
        // Devices recur far apart in the file, in another group.
        deviceId: `device-${(i * 7919) % 90_001}`,
        event: "exposure",
        source: "browser",
        experiment: "one",
        group: i % 7 < 3 ? "A" : "B",
        epoch: 1,
        params: { padding: "x".repeat(64) },
      }),
    );
    const files = await writeSegments(folder, log, []);
    const options = { goals: ["exposure"], run: null };
    expect(await tallyFiles(engine, files, "one", options)).toEqual(tally("one", log, options));
  },
  60_000,
);

test("names and values of people are never part of the text", async () => {
  const nasty = "'); drop table x; --";
  const log = [
    {
      id: "1",
      ts: "2026-01-31T12:00:00Z",
      deviceId: nasty,
      event: "exposure",
      source: nasty,
      experiment: nasty,
      group: nasty,
      epoch: 1,
      params: {},
    },
    { id: "2", ts: "2026-01-31T12:00:00Z", deviceId: nasty, event: nasty, source: nasty, params: {} },
  ];
  const files = await writeSegments(folder, log, []);
  const options = { goals: [nasty], run: null };
  const found = await tallyFiles(engine, files, nasty, options);
  expect(found).toEqual(tally(nasty, log, options));
  expect(found.epochs[0]?.groups[0]?.goals[0]?.devices).toBe(1);
});

test("goals of pages find the views that the definition finds, encoded or not, in as many globs as match", async () => {
  const paths = [
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/c",
    "/caf%C3%A9",
    "/café",
    "/caf%c3%a9",
    "/%zz/a",
    "/a%2Fb",
    "/a%252Fb",
    "/100%25",
    "/é%",
    "/x.y",
    "/xzy",
    "/A",
    "/%61",
    "/🚀",
    "/%F0%9F%9A%80",
    "/a\nb",
    "/%C3",
    "/%61%C3",
  ];
  const globs = [
    "/",
    "/a",
    "/*",
    "/**",
    "/a/**",
    "/a/**/c",
    "/caf%C3%A9",
    "/café",
    "/a%2Fb",
    "/100%25",
    "/x.y",
    "/*a*",
    "/🚀",
    "/%61",
    "/*%",
    "/a*b",
  ];
  const log = [
    exposure("d1", 0, "A"),
    ...paths.map((path, n): Event => ({ ...order("d1", n + 1), event: "pageview", path })),
    order("d1", 2, 5),
  ];
  const files = await writeSegments(folder, log, []);
  const goals: Goal[] = [
    ...globs.map((page): Goal => ({ page, kind: "count" })),
    { click: "order", kind: "value" },
    { event: "pageview", kind: "count" },
  ];
  const found = tally("headline_test", log, { goals, run: null });
  for (const asked of [goals, goals.slice(0, 1)]) {
    const options = { goals: asked, run: null };
    expect(await tallyFiles(engine, files, "headline_test", options)).toEqual(tally("headline_test", log, options));
  }
  const events = found.epochs[0]?.groups[0]?.goals.map((goal) => goal.events) ?? [];
  expect(events.slice(0, 3)).toEqual([1, 2, expect.any(Number)]);
  expect(events.slice(-2)).toEqual([1, paths.length]);
});

test("networks that bring a large share of a day's exposures are named", async () => {
  const of = (n: number, net: string | undefined, day: number, more = {}) =>
    Array.from({ length: n }, (_, i) => {
      const receivedAt = `2026-02-0${day}T12:00:00.000Z`;
      return exposure(`${net}-${day}-${i}`, 0, "A", { receivedAt, ...(net && { net }), ...more });
    });
  const log = [
    ...of(90, "a1b2c3d4", 1),
    ...of(150, undefined, 1),
    ...of(201, "00000000", 2),
    ...of(200, "ffffffff", 3),
    ...of(5, "a1b2c3d4", 1, { uncounted: "group" }),
    ...of(2, "ffffffff", 1, { uncounted: "group" }),
    ...of(1, "ffffffff", 1, { uncounted: "epoch", epoch: 9 }),
  ];
  const files = await writeSegments(folder, log, [100]);
  for (const exclusions of [[], [{ network: "00000000", day: "2026-02-02" }]]) {
    const found = await trafficFiles(engine, files, "headline_test", { epoch: 1, exclusions });
    expect(found).toEqual(traffic("headline_test", log, { epoch: 1, exclusions }));
    expect(found).toEqual({
      networks: [
        ...(exclusions.length === 0 ? [{ network: "00000000", day: "2026-02-02", exposures: 201, ofDay: 201 }] : []),
        { network: "a1b2c3d4", day: "2026-02-01", exposures: 90, ofDay: 240 },
      ],
      uncounted: [
        { reason: "group", exposures: 7, networks: 2 },
        { reason: "epoch", exposures: 1, networks: 1 },
      ],
      excluded: exclusions.length === 0 ? 0 : 201,
    });
  }
});

test("a log without files is empty", async () => {
  expect(await tallyFiles(engine, [], "one", { goals: ["order"], run: null })).toEqual(
    tally("one", [], { goals: ["order"], run: null }),
  );
  expect(await reachedAtFiles(engine, [], "one", { run: null, epoch: 1, groups: [{ name: "A", devices: 1 }] })).toBe(
    null,
  );
});

test("lines that are no events are passed over, as by every reader of the log", async () => {
  const [file] = await writeSegments(folder, [exposure("d1", 0, "A"), exposure("d2", 0, "B")], []);
  if (!file) throw new Error("no file");
  const lines = ["garbage", "[1,2]", "5", '{"id":"half', '{"id":"9","event":"exposure"}', "\0\0\0", ""];
  await appendFile(file.path, `${lines.join("\n")}\n`);
  const { epochs } = await tallyFiles(engine, [file], "headline_test", { goals: [], run: null });
  expect(epochs[0]?.groups.map(({ devices }) => devices)).toEqual([1, 1]);
});

test("cuts a total that would break the sums of all, as the definition does", async () => {
  const many = Array.from({ length: 13_100 }, () => order("d1", 1, 1e9));
  const log = [exposure("d1", 0, "A"), ...many];
  const files = await writeSegments(folder, log, []);
  const options = { goals: ["order"], run: null };
  const found = await tallyFiles(engine, files, "headline_test", options);
  expect(found).toEqual(tally("headline_test", log, options));
  expect(found.epochs[0]?.groups[0]?.goals[0]).toMatchObject({ values: { sum: 10n ** 15n }, capped: { units: 1 } });
});

test("the engine reads no other folder, writes to none, and its settings stay", async () => {
  const rows = (text: string) => engine.rows({ text, values: [] });
  await expect(rows("select * from read_text('/etc/hostname')")).rejects.toThrow(/Permission Error/);
  await expect(rows("select * from read_text('https://127.0.0.1:1/x')")).rejects.toThrow(/Error/);
  await expect(rows(`copy (select 1) to ${literal(join(tmpdir(), "fairsplit-outside.csv"))}`)).rejects.toThrow(
    /Permission Error/,
  );
  await expect(rows("set enable_external_access = true")).rejects.toThrow(/Error/);
  await expect(rows("install httpfs")).rejects.toThrow(/Error/);
});
