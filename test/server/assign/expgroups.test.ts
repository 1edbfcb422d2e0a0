import { describe, expect, test } from "vitest";
import { assign } from "../../../core/assign.ts";
import { weights } from "../../../core/group.ts";
import { transition } from "../../../core/transition.ts";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, failingLog, NOW, openApp, rolledOut, stopped, TESTER } from "../rig/open-app.ts";

const DEVICE = "b8afe181-0214-45fa-8904-fce9229a8b42";

async function ask(app: Awaited<ReturnType<typeof openApp>>["app"], query: Record<string, string>) {
  const response = await app.request(`/api/expgroups?${new URLSearchParams(query)}`);
  return { response, text: await response.clone().text(), groups: await response.json() };
}

describe("the answer for a device", () => {
  test("names the group that assign computes, with all that the tag needs", async () => {
    const experiment = active("homepage_button_test", {
      groups: [
        { name: "A", weight: 50 },
        { name: "B", weight: 50, html: "<b>B</b>", payload: { color: "gold" } },
      ],
    });
    const { app } = await openApp([experiment]);
    const { response, groups } = await ask(app, { device_id: DEVICE });
    expect(response.status).toBe(200);
    expect(groups).toEqual({
      homepage_button_test: {
        active: true,
        state: "active",
        group: "B",
        fallback: "A",
        epoch: 1,
        value: 1,
        payload: { color: "gold" },
        html: "<b>B</b>",
        reason: "hash",
      },
    });
  });

  test("says which groups hold for this page or request only", async () => {
    const base = active("base");
    const rule = 'ctx.country == "DE"';
    const { app } = await openApp([
      base,
      active("page", { routes: ["/shop/**"] }),
      active("visitor", { rule }),
      active("shares", {
        allocations: [{ id: "de", rule, weights: base.groups.map(({ name, weight }) => ({ name, weight })) }],
      }),
      active("second", { dependsOn: { key: "base", group: "A" } }),
    ]);
    const { groups } = await ask(app, { device_id: DEVICE, path: "/" });
    expect(Object.keys(groups).filter((key) => groups[key].perPath)).toEqual(["page", "visitor", "shares", "second"]);
    expect(groups.base).not.toHaveProperty("perPath");
  });

  test("is the same with the server's hash as with core's, for 1,000 devices", async () => {
    const experiment = active("homepage_button_test", { salt: "sält-🚀" });
    const { app } = await openApp([experiment]);
    for (let i = 0; i < 1000; i += 1) {
      const { groups } = await ask(app, { device_id: `seed-6:é:${i}` });
      expect(groups.homepage_button_test.group).toBe(assign(`seed-6:é:${i}`, "sält-🚀", weights(experiment)));
    }
  });

  test("is the fallback when the experiment is inactive", async () => {
    const { app } = await openApp([stopped("headline_test", { fallback: "B" })]);
    const { groups } = await ask(app, { device_id: DEVICE });
    expect(groups.headline_test).toMatchObject({
      active: false,
      state: "inactive",
      group: "B",
      value: -1,
      reason: "inactive",
    });
  });

  test("is everyone's group when the experiment is rolled out", async () => {
    const { app } = await openApp([rolledOut("headline_test", "B")]);
    for (let i = 0; i < 20; i += 1) {
      const { groups } = await ask(app, { device_id: `seed-7:${i}` });
      expect(groups.headline_test).toMatchObject({
        active: true,
        state: "rollout",
        group: "B",
        value: 1,
        reason: "rollout",
      });
    }
  });

  test("has a field for an experiment called __proto__", async () => {
    const { app, stored } = await openApp([active("__proto__"), active("constructor")]);
    const { text, groups } = await ask(app, { device_id: DEVICE });
    expect(Object.keys(groups)).toEqual(["__proto__", "constructor"]);
    expect(text).toMatch(/^\{"__proto__":\{"active":true,/);
    expect(Object.keys((await stored())[0]?.params ?? {})).toEqual(["__proto__", "constructor"]);
  });

  test("is empty when there is no experiment, and nothing is stored", async () => {
    const { app, stored } = await openApp();
    expect((await ask(app, { device_id: DEVICE })).groups).toEqual({});
    expect(await stored()).toEqual([]);
  });

  test("is never cached, and may be read by every site", async () => {
    const { app } = await openApp([active("headline_test")]);
    const { headers } = (await ask(app, { device_id: DEVICE })).response;
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  test.each(["/api/expgroups", "/events", "/api/experiments"])("a preflight of %s is answered", async (path) => {
    const { app } = await openApp();
    const response = await app.request(path, { method: "OPTIONS" });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe("Content-Type, Fairsplit-Run");
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
  });
});

describe("without a device id", () => {
  test.each<[what: string, query: Record<string, string>]>([
    ["no parameter", {}],
    ["an empty one", { device_id: "" }],
  ])("every group is empty and nothing is stored: %s", async (_, query) => {
    const { app, stored } = await openApp([active("on"), stopped("off"), rolledOut("done", "B")]);
    const { response, groups } = await ask(app, query);
    expect(response.status).toBe(200);
    expect(Object.entries(groups)).toHaveLength(3);
    for (const key of ["on", "off", "done"]) {
      expect(groups[key], key).toMatchObject({ group: "", fallback: "A", value: -1, payload: null, html: null });
    }
    expect(await stored()).toEqual([]);
  });
});

describe("the exp_groups event", () => {
  test("is stored once per answer, with the groups of all experiments", async () => {
    const { app, stored } = await openApp([active("on"), stopped("off"), rolledOut("done", "B")]);
    const { groups } = await ask(app, { device_id: DEVICE, path: "/shop?x=1" });
    const events = await stored();
    expect(events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        deviceId: DEVICE,
        event: "exp_groups",
        source: "backend",
        path: "/shop?x=1",
        params: { on: groups.on.group, off: "A", done: "B" },
        epochs: { on: 1, off: 1, done: 1 },
      },
    ]);
  });

  test("is stored again only when the groups have changed, whatever the page", async () => {
    const { app, registry, stored } = await openApp([active("on")]);
    for (const path of ["/", "/shop", "/"]) await ask(app, { device_id: DEVICE, path });
    expect((await stored()).map(({ path }) => path)).toEqual(["/"]);
    await registry.update("on", (on) => transition(on, { by: "test", definition: { salt: "other" } }, NOW));
    for (const path of ["/", "/shop"]) await ask(app, { device_id: DEVICE, path });
    expect((await stored()).map(({ epochs }) => epochs)).toEqual([{ on: 1 }, { on: 2 }]);
  });

  test("is not stored beyond the limit of an address, which is counted, while groups are given", async () => {
    const limits = limitsOf({ assignments: rateLimit(2) });
    const { app, log, runs, stored } = await openApp([active("on")], { limits });
    for (const id of ["d1", "d2", "d3", "d4"]) {
      expect((await ask(app, { device_id: id })).groups.on.group).toMatch(/^[AB]$/);
    }
    const signed = { headers: { "fairsplit-run": runs.issue(Date.now()).header } };
    await app.request("/api/expgroups?device_id=d5", signed);
    expect((await stored()).map(({ deviceId }) => deviceId)).toEqual(["d1", "d2", "d5"]);
    expect(log.state().shed).toBe(2);
  });

  test("has no path when none was asked for", async () => {
    const { app, stored } = await openApp([active("on")]);
    await ask(app, { device_id: DEVICE });
    expect(await stored()).toEqual([expect.not.objectContaining({ path: expect.anything() })]);
  });

  test("carries the run of a signed header, and none of a forged one", async () => {
    const { app, runs, stored } = await openApp([active("on")]);
    const { run, header } = runs.issue(Date.now());
    for (const value of [header, `${header}x`]) {
      await app.request(`/api/expgroups?device_id=${DEVICE}`, { headers: { "fairsplit-run": value } });
    }
    expect((await stored()).map((event) => event.run)).toEqual([run, undefined]);
  });

  test("is not needed for the answer: a failing log costs no visitor his group", async () => {
    const failing = await failingLog(new Error("disk full"));
    const { app } = await openApp([active("on")], { log: failing });
    const { response, groups } = await ask(app, { device_id: DEVICE });
    expect(response.status).toBe(200);
    expect(groups.on.group).toMatch(/^[AB]$/);
  });
});

describe("a device id that is refused", () => {
  test.each<[what: string, query: string]>([
    ["257 characters", `device_id=${"x".repeat(257)}`],
    ["257 UTF-16 units in 129 characters", `device_id=x${encodeURIComponent("🚀".repeat(128))}`],
  ])("%s", async (_, query) => {
    const { app, stored } = await openApp([active("on")]);
    const response = await app.request(`/api/expgroups?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining("device_id") });
    expect(await stored()).toEqual([]);
  });

  test("not one of 256 characters", async () => {
    const { app } = await openApp([active("on")]);
    expect((await app.request(`/api/expgroups?device_id=${"x".repeat(256)}`)).status).toBe(200);
  });
});

describe("what the request says of the visitor", () => {
  const on = () => [
    active("page", { routes: ["/shop/**"], control: "B" }),
    active("plan", { rule: 'ctx.plan == "free" && ctx.country in ["DE", "AT"]' }),
    active("browser", { rule: 'language == "de-AT" && userAgent.contains("Mobile") && path == "/shop/a"' }),
    active("account", { unit: "account", salt: "shared" }),
    active("session", { unit: "session", salt: "shared" }),
  ];
  const ALL = {
    device_id: DEVICE,
    account_id: "a1",
    session_id: "s1",
    path: "/shop/a",
    "ctx.plan": "free",
    "ctx.country": "AT",
  };
  const reasons = (groups: Record<string, { reason: string }>) =>
    Object.fromEntries(Object.entries(groups).map(([key, { reason }]) => [key, reason]));

  test("decides who takes part", async () => {
    const { app, stored } = await openApp(on());
    const response = await app.request(`/api/expgroups?${new URLSearchParams(ALL)}`, {
      headers: { "accept-language": "de-AT,de;q=0.9", "user-agent": "Mozilla/5.0 (iPhone) Mobile" },
    });
    const groups = await response.json();
    expect(reasons(groups)).toEqual({ page: "hash", plan: "hash", browser: "hash", account: "hash", session: "hash" });
    expect(groups.account.group).toBe(assign("a1", "shared", weights(active("x"))));
    expect(groups.session.group).toBe(assign("s1", "shared", weights(active("x"))));
    expect((await stored())[0]).not.toHaveProperty("reasons");
  });

  test("and who does not: they get the fallback, are not counted, and the event says why", async () => {
    const { app, stored } = await openApp(on());
    const { groups } = await ask(app, { device_id: DEVICE, path: "/blog", "ctx.plan": "free" });
    const why = { page: "route", plan: "rule", browser: "rule", account: "no_unit", session: "no_unit" };
    expect(reasons(groups)).toEqual(why);
    expect(groups.page).toMatchObject({
      group: "B",
      fallback: "B",
      value: -1,
      active: true,
      state: "active",
      epoch: 1,
    });
    expect(groups.account).toMatchObject({ group: "", fallback: "A", value: -1 });
    expect((await stored())[0]).toMatchObject({ reasons: why, params: { page: "B", plan: "A", account: "" } });
  });

  test.each<[what: string, query: string, detail: string]>([
    ["an account id of 257 characters", `account_id=${"x".repeat(257)}`, "account_id: allowed are 1 to 256"],
    ["a session id with NUL", "session_id=%00", "session_id: allowed are 1 to 256"],
    ["a context name with a space", "ctx.a%20b=1", 'ctx.NAME is "ctx.a b": allowed as NAME are 1 to 64 letters'],
    ["no context name", "ctx.=1", 'ctx.NAME is "ctx."'],
    ["a context name of 65 characters", `ctx.${"x".repeat(65)}=1`, "ctx.NAME is"],
    ["a context value of 257 characters", `ctx.a=${"x".repeat(257)}`, "ctx.a: allowed are 256"],
    ["a context value with NUL", "ctx.a=%00", "ctx.a: allowed are 256 well-formed characters other than NUL"],
    ["a context name twice", "ctx.a=1&ctx.a=2", "ctx.a: allowed is one, it is there 2 times"],
    ["21 context names", Array.from({ length: 21 }, (_, i) => `ctx.n${i}=1`).join("&"), "allowed are 20, there are 21"],
  ])("is refused beyond its limits, whether a rule asks for it or not: %s", async (_, query, detail) => {
    for (const experiments of [on(), [active("plain")]]) {
      const { app, stored } = await openApp(experiments);
      const response = await app.request(`/api/expgroups?device_id=d1&${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
      expect(await stored()).toEqual([]);
    }
  });

  test("is taken up to its limits", async () => {
    const { app } = await openApp(on());
    const names = Array.from({ length: 20 }, (_, i) => `ctx.${"n".repeat(62)}${i}=${"x".repeat(256)}`).join("&");
    const ids = `account_id=${"a".repeat(256)}&session_id=${"s".repeat(256)}`;
    expect((await app.request(`/api/expgroups?device_id=d1&${ids}&${names}`)).status).toBe(200);
  });
});

describe("settings", () => {
  test("that switch all off make both answers empty, and nothing is stored", async () => {
    const { app, registry, stored } = await openApp([active("on"), rolledOut("done", "B")]);
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
    expect((await ask(app, { device_id: DEVICE })).groups).toEqual({});
    expect(await (await app.request("/api/experiments")).json()).toEqual({});
    expect(await stored()).toEqual([]);
    await registry.updateSettings((settings) => ({ ...settings, enabled: true }), TESTER);
    expect(Object.keys((await ask(app, { device_id: DEVICE })).groups)).toEqual(["on", "done"]);
  });

  test("that hold devices out leave them out of all experiments", async () => {
    const { app, registry } = await openApp([active("one"), active("two"), rolledOut("done", "B")]);
    await registry.updateSettings((settings) => ({ ...settings, holdout: { share: 1, salt: "2026" } }), TESTER);
    const { groups } = await ask(app, { device_id: DEVICE });
    expect(groups).toMatchObject({
      one: { group: "A", reason: "holdout", value: -1 },
      two: { group: "A", reason: "holdout", value: -1 },
      done: { group: "B", reason: "rollout", value: 1 },
    });
  });

  test("that are none change nothing", async () => {
    const { registry } = await openApp([active("on")]);
    const before = registry.settings();
    const share = 2;
    await expect(
      registry.updateSettings(() => ({ enabled: true, holdout: { share, salt: "x" } }), TESTER),
    ).rejects.toThrow("holdout.share is 2: allowed is a number from 0 to 1");
    expect(registry.settings()).toBe(before);
  });
});

test("what depends on another experiment follows it", async () => {
  const { app } = await openApp([
    active("second", { dependsOn: { key: "first", group: "B" }, salt: "first" }),
    active("first"),
  ]);
  let took = 0;
  for (let i = 0; i < 100; i += 1) {
    const { groups } = await ask(app, { device_id: `seed-16:${i}` });
    const takesPart = groups.first.group === "B";
    expect(groups.second.reason).toBe(takesPart ? "hash" : "dependency");
    took += Number(takesPart);
  }
  expect(took).toBeGreaterThan(25);
  expect(took).toBeLessThan(75);
});
