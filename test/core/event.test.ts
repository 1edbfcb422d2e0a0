import { describe, expect, test } from "vitest";
import { type EventDefaults, parseEvent } from "../../core/event.ts";
import { InvalidInput } from "../../core/parse.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const DEFAULTS: EventDefaults = { id: () => "made-1", ts: () => NOW, run: null };
const LEAST = { deviceId: "d1", event: "pageview" };
const WHOLE = {
  id: "0198-a_b.c:d",
  ts: "2026-01-31T11:59:59.5Z",
  deviceId: "d1",
  event: "exposure",
  source: "browser",
  path: "/",
  experiment: "headline_test",
  group: "Future",
  epoch: 1,
  value: -12.5,
  params: { plan: "x" },
};

describe("what an event may leave out", () => {
  test("id, time, source and params are filled in", () => {
    expect(parseEvent(LEAST, DEFAULTS)).toEqual({ ...LEAST, id: "made-1", ts: NOW, source: "browser", params: {} });
  });

  test("nothing that it says is replaced", () => {
    expect(parseEvent(WHOLE, DEFAULTS)).toEqual(WHOLE);
  });

  test("its id comes first, wherever it stood, so that ids are found again without parsing the line", () => {
    const { id, ...rest } = WHOLE;
    expect(JSON.stringify(parseEvent({ ...rest, id }, DEFAULTS))).toMatch(/^\{"id":"0198-a_b\.c:d",/);
    expect(JSON.stringify(parseEvent(LEAST, DEFAULTS))).toMatch(/^\{"id":"made-1",/);
  });

  test("makes no id and asks for no time when the event has them", () => {
    const never = () => expect.fail("asked for");
    expect(parseEvent(WHOLE, { id: never, ts: never, run: null }).id).toBe(WHOLE.id);
  });
});

describe("spellings and further fields", () => {
  test("takes device_id for deviceId", () => {
    expect(parseEvent({ device_id: "d2", event: "pageview" }, DEFAULTS)).toEqual({
      ...parseEvent(LEAST, DEFAULTS),
      deviceId: "d2",
    });
  });

  test("deviceId wins over device_id", () => {
    expect(parseEvent({ ...LEAST, device_id: "d2" }, DEFAULTS).deviceId).toBe("d1");
  });

  test("keeps a page's own fields as they came", () => {
    const own = { session_id: "s1", nested: { list: [1, null, true, "x"] } };
    expect(parseEvent({ ...LEAST, ...own }, DEFAULTS)).toMatchObject(own);
  });

  test("__proto__ in params is a name like any other and reaches no prototype", () => {
    const { params } = parseEvent(
      JSON.parse('{"deviceId":"d1","event":"x","params":{"__proto__":{"admin":true}}}'),
      DEFAULTS,
    );
    expect(JSON.stringify(params)).toBe('{"__proto__":{"admin":true}}');
    expect((params as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("runs of the simulator", () => {
  test("an event carries the run that its request was signed for", () => {
    expect(parseEvent(LEAST, { ...DEFAULTS, run: "run-1" }).run).toBe("run-1");
    expect(parseEvent(LEAST, DEFAULTS)).not.toHaveProperty("run");
  });

  test.each([["run-1"], [""], [null]])("an event that itself claims the run %j is refused", (run) => {
    expect(errorOf({ ...LEAST, run }).problems).toEqual([
      { field: "run", value: run, allowed: "nothing: only the server says which run an event is of" },
    ]);
  });
});

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

describe("an error names the field, its value and what is allowed", () => {
  const ID = "1 to 64 letters, digits and _ . : -";
  const DEVICE = "a device id of 1 to 256 characters";
  const EVENT = "the event's name, 1 to 100 characters";
  const TIME = "an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z";
  const BYTES = "at most 1024 bytes of UTF-8";

  test.each<[change: Record<string, unknown>, field: string, allowed: string]>([
    [{ id: "" }, "id", ID],
    [{ id: "a b" }, "id", ID],
    [{ id: 'a"b' }, "id", ID],
    [{ id: "x".repeat(65) }, "id", ID],
    [{ id: 7 }, "id", ID],
    [{ ts: "yesterday" }, "ts", TIME],
    [{ ts: "2026-01-31T12:00:00" }, "ts", TIME],
    [{ ts: "2026-01-31T12:00:00+00:00" }, "ts", TIME],
    [{ ts: "2026-13-01T00:00:00Z" }, "ts", TIME],
    [{ ts: "2026-02-30T00:00:00Z" }, "ts", TIME],
    [{ ts: "2026-01-31T24:00:00Z" }, "ts", TIME],
    [{ ts: 1_769_860_800_000 }, "ts", TIME],
    [{ deviceId: undefined }, "deviceId", DEVICE],
    [{ deviceId: "" }, "deviceId", DEVICE],
    [{ deviceId: "x".repeat(257) }, "deviceId", DEVICE],
    [{ deviceId: 7 }, "deviceId", DEVICE],
    [{ deviceId: ["d1"] }, "deviceId", DEVICE],
    [{ event: undefined }, "event", EVENT],
    [{ event: "" }, "event", EVENT],
    [{ event: "x".repeat(101) }, "event", EVENT],
    [{ source: "" }, "source", "where the event comes from, 1 to 64 characters"],
    [{ source: "x".repeat(65) }, "source", "where the event comes from, 1 to 64 characters"],
    [{ path: 7 }, "path", "a page's path of at most 1,024 characters"],
    [{ path: "x".repeat(1025) }, "path", BYTES],
    [{ experiment: "x".repeat(257) }, "experiment", "text of at most 256 characters"],
    [{ group: null }, "group", "text of at most 256 characters"],
    [{ epoch: -1 }, "epoch", "a whole number ≥ 0"],
    [{ epoch: 1.5 }, "epoch", "a whole number ≥ 0"],
    [{ epoch: "1" }, "epoch", "a whole number ≥ 0"],
    [{ value: "12.5" }, "value", "a finite number"],
    [{ value: Number.POSITIVE_INFINITY }, "value", "a finite number"],
    [{ params: "plan" }, "params", "an object"],
    [{ params: ["plan"] }, "params", "an object"],
    [{ params: { price: Number.NEGATIVE_INFINITY } }, "params.price", "a finite number"],
    [{ params: { text: "x".repeat(1025) } }, "params.text", BYTES],
    [{ params: { text: "é".repeat(513) } }, "params.text", BYTES],
    [{ params: { text: `xx${"€".repeat(341)}` } }, "params.text", BYTES],
    [{ params: { text: `x${"🚀".repeat(256)}` } }, "params.text", BYTES],
    [{ params: { ["x".repeat(1025)]: 1 } }, `params.${"x".repeat(1025)}`, BYTES],
    [{ params: { list: ["ok", "a\0b"] } }, "params.list.1", "text without NUL characters"],
    [{ params: { "a\0b": 1 } }, "params.a\0b", "text without NUL characters"],
    [{ deviceId: "d\0" }, "deviceId", "text without NUL characters"],
    [{ params: { text: "a\ud83d" } }, "params.text", "well-formed Unicode without lone surrogates"],
    [{ own: "\ude80" }, "own", "well-formed Unicode without lone surrogates"],
    [{ own: nested(8) }, "own.a.a.a.a.a.a.a", "at most 8 levels"],
    [{ own: keys(62) }, "own", "at most 64 keys"],
  ])("%#: %.60j", (change, field, allowed) => {
    const error = errorOf({ ...LEAST, ...change });
    expect(error.problems.map((problem) => problem.field)).toEqual([field]);
    expect(error.message.startsWith(`${field} is `), error.message).toBe(true);
    expect(error.message.endsWith(`: allowed is ${allowed}`), error.message).toBe(true);
  });

  test.each<[input: unknown]>([[null], ["pageview"], [7], [[]], [[LEAST]], [true]])("%j is no event", (input) => {
    expect(errorOf(input).message).toMatch(/: allowed is an event: an object with deviceId and event$/);
  });

  test("nesting that JSON.stringify overflows on is refused, not thrown as a RangeError", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expect(errorOf({ ...LEAST, params: { deep } }).message).toContain('"nested deeper": allowed is at most 8 levels');
  });
});

describe("what is at a limit is accepted", () => {
  test.each<[what: string, change: Record<string, unknown>]>([
    ["an id of 64 characters", { id: "x".repeat(64) }],
    ["a device id of 256 characters", { deviceId: "🚀".repeat(128) }],
    ["a name of 100 characters", { event: "x".repeat(100) }],
    [
      "a string of 1,024 bytes",
      { params: { ascii: "x".repeat(1024), euro: `x${"€".repeat(341)}`, four: "🚀".repeat(256) } },
    ],
    ["a path of 1,024 characters", { path: "x".repeat(1024) }],
    ["8 levels", { own: nested(7) }],
    ["64 keys", { own: keys(61) }],
    ["29 February of a leap year", { ts: "2028-02-29T23:59:59.999999999Z" }],
    ["epoch 0 and value 0", { epoch: 0, value: 0 }],
    ["empty texts", { path: "", experiment: "", group: "" }],
  ])("%s", (_, change) => {
    expect(parseEvent({ ...LEAST, ...change }, DEFAULTS)).toMatchObject(change);
  });
});

function errorOf(input: unknown): InvalidInput {
  try {
    parseEvent(input, DEFAULTS);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  return expect.fail("it was accepted");
}
