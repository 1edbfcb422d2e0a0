import { describe, expect, test } from "vitest";
import { parseConfiguration } from "../../../server/compat/pipet/configuration.ts";
import { parseForce } from "../../../server/compat/pipet/force.ts";
import { JAVA_TYPES } from "../../../server/compat/pipet/java-types.ts";
import { NOBODY, readPrivilege } from "../../../server/compat/pipet/privilege.ts";
import type { PipetSettings } from "../../../server/compat/pipet/routes.ts";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, openApp, rolledOut, stopped, TESTER } from "../rig/open-app.ts";
import { resultsOf } from "./results-of.ts";

const BASE = "/compat/pipet";
const SETTINGS: PipetSettings = { configuration: null, force: NOBODY, isExposedByAnswer: false };

const CONFIGURATION = parseConfiguration(
  {
    context: {
      country: { source: "QUERY", type: "String", defaultValue: "US" },
      age: { source: "QUERY", sourceKey: "years", type: "Integer" },
      loggedIn: { source: "QUERY", type: "boolean", defaultValue: false },
      agent: { source: "HEADER", sourceKey: "User-Agent", type: "java.lang.String", defaultValue: "" },
    },
    identifiers: {
      USER: { source: "QUERY", sourceKey: "ctk" },
      account: { source: "QUERY" },
      tab: { source: "QUERY", unit: "session" },
    },
  },
  "pipet.json",
);

const tests = () => [
  active("buttoncolortst", { goals: [{ event: "click", kind: "binary" }] }),
  active("pricetst", {
    groups: [
      { name: "low", weight: 1, payload: 5 },
      { name: "high", weight: 1, payload: 7.5 },
    ],
  }),
  active("us-tst1", { rule: 'ctx.country == "US"' }),
  active("accounttst", { unit: "account" }),
  rolledOut("donetst", "B"),
  stopped("offtst", { fallback: "B" }),
];

async function open(settings: Partial<PipetSettings> = {}, adminToken: string | null = null, wrongTokens = 0) {
  const opened = await openApp(tests(), {
    adminToken,
    limits: limitsOf({ logins: rateLimit(wrongTokens) }),
    compat: { dialects: ["pipet"], pipet: { ...SETTINGS, ...settings } },
  });
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await opened.app.request(`${BASE}${path}`, { headers });
    return { status: answer.status, body: await answer.json() };
  };
  const identify = async (query: Record<string, string>, headers: Record<string, string> = {}) =>
    (await get(`/groups/identify?${new URLSearchParams(query)}`, headers)).body;
  return { ...opened, get, identify };
}

const failed = (status: number, error: string) => ({ status, body: { data: {}, meta: { status, error } } });

describe("groups/identify", () => {
  test("answers the groups of GET /api/expgroups in Pipet's envelope", async () => {
    const { identify, app, registry } = await open();
    const { data, meta } = await identify({ "id.USER": "u1", "ctx.country": "US" });
    const groups = await (await app.request("/api/expgroups?device_id=u1&ctx.country=US")).json();
    expect(meta).toEqual({ status: 200 });
    expect(data.context).toEqual({ country: "US" });
    expect(data.audit).toEqual({
      version: String(registry.history.last),
      updated: Date.parse("2026-01-31T12:00:00.000Z"),
      updatedBy: "test",
    });
    const { group, value } = groups.buttoncolortst;
    expect(data.groups.buttoncolortst).toEqual({ name: group, value, version: "2" });
    expect(data.groups.pricetst.payload).toEqual({ doubleValue: groups.pricetst.payload });
    expect(data.groups["us-tst1"].name).toBe(groups["us-tst1"].group);
    expect(data.groups.donetst).toMatchObject({ name: "B", value: 1 });
    // Inactive: its fallback. Without an identifier of its unit, or not eligible: absent.
    expect(data.groups.offtst).toEqual({ name: "B", value: -1, version: "3" });
    expect(Object.keys(data.groups)).not.toContain("accounttst");
    const elsewhere = await identify({ "id.USER": "u1", "ctx.country": "AT" });
    expect(Object.keys(elsewhere.data.groups)).not.toContain("us-tst1");
    expect(Object.keys((await identify({ "id.ACCOUNT": "a1" })).data.groups)).toEqual(["accounttst"]);
    expect((await identify({ "id.account": "a1" })).data.groups.accounttst).toMatchObject({
      value: expect.any(Number),
    });
  });

  test.each<[what: string, query: string, names: string[]]>([
    ["two", "test=buttoncolortst,donetst", ["buttoncolortst", "donetst"]],
    ["with spaces, empties and unknown ones", "test=,%20donetst%20,,none", ["donetst"]],
    ["none, as django-proctor sends an empty list", "test=", []],
    ["the first of two parameters", "test=donetst&test=offtst", ["donetst"]],
  ])("filters by test: %s", async (_, query, names) => {
    const { get } = await open();
    const { body } = await get(`/groups/identify?id.USER=u1&${query}`);
    expect(Object.keys(body.data.groups)).toEqual(names);
  });

  test("has Pipet's errors in Pipet's order, and its conversions", async () => {
    const { get } = await open({ configuration: CONFIGURATION });
    const identify = (query: string) => get(`/groups/identify?${query}`);
    const missing = "Required variable 'age' not found by 'QUERY:ctx.years'. See the pipet configuration.";
    expect(await identify("ctx.age=1")).toEqual(failed(400, missing));
    expect(await identify("ctx.years=x&id.USER=u&id.CTK=u")).toEqual(
      failed(400, "Request must have at least one identifier."),
    );
    const converted = "Could not convert raw value 'x' to type 'java.lang.Integer' for context variable 'age'";
    expect(await identify("ctx.years=x&id.ctk=")).toEqual(failed(400, `${converted}: NumberFormatException`));
    const { body } = await identify("ctx.years=%2B33&id.ctk=&ctx.loggedIn=TRUE&ctx.other=1");
    // An empty identifier is given but is not a unit.
    expect(body.data.groups).toEqual({});
    expect(body.data.context).toEqual({ country: "US", age: 33, loggedIn: true, agent: "" });
  });

  test("gives its configuration back", async () => {
    const { get } = await open({ configuration: CONFIGURATION });
    expect((await get("/config/context")).body.data).toEqual(CONFIGURATION.context);
    expect((await get("/config/identifiers")).body).toEqual({ data: CONFIGURATION.identifiers, meta: { status: 200 } });
  });
});

test("the matrix needs no id, is raw, and its ranges name buckets and add up to 1", async () => {
  const { get, registry } = await open();
  const { body } = await get("/proctor/matrix?test=");
  expect(body.audit.version).toBe(String(registry.history.last));
  expect(Object.keys(body.tests)).toEqual(registry.list().map(({ key }) => key));
  for (const definition of Object.values(body.tests) as Record<string, never>[]) {
    const { buckets, allocations } = definition as unknown as {
      buckets: { value: number }[];
      allocations: { ranges: { bucketValue: number; length: number }[] }[];
    };
    const values = buckets.map(({ value }) => value);
    for (const { ranges } of allocations) {
      expect(ranges.every(({ bucketValue }) => values.includes(bucketValue))).toBe(true);
      expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(1);
    }
  }
  expect((await get("/proctor/matrix/audit")).body).toEqual({ data: body.audit, meta: { status: 200 } });
  const one = (await get("/proctor/matrix/definition/pricetst")).body.data;
  expect(one).toEqual(body.tests.pricetst);
  expect(one).toMatchObject({ salt: "pricetst", testType: "USER", rule: null, silent: false });
  expect(await get("/proctor/matrix/definition/x")).toEqual(
    failed(404, "'x' test definition not found in test matrix."),
  );
});

test.each<[type: string, raw: string, value: unknown]>([
  ["int", "2147483647", 2147483647],
  ["int", "2147483648", "NumberFormatException"],
  ["byte", "-128", -128],
  ["byte", "128", "NumberFormatException"],
  ["Long", "12.0", "NumberFormatException"],
  ["double", " 1.5e3d ", 1500],
  ["double", "", "NumberFormatException"],
  ["Double", "NaN", "NaN"],
  ["java.lang.Float", "NaNf", "NumberFormatException"],
  ["boolean", "1", true],
  ["boolean", "yes", false],
  ["char", "ab", "Parameter was length 2 but expecting length 1."],
  ["String", "", ""],
])("%s of %j is %j, as in Java", (type, raw, value) => {
  const convert = () => JAVA_TYPES.get(type)?.convert(raw);
  let got: unknown;
  try {
    got = convert();
  } catch (error) {
    got = (error as Error).message;
  }
  expect(got).toBe(value);
});

test("a long text that is no number takes no longer than its length", () => {
  expect(() => JAVA_TYPES.get("double")?.convert(`${"1".repeat(2 ** 20)}x`)).toThrow("NumberFormatException");
});

describe("forced groups", () => {
  const list = [...tests(), active("us-tst"), active("a"), active("a1")];
  const byKey = (key: string) => list.find((one) => one.key === key);

  test.each<[text: string, groups: Record<string, [string, number]>, others: string]>([
    ["", {}, "own"],
    ["buttoncolortst1", { buttoncolortst: ["B", 1] }, "own"],
    ["buttoncolortst1,buttoncolortst0", { buttoncolortst: ["A", 0] }, "own"],
    ["offtst-1", { offtst: ["B", -1] }, "own"],
    ["us-tst11,us-tst0", { "us-tst1": ["B", 1], "us-tst": ["A", 0] }, "own"],
    ["a11", { a1: ["B", 1] }, "own"],
    ["buttoncolortst7,none1,=", {}, "own"],
    ["default_to_fallback, buttoncolortst1", { buttoncolortst: ["B", 1] }, "fallback"],
    ["DEFAULT_TO_MIN_LIVE", {}, "min_live"],
    ["pricetst0;longValue:01,donetst0", { donetst: ["A", 0] }, "own"],
    ['pricetst0;stringArray:["a,b","c"],donetst0', { pricetst: ["low", 0], donetst: ["A", 0] }, "own"],
  ])("%s", (text, groups, others) => {
    const parsed = parseForce(text, byKey);
    expect(Object.fromEntries([...parsed.groups].map(([key, { group, value }]) => [key, [group, value]]))).toEqual(
      groups,
    );
    expect(parsed.others).toBe(others);
  });

  test("long texts take no longer than their length", () => {
    for (const text of [`${"1".repeat(2 ** 16)}!`, `a1;longArray:[${" ".repeat(2 ** 16)}`, "a1;".repeat(2 ** 15)]) {
      expect(parseForce(text, byKey).groups.size).toBe(0);
    }
  });

  test("are for who may: nobody by default, networks, or the admin token as a password", async () => {
    const token = "a-token-of-the-tests-0123456789";
    const query = { "id.USER": "u1", test: "buttoncolortst,pricetst,donetst", prforceGroups: 'pricetst1;map:{"p":1}' };
    const basic = { authorization: `Basic ${Buffer.from(`proctor:${token}`).toString("base64")}` };
    const { identify } = await open({ force: readPrivilege("basic") }, token);
    const forced = { name: "high", value: 1, payload: { map: { p: 1 } } };
    const usual = (await identify({ ...query, prforceGroups: "" })).data.groups;
    expect((await identify(query)).data.groups).toEqual(usual);
    expect((await identify(query, { authorization: "Basic eDp5" })).data.groups).toEqual(usual);
    const seen = (await identify(query, basic)).data.groups;
    expect(seen.pricetst).toMatchObject(forced);
    expect(seen.buttoncolortst).toEqual(usual.buttoncolortst);
    const others = async (mode: string) => (await identify({ ...query, prforceGroups: mode }, basic)).data.groups;
    expect(Object.keys(await others("default_to_fallback,donetst0"))).toEqual(["donetst"]);
    expect((await others("default_to_min_live")).pricetst).toMatchObject({ name: "low", value: 0 });
    expect(() => readPrivilege("trusted,here")).toThrow('pipet-force has "here"');
  });
});

test("passwords are guessed no faster than at the admin's pages", async () => {
  const token = "a-token-of-the-tests-0123456789";
  const { identify, app } = await open({ force: readPrivilege("basic") }, token, 5);
  const query = { "id.USER": "u1", test: "pricetst", prforceGroups: 'pricetst1;map:{"p":1}' };
  const basic = (password: string) => ({ authorization: `Basic ${btoa(`proctor:${password}`)}` });
  for (let n = 0; n < 5; n += 1) await identify(query, basic(`guess-${n}`));
  const usual = (await identify({ ...query, prforceGroups: "" })).data.groups;
  expect((await identify(query, basic(token))).data.groups).toEqual(usual);
  const admin = await app.request("/api/admin/settings", { headers: { authorization: `Bearer ${token}` } });
  expect(admin.status).toBe(429);
});

describe("exposures", () => {
  test("of the texts of one request are bounded, and one for each experiment of an event", async () => {
    const { post, stored, registry } = await open();
    for (let n = 0; n < 40; n += 1) {
      await registry.create({ key: `x${n}-`, groups: tests()[0]?.groups ?? [], state: "active" }, TESTER);
    }
    const groups = Array.from({ length: 40 }, (_, n) => `x${n}-0,x${n}-1`).join(",");
    const events = Array.from({ length: 100 }, (_, n) => ({ deviceId: `u${n}`, event: "pageview", groups }));
    expect((await post(events)).status).toBe(200);
    const exposures = (await stored()).filter(({ event }) => event === "exposure");
    expect(exposures).toHaveLength(520);
  });

  test("are what str(proc) says in an event, and its conversions are in the report", async () => {
    const { app, identify, post, registry } = await open();
    const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
    for (let user = 0; user < 20; user += 1) {
      const { groups } = (await identify({ "id.USER": `u${user}` })).data;
      const { name, value } = groups.buttoncolortst;
      // An assignment is not an exposure: without events a device is not counted.
      if (user % 5 === 0) continue;
      const text = `buttoncolortst${value},donetst${groups.donetst.value},none3,buttoncolortst9`;
      const answer = await post(
        { deviceId: `u${user}`, event: "pageview", groups: text },
        { "user-agent": "python-requests/2" },
      );
      expect(await answer.json()).toMatchObject({ accepted: 1, rejected: [] });
      const counts = seen[name] as [number, number];
      counts[0] += 1;
      if (user % 2 === 0) {
        counts[1] += 1;
        await post({ deviceId: `u${user}`, event: "click" });
      }
    }
    expect(await resultsOf(app, "buttoncolortst")).toEqual(seen);
    // Exposed units keep their groups in new epochs.
    const before = (await identify({ "id.USER": "u1" })).data.groups.buttoncolortst.name;
    const { transition } = await import("../../../core/transition.ts");
    const swapped = [
      { name: "A", weight: before === "A" ? 1 : 1000 },
      { name: "B", weight: before === "A" ? 1000 : 1 },
    ];
    await registry.update("buttoncolortst", (one) =>
      transition(one, { by: "test", definition: { groups: swapped } }, TESTER.now),
    );
    expect((await identify({ "id.USER": "u1" })).data.groups.buttoncolortst.name).toBe(before);
  });

  test("are the answers where they are configured to be, once a unit and group, and never forced ones", async () => {
    const { identify, stored } = await open({ isExposedByAnswer: true });
    const query = { "id.USER": "u1", test: "buttoncolortst,offtst,donetst" };
    await identify(query);
    await identify(query);
    await identify({ ...query, "id.USER": "u2", prforceGroups: "buttoncolortst1" });
    const exposures = (await stored()).filter(({ event }) => event === "exposure");
    expect(exposures).toMatchObject([{ deviceId: "u1", experiment: "buttoncolortst", source: "compat:pipet" }]);
  });
});
