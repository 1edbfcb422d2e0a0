import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventDefaults, parseEvent } from "../../core/event.ts";
import { isPlainText, parseEventText } from "../../core/event-text.ts";
import { InvalidInput } from "../../core/parse.ts";
import { isTimestamp } from "../../core/timestamp.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const DEFAULTS: EventDefaults = { id: () => "made-1", ts: () => NOW, run: null };
const CLICK = '{"id":"e-1","deviceId":"d1","event":"button_click","params":{"btn":"A"}}';

/** What an attempt gives: the event as it is read back, or the error's message. */
function outcome(attempt: () => unknown): unknown {
  try {
    return { event: attempt() };
  } catch (error) {
    if (error instanceof InvalidInput) return { refused: error.message };
    throw error;
  }
}

/** The way that every event goes that is not plain, and the way of a text. */
function bothWays(text: string, defaults: EventDefaults) {
  const input: unknown = JSON.parse(text);
  const kept = isPlainText(text) ? text : null;
  return {
    schema: outcome(() => JSON.parse(JSON.stringify(parseEvent(input, defaults)))),
    text: outcome(() => {
      const { id, text } = parseEventText(kept, input, defaults);
      expect(text.startsWith(`{"id":"${id}"`), text).toBe(true);
      expect(text).not.toMatch(/[\n\r]/);
      return JSON.parse(text);
    }),
  };
}

describe("an event's text", () => {
  test("is stored as it came", () => {
    expect(parseEventText(CLICK, JSON.parse(CLICK), { ...DEFAULTS, ts: () => NOW }).text).toBe(
      `${CLICK.slice(0, -1)},"ts":"${NOW}","source":"browser"}`,
    );
    const whole = `{"id":"e-1","ts":"${NOW}","deviceId":"d","event":"x","source":"y","value":1.50,"params":{}}`;
    expect(parseEventText(whole, JSON.parse(whole), DEFAULTS)).toEqual({ id: "e-1", text: whole });
  });

  test.each<[what: string, text: string]>([
    [
      "a name that is there twice",
      '{"id":"e-1","params":{"deep":[[[[[[[[[[1]]]]]]]]]]},"params":{},"deviceId":"d","event":"x"}',
    ],
    ["an id that is there twice", '{"id":"e-1","id":"e-2","deviceId":"d","event":"x"}'],
    ["a name that is there twice, once before a blank", '{"id":"e-1","a" :1,"a":2,"deviceId":"d","event":"x"}'],
    ["an escaped id that is there twice", '{"id":"e-1","\\u0069d":"e-2","deviceId":"d","event":"x"}'],
    ["an escape", '{"id":"e-1","deviceId":"d\\n","event":"x"}'],
    ["a line's end between its parts", '{"id":"e-1",\n"deviceId":"d","event":"x"}'],
    ["device_id", '{"id":"e-1","device_id":"d","event":"x"}'],
    ["a name that valibot drops", '{"id":"e-1","deviceId":"d","event":"x","constructor":1}'],
    ["a string that begins with a colon", '{"id":"e-1","deviceId":":","event":"x"}'],
  ])("is written anew when it has %s", (_, text) => {
    const input: unknown = JSON.parse(text);
    const written = parseEventText(isPlainText(text) ? text : null, input, DEFAULTS);
    expect(written.text).toBe(JSON.stringify(parseEvent(input, DEFAULTS)));
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
  event: fc.constantFrom("pageview", "button_click"),
  source: fc.constant("page"),
  path: fc.webPath(),
  experiment: fc.string({ maxLength: 9 }),
  group: fc.string({ maxLength: 9 }),
  epoch: fc.nat(),
  value: fc.double({ noDefaultInfinity: true, noNaN: true }),
  params: fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
};
const names = ["id", ...Object.keys(likely), "device_id", "run", "own", "__proto__", "constructor", "prototype"];

/** The parts of an event: mostly well-formed, in any order, some of them twice, with any blanks. */
const text = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/) }, { weight: 1, arbitrary: value }),
    fc.constantFrom("", "", "", "", "", " ", "\n"),
    fc
      .shuffledSubarray(Object.keys(likely), { minLength: 6 })
      .chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), likely[key] ?? value)))),
    fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([id, blank, fields, odd, idLast]) => {
    const member = ([key, item]: readonly [string, unknown]) =>
      `${JSON.stringify(key)}${blank}:${JSON.stringify(item)}`;
    const members = [...fields, ...odd].map(member);
    const own = `"id":${JSON.stringify(id)}`;
    return `{${(idLast ? [...members, own] : [own, ...members]).join(`,${blank}`)}}`;
  });

const RUNS = { numRuns: 3000 };

describe("for any input a text gives the same answer as the schema", () => {
  test("for texts that look like events", () => {
    let kept = 0;
    fc.assert(
      fc.property(text, fc.constantFrom(null, "run-1"), (text, run) => {
        const both = bothWays(text, { ...DEFAULTS, run });
        expect(both.text).toEqual(both.schema);
        if (isPlainText(text) && "event" in (both.text as object)) kept += 1;
      }),
      RUNS,
    );
    expect(kept, "enough of them were plain").toBeGreaterThan(200);
  });

  test("for any JSON", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          value.map((any) => JSON.stringify(any)),
        ),
        (text) => {
          const both = bothWays(text, DEFAULTS);
          expect(both.text).toEqual(both.schema);
        },
      ),
      RUNS,
    );
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
