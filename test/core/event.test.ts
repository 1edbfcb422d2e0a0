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

  test.each([["run-1"], [""], [null]])("an event that itself claims the run %j is stored without it", (run) => {
    const stored = parseEvent({ ...LEAST, run }, DEFAULTS);
    expect(stored).not.toHaveProperty("run");
    expect(stored.dropped).toEqual(["run"]);
    expect(parseEvent({ ...LEAST, run }, { ...DEFAULTS, run: "signed" }).run).toBe("signed");
  });
});

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
const parsed = (change: Record<string, unknown>) => parseEvent({ ...LEAST, ...change }, DEFAULTS);
const x = (length: number) => "x".repeat(length);
const thaiSlug = (letters: number) => `/${encodeURI("ก".repeat(letters))}`;

describe("a bad field never loses the event", () => {
  test.each<[what: string, change: Record<string, unknown>, stored: Record<string, unknown>]>([
    ["a name of 101 characters", { event: x(101) }, { event: x(100), dropped: ["event"] }],
    ["a name with a NUL", { event: "a\0b" }, { event: "a\ufffdb", dropped: ["event"] }],
    ["a path of 1,101 characters", { path: `/${x(1100)}` }, { path: `/${x(1023)}`, dropped: ["path"] }],
    [
      "a path that ends in half of an escape",
      { path: thaiSlug(125) },
      { path: `${thaiSlug(113)}%E0%B8`, dropped: ["path"] },
    ],
    ["a path that is no text", { path: 7 }, { path: undefined, dropped: ["path"] }],
    ["a source of 65 characters", { source: x(65) }, { source: x(64), dropped: ["source"] }],
    ["a source without characters", { source: "" }, { source: "browser", dropped: ["source"] }],
    ["an experiment of 257 characters", { experiment: x(257) }, { experiment: undefined, dropped: ["experiment"] }],
    ["a group that is a list", { group: ["A"] }, { group: undefined, dropped: ["group"] }],
    ["a group with a lone surrogate", { group: "a\ud83d" }, { group: undefined, dropped: ["group"] }],
    ["an epoch below 0", { epoch: -1 }, { epoch: undefined, dropped: ["epoch"] }],
    ["an epoch that is not whole", { epoch: 1.5 }, { epoch: undefined, dropped: ["epoch"] }],
    ["a value that JSON has no number for", { value: null }, { value: undefined, dropped: ["value"] }],
    ["a value with a decimal comma", { value: "12,50" }, { value: undefined, dropped: ["value"] }],
    ["a value with a currency", { value: "€ 12.50" }, { value: undefined, dropped: ["value"] }],
    ["an empty value", { value: "" }, { value: undefined, dropped: ["value"] }],
    ["a value beyond doubles", { value: Number.POSITIVE_INFINITY }, { value: undefined, dropped: ["value"] }],
    ["params that are a text", { params: "pro" }, { params: {}, dropped: ["params"] }],
    ["params that are a list", { params: ["pro"] }, { params: {}, dropped: ["params"] }],
    ["params that are a number", { params: 7 }, { params: {}, dropped: ["params"] }],
    [
      "a parameter of 1.1 kB",
      { params: { note: x(1100), plan: "pro" } },
      { params: { note: x(1024), plan: "pro" }, dropped: ["params.note"] },
    ],
    [
      "a parameter whose limit is inside a character",
      { params: { note: `${x(1023)}🚀` } },
      { params: { note: x(1023) }, dropped: ["params.note"] },
    ],
    [
      "a NUL and a lone surrogate in parameters",
      { params: { list: ["ok", "a\0b"], text: "a\ud83d" } },
      { params: { list: ["ok", "a\ufffdb"], text: "a\ufffd" }, dropped: ["params.list.1", "params.text"] },
    ],
    [
      "a parameter beyond doubles",
      { params: { price: Number.NEGATIVE_INFINITY, list: [1, Number.NaN] } },
      { params: { list: [1, null] }, dropped: ["params.price", "params.list.1"] },
    ],
    [
      "a parameter's name that is too long",
      { params: { [x(1025)]: 1 } },
      { params: { [x(1024)]: 1 }, dropped: [`params.${x(93)}`] },
    ],
    ["a field of the page's own with a NUL", { own: "a\0" }, { own: "a\ufffd", dropped: ["own"] }],
    [
      "9 levels",
      { own: nested(8) },
      { own: { a: { a: { a: { a: { a: { a: {} } } } } } }, dropped: ["own.a.a.a.a.a.a.a"] },
    ],
    ["65 keys", { own: keys(62) }, { own: keys(61), dropped: ["own.k61"] }],
    ["a time that is no time", { ts: "yesterday" }, { ts: NOW, dropped: ["ts"] }],
    ["a time without a zone", { ts: "2026-01-31T12:00:00" }, { ts: NOW, dropped: ["ts"] }],
    ["a day that the calendar has not", { ts: "2026-02-30T00:00:00Z" }, { ts: NOW, dropped: ["ts"] }],
    ["a time in seconds", { ts: 1_769_860_800 }, { ts: NOW, dropped: ["ts"] }],
    ["two fields", { value: "x", params: 1 }, { value: undefined, params: {}, dropped: ["value", "params"] }],
  ])("%s", (_, change, stored) => {
    expect(parsed(change)).toEqual({ ...parseEvent(LEAST, DEFAULTS), ...stored });
  });

  test.each<[what: string, change: Record<string, unknown>, stored: Record<string, unknown>]>([
    ["a value as text", { value: "12.50" }, { value: 12.5 }],
    ["a value as text with blanks and a sign", { value: " -7 " }, { value: -7 }],
    ["an epoch as text", { epoch: "3" }, { epoch: 3 }],
    ["a name that is a number", { event: 404 }, { event: "404" }],
    ["a group that is a number", { group: 1 }, { group: "1" }],
    ["a device that is a number", { deviceId: 7 }, { deviceId: "7" }],
    ["an id that is a number", { id: 7 }, { id: "7" }],
    ["params as their JSON", { params: '{"plan":"pro"}' }, { params: { plan: "pro" } }],
    ["a time with an offset", { ts: "2026-01-31T13:00:00+01:00" }, { ts: NOW }],
    ["a time in milliseconds", { ts: Date.parse(NOW) }, { ts: NOW }],
    [
      "null for what is missing",
      { path: null, experiment: null, group: null, epoch: null, params: null, id: null },
      {},
    ],
  ])("%s is converted, and nothing of it is lost", (_, change, stored) => {
    expect(parsed(change)).toEqual({ ...parseEvent(LEAST, DEFAULTS), ...stored });
  });

  test.each(["", "a b", 'a"b', x(65), "é"])("the id %j becomes one that is allowed, the same each time", (id) => {
    const first = parsed({ id });
    expect(first).toEqual({
      ...parseEvent(LEAST, DEFAULTS),
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      dropped: ["id"],
    });
    expect(parsed({ id }).id).toBe(first.id);
    expect(parsed({ id: `${id}2` }).id).not.toBe(first.id);
  });

  test("what the tag cut already is named beside what is cut here, each once, and at most 16", () => {
    expect(parsed({ dropped: ["params.note", "value"], value: "x", path: 7 }).dropped).toEqual([
      "params.note",
      "value",
      "path",
    ]);
    const params = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, "\0"]));
    expect(parsed({ params }).dropped).toHaveLength(16);
    expect(parsed({ dropped: { a: 1 } })).not.toHaveProperty("dropped");
  });

  test("the number of lost events of an earlier tag has a name of its own", () => {
    expect(parsed({ dropped: 4 })).toEqual({ ...parseEvent(LEAST, DEFAULTS), lost: 4 });
    expect(parsed({ lost: 4 })).toEqual({ ...parseEvent(LEAST, DEFAULTS), lost: 4 });
    expect(parsed({ lost: -1 })).not.toHaveProperty("lost");
  });

  test("nesting that JSON.stringify overflows on is set aside", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    const stored = parsed({ params: { deep, plan: "x" } });
    expect(stored.params).toEqual({ deep: [[[[[[null]]]]]], plan: "x" });
    expect(stored.dropped).toHaveLength(1);
  });
});

describe("an event names a device, an account, or both", () => {
  const stored = (ids: Record<string, unknown>) => {
    const { deviceId, accountId, dropped } = parseEvent({ event: "order", ...ids }, DEFAULTS);
    return [deviceId, accountId, dropped];
  };

  test.each<[what: string, ids: Record<string, unknown>, stored: unknown[]]>([
    ["an account alone", { accountId: "a1" }, [undefined, "a1", undefined]],
    ["both", { deviceId: "d1", accountId: "a1" }, ["d1", "a1", undefined]],
    ["the other spellings", { device_id: "d1", account_id: "a1" }, ["d1", "a1", undefined]],
    ["an account that is a number", { accountId: 7 }, [undefined, "7", undefined]],
    ["an account of 256 characters", { accountId: "🚀".repeat(128) }, [undefined, "🚀".repeat(128), undefined]],
    ["an empty account beside a device", { deviceId: "d1", accountId: "" }, ["d1", undefined, undefined]],
    ["an empty device beside an account", { deviceId: "", accountId: "a1" }, [undefined, "a1", undefined]],
    ["no account as null", { deviceId: "d1", accountId: null }, ["d1", undefined, undefined]],
    ["a bad account beside a device", { deviceId: "d1", accountId: { a: 1 } }, ["d1", undefined, ["accountId"]]],
    ["a long account beside a device", { deviceId: "d1", accountId: x(257) }, ["d1", undefined, ["accountId"]]],
    ["a bad device beside an account", { deviceId: ["d1"], accountId: "a1" }, [undefined, "a1", ["deviceId"]]],
    ["a NUL in a device beside an account", { deviceId: "d\0", accountId: "a1" }, [undefined, "a1", ["deviceId"]]],
  ])("%s", (_, ids, expected) => {
    expect(stored(ids)).toEqual(expected);
  });

  test.each([
    [{}],
    [{ accountId: "" }],
    [{ accountId: x(257) }],
    [{ deviceId: "", accountId: null }],
  ])("%.40j names none and is rejected", (ids) => {
    expect(() => stored(ids)).toThrow("deviceId is ");
  });
});

describe("an event without a name or without a unit is rejected, and the error names field, value and what is allowed", () => {
  const DEVICE = "a device id of 1 to 256 characters, or instead an accountId of as many";
  const EVENT = "the event's name, 1 to 100 characters";

  test.each<[change: Record<string, unknown>, field: string, allowed: string]>([
    [{ deviceId: undefined }, "deviceId", DEVICE],
    [{ deviceId: null }, "deviceId", DEVICE],
    [{ deviceId: "" }, "deviceId", DEVICE],
    [{ deviceId: x(257) }, "deviceId", DEVICE],
    [{ deviceId: ["d1"] }, "deviceId", DEVICE],
    [{ deviceId: "d\0" }, "deviceId", DEVICE],
    [{ deviceId: "\ude80" }, "deviceId", DEVICE],
    [{ event: undefined }, "event", EVENT],
    [{ event: "" }, "event", EVENT],
    [{ event: { name: "x" } }, "event", EVENT],
  ])("%#: %.60j", (change, field, allowed) => {
    const error = errorOf({ ...LEAST, ...change });
    expect(error.problems.map((problem) => problem.field)).toEqual([field]);
    expect(error.message.startsWith(`${field} is `), error.message).toBe(true);
    expect(error.message.endsWith(`: allowed is ${allowed}`), error.message).toBe(true);
  });

  test.each<[input: unknown]>([[null], ["pageview"], [7], [[]], [[LEAST]], [true]])("%j is no event", (input) => {
    expect(errorOf(input).message).toMatch(/: allowed is an event: an object with deviceId or accountId, and event$/);
  });
});

describe("what is at a limit is accepted", () => {
  test.each<[what: string, change: Record<string, unknown>]>([
    ["an id of 64 characters", { id: "x".repeat(64) }],
    ["a device id of 256 characters", { deviceId: "🚀".repeat(128) }],
    ["a name of 100 characters", { event: "x".repeat(100) }],
    [
      "a text of 1,024 characters",
      { params: { ascii: "x".repeat(1024), thai: "ก".repeat(1024), four: "🚀".repeat(512) } },
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
