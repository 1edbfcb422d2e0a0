import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventDefaults, parseEvent } from "../../../core/event.ts";
import { type EventText, idEnd, idStart } from "../../../core/event-text.ts";
import { InvalidInput } from "../../../core/parse.ts";
import { isTimestamp } from "../../../core/timestamp.ts";
import { LineBuffer } from "../../../server/events/line-buffer.ts";
import { readPlainEvents } from "../../../server/ingest/plain-events.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const DEFAULTS: EventDefaults = { id: () => "made-1", ts: () => NOW, run: null };
const CLICK = `{"id":"e-1","ts":"${NOW}","deviceId":"d1","path":"/","event":"button_click","params":{"btn":"A"}}`;

/** The schema's result for a body: its events as read back, or the first error's message. */
function bySchema(body: string, defaults: EventDefaults): unknown {
  const input: unknown = JSON.parse(body);
  try {
    return (Array.isArray(input) ? input : [input]).map((each) =>
      JSON.parse(JSON.stringify(parseEvent(each, defaults))),
    );
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
}

/** The events of a plain body as they are read back; null when it is not plain. */
function byText(body: string, defaults: EventDefaults): unknown[] | null {
  const events = readPlainEvents(body, defaults);
  return (
    events?.map((event) => {
      const line = lineOf(event);
      const read = JSON.parse(line);
      expect(event.text.slice(idStart(event), idEnd(event))).toBe(read.id);
      expect(line).not.toMatch(/[\n\r]/);
      return read;
    }) ?? null
  );
}

/** The log's line, without the line break. */
function lineOf(event: EventText): string {
  const buffer = new LineBuffer();
  buffer.push(event);
  return buffer.bytes.toString("utf8").slice(0, -1);
}

describe("a plain event's text", () => {
  test("is marked when it came with an ingest key", () => {
    const defaults = { ...DEFAULTS, receivedAt: NOW, withKey: true };
    expect(byText(CLICK, defaults)).toEqual(bySchema(CLICK, defaults));
    expect(byText(CLICK, defaults)).toEqual([expect.objectContaining({ withKey: true })]);
  });

  test("is stored as it came, with what is missing behind it", () => {
    const lines = (body: string, run: string | null = null) => readPlainEvents(body, { ...DEFAULTS, run })?.map(lineOf);
    expect(lines(CLICK)).toEqual([`${CLICK.slice(0, -1)},"source":"browser"}`]);
    const whole = `{"id":"e-1","ts":"${NOW}","deviceId":"d","event":"x","source":"y","value":1.50,"params":{}}`;
    expect(lines(whole)).toEqual([whole]);
    expect(lines(`[${whole},${CLICK}]`)).toEqual([whole, `${CLICK.slice(0, -1)},"source":"browser"}`]);
    expect(lines(CLICK, "r")?.[0]).toContain(',"run":"r"}');
    const foreign = whole.replace('"d"', '"Zürich 🚀"');
    expect(lines(foreign)).toEqual([foreign]);
  });

  test.each<[what: string, body: string]>([
    ["a pageview", JSON.stringify({ id: "1", ts: NOW, deviceId: "d", path: "/", event: "pageview" })],
    [
      "an exposure",
      JSON.stringify({
        id: "1",
        ts: NOW,
        deviceId: "d",
        path: "/",
        event: "exposure",
        experiment: "e",
        group: "A",
        epoch: 1,
      }),
    ],
    [
      "a click",
      JSON.stringify({
        id: "1",
        ts: NOW,
        deviceId: "d",
        path: "/",
        event: "c",
        experiment: "e",
        params: { a: "1" },
        group: "A",
        epoch: 1,
      }),
    ],
    [
      "an event of the log",
      JSON.stringify({
        id: "1",
        ts: NOW,
        deviceId: "d",
        event: "c",
        source: "backend",
        path: "/",
        value: 1.5,
        params: {},
      }),
    ],
    ["one of an account", JSON.stringify({ id: "1", ts: NOW, deviceId: "d", accountId: "a 1", path: "/", event: "c" })],
    ["one that leaves out what it may", JSON.stringify({ id: "1", deviceId: "d", event: "c" })],
    ["an array", `[${CLICK},${CLICK}]`],
    ["umlauts and emoji", JSON.stringify({ id: "1", deviceId: "dé", event: "😀" })],
  ])("is told from others: %s", (_, body) => {
    expect(byText(body, DEFAULTS)).toEqual(bySchema(body, DEFAULTS));
    expect(readPlainEvents(body, DEFAULTS)).not.toBeNull();
  });

  test.each<[what: string, body: string]>([
    ["a name that is there twice", '{"id":"e-1","deviceId":"d","deviceId":"e","event":"x"}'],
    ["a parameter that is there twice", '{"id":"e-1","deviceId":"d","event":"x","params":{"a":1,"a":2}}'],
    ["an escape", '{"id":"e-1","deviceId":"d\\n","event":"x"}'],
    ["a control character", '{"id":"e-1","deviceId":"d\u0000","event":"x"}'],
    ["a lone surrogate", '{"id":"e-1","deviceId":"\ud800","event":"x"}'],
    ["a line's end between its parts", '{"id":"e-1",\n"deviceId":"d","event":"x"}'],
    ["device_id", '{"id":"e-1","device_id":"d","event":"x"}'],
    ["a run of its own", '{"id":"e-1","deviceId":"d","event":"x","run":"r"}'],
    ["another field", '{"id":"e-1","deviceId":"d","event":"x","own":1}'],
    ["a day that the calendar has not", '{"id":"e-1","ts":"2026-02-30T00:00:00Z","deviceId":"d","event":"x"}'],
    ["a whole number that a double does not hold", '{"id":"e-1","deviceId":"d","event":"x","epoch":9007199254740993}'],
    ["minus zero", '{"id":"e-1","deviceId":"d","event":"x","value":-0}'],
    ["no device", '{"id":"e-1","event":"x"}'],
    ["something behind it", `${CLICK}x`],
    ["nothing in its array", "[]"],
    ["an array without its end", `[${CLICK},${CLICK}`],
    ["a comma too many", `[${CLICK},]`],
  ])("is not one that has %s", (_, body) => {
    expect(readPlainEvents(body, DEFAULTS)).toBeNull();
  });

  test.each<[field: string, most: number]>([
    ["id", 64],
    ["deviceId", 256],
    ["accountId", 256],
    ["event", 100],
    ["source", 64],
    ["experiment", 256],
    ["group", 256],
  ])("%s has at most %i characters, as in the schema", (field, most) => {
    const body = (length: number) => {
      const account = field === "accountId" ? { accountId: "a" } : {};
      const event = { id: "1", deviceId: "d", ...account, event: "x", source: "s", experiment: "e", group: "g" };
      return JSON.stringify({ ...event, [field]: "x".repeat(length) });
    };
    expect(byText(body(most), DEFAULTS)).toEqual(bySchema(body(most), DEFAULTS));
    expect(byText(body(most), DEFAULTS)).not.toBeNull();
    expect(byText(body(most + 1), DEFAULTS)).toBeNull();
    if (field === "deviceId") expect(bySchema(body(most + 1), DEFAULTS)).toContain(field);
    else expect(bySchema(body(most + 1), DEFAULTS)).toMatchObject([{ dropped: [field] }]);
  });
});

/** Values at and beyond every limit, and of every wrong type. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 9 }),
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.constantFrom(
    0,
    -1,
    1.5,
    1e300,
    2 ** 53,
    "",
    "a:b",
    ":",
    "x".repeat(256),
    "x".repeat(257),
    "é".repeat(513),
    NOW,
    "2026-02-30T00:00:00Z",
  ),
  fc.array(fc.integer(), { minLength: 50, maxLength: 70 }),
  fc.integer({ min: 5, max: 10 }).map((levels) => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`)),
);
const likely: Record<string, fc.Arbitrary<unknown>> = {
  ts: fc.constant(NOW),
  deviceId: fc.string({ minLength: 1, maxLength: 5 }),
  accountId: fc.string({ maxLength: 5 }),
  event: fc.constantFrom("pageview", "button_click"),
  source: fc.constant("page"),
  path: fc.webPath(),
  experiment: fc.string({ maxLength: 9 }),
  group: fc.string({ maxLength: 9 }),
  epoch: fc.nat(),
  value: fc.oneof(
    fc.integer(),
    fc.integer().map((cents) => cents / 100),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
  ),
  params: fc.oneof(
    fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.string(), fc.integer(), fc.boolean()), { maxKeys: 1 }),
    fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
  ),
};
const names = [
  "id",
  ...Object.keys(likely),
  "device_id",
  "account_id",
  "run",
  "own",
  "__proto__",
  "constructor",
  "prototype",
];

/** Fields in the order of the tag or of the log, mostly well-formed, with an occasional odd one. */
const TAG_ORDER = [
  "ts",
  "deviceId",
  "accountId",
  "path",
  "event",
  "experiment",
  "params",
  "group",
  "epoch",
  "value",
  "source",
];
const LOG_ORDER = [
  "ts",
  "deviceId",
  "accountId",
  "event",
  "source",
  "path",
  "experiment",
  "group",
  "epoch",
  "value",
  "params",
];
const event = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/) }, { weight: 1, arbitrary: value }),
    fc
      .constantFrom(TAG_ORDER, LOG_ORDER)
      .chain((order) => fc.subarray(order, { minLength: 6 }))
      .chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), likely[key] ?? value)))),
    fc.option(fc.tuple(fc.constantFrom(...names), value, fc.nat(10)), { freq: 1 }).map((odd) => (odd ? [odd] : [])),
  )
  .map(([id, fields, odd]) => {
    const members = fields.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`);
    for (const [key, item, at] of odd) members.splice(at, 0, `${JSON.stringify(key)}:${JSON.stringify(item)}`);
    return `{${[`"id":${JSON.stringify(id)}`, ...members].join(",")}}`;
  });
const body = fc.oneof(
  event,
  fc.array(event, { maxLength: 4 }).map((events) => `[${events}]`),
);

const RUNS = { numRuns: 5000, seed: 15 };

describe("what is read as plain is what the schema makes of it", () => {
  test("for bodies that look like events", () => {
    let plain = 0;
    fc.assert(
      fc.property(body, fc.constantFrom(null, "run-1"), fc.boolean(), (body, run, withKey) => {
        const defaults = { ...DEFAULTS, run, withKey };
        const events = byText(body, defaults);
        if (events === null) return;
        plain += 1;
        expect(events).toEqual(bySchema(body, defaults));
      }),
      RUNS,
    );
    expect(plain, "enough of them were plain").toBeGreaterThan(400);
  });

  test("for plain bodies of which a part was changed", () => {
    const sign = fc.constantFrom(
      "",
      '"',
      "\\",
      ",",
      "{",
      "}",
      "[",
      "]",
      ":",
      " ",
      "\n",
      "0",
      "-",
      ".",
      "e",
      "x",
      "\u0000",
    );
    let plain = 0;
    fc.assert(
      fc.property(fc.nat(CLICK.length * 2), fc.nat(3), sign, (at, cut, sign) => {
        const whole = `[${CLICK},${CLICK.replace('"A"', "1.5")}]`;
        const changed = whole.slice(0, at) + sign + whole.slice(at + cut);
        const events = byText(changed, DEFAULTS);
        if (events === null) return;
        plain += 1;
        expect(events).toEqual(bySchema(changed, DEFAULTS));
      }),
      RUNS,
    );
    expect(plain, "enough of them were plain").toBeGreaterThan(500);
  });
});

test("a moment exists exactly when Date reads it as it is written", () => {
  const pad = (width: number, most: number) => fc.nat(most).map((n) => String(n).padStart(width, "0"));
  const time = fc
    .tuple(pad(4, 9999), pad(2, 13), pad(2, 33), pad(2, 25), pad(2, 61), pad(2, 61))
    .map(([year, month, day, hour, minute, second]) => `${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const byDate = (text: string) => {
    const ms = Date.parse(text);
    return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 19));
  };
  fc.assert(
    fc.property(time, (text) => {
      expect(isTimestamp(text)).toBe(byDate(text));
    }),
    RUNS,
  );
});
