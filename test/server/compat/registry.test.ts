import { expect, test } from "vitest";
import { transition } from "../../../core/transition.ts";
import { active, inactive, openApp, stopped, TESTER } from "../rig/open-app.ts";

const TOKEN = "a-token-of-the-tests-0123456789";
const BASE = "/compat/registry";
const BEARER = { authorization: `Bearer ${TOKEN}` };

const hero = () =>
  active("hero", {
    title: "Hero",
    description: "The first screen",
    routes: ["/", "/pricing"],
    groups: [
      { name: "bold", weight: 30, label: "Bold" },
      { name: "plain", weight: 70 },
    ],
    control: "plain",
    external: { cookieName: "exp_hero" },
    goals: [{ event: "conversion", kind: "binary" }],
  });

async function open() {
  const opened = await openApp([hero(), stopped("stopped"), inactive("draft")], { adminToken: TOKEN });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await opened.app.request(`${BASE}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const off = () => opened.registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
  return { ...opened, call, off };
}

const posted = (session: string, more: object = {}) => ({
  experiment_key: "hero",
  variant_key: "bold",
  session_id: session,
  path: "/",
  event_name: "cta_click",
  timestamp: "2026-02-01T10:00:00Z",
  ...more,
});
const LISTED = {
  experiment_key: "hero",
  name: "Hero",
  description: "The first screen",
  cookie_name: "exp_hero",
  enabled: true,
  eligible_routes: ["/", "/pricing"],
  variants: [
    { variant_key: "plain", label: "plain", allocation: 70, is_control: true },
    { variant_key: "bold", label: "Bold", allocation: 30, is_control: false },
  ],
};
const TAKEN = { status: 202, body: { ok: true, accepted: true } };
const NOT_TAKEN = { status: 202, body: { ok: true, accepted: false } };

test("impressions of a stopped and of a paused experiment are stored, and do not count", async () => {
  const { call, stored, registry } = await open();
  const impression = async (experiment_key: string, variant_key: string) => {
    const body = { ...posted("late"), experiment_key, variant_key };
    expect(await call("POST", "/api/experiments/impression", body)).toEqual(TAKEN);
    return (await stored()).findLast(({ event }) => event === "exposure")?.uncounted;
  };
  // Neither of them is the one of our hash.
  expect([await impression("hero", "bold"), await impression("hero", "plain")]).toEqual([undefined, undefined]);
  expect(await impression("stopped", "B")).toBe("ended");
  await registry.update("hero", (one) => transition(one, { state: "inactive", isPause: true, by: "ann" }, TESTER.now));
  expect(await impression("hero", "bold")).toBe("paused");
});

test("a value that is text is counted as the number it says, and what is set aside is named", async () => {
  const { call, stored } = await open();
  const send = (session: string, more: object) => call("POST", "/api/experiments/event", posted(session, more));
  expect(await send("a", { event_name: "conversion", conversion_value: "12.50", metadata: "top" })).toEqual(TAKEN);
  expect(await send("b", { event_name: "conversion", conversion_value: "a lot", path: 7 })).toEqual(TAKEN);
  expect(await send("c", { event_name: "conversion", conversion_value: null, metadata: null })).toEqual(TAKEN);
  const [a, b, c] = await stored();
  expect(a).toMatchObject({ value: 12.5, dropped: ["params"] });
  expect(b).not.toHaveProperty("value");
  expect(b?.dropped).toEqual(expect.arrayContaining(["value"]));
  expect(c).not.toHaveProperty("dropped");
});

test("1. lists experiments with the control first, disabled ones too, and no drafts without the token", async () => {
  const { call } = await open();
  const { status, body } = await call("GET", "/api/experiments");
  expect(status).toBe(200);
  expect(body[0]).toEqual(LISTED);
  expect(body[1]).toMatchObject({ experiment_key: "stopped", enabled: false, cookie_name: null });
  expect(body).toHaveLength(2);
  const { body: all } = await call("GET", "/api/admin/experiments", undefined, BEARER);
  expect(all[2]).toMatchObject({ experiment_key: "draft", enabled: false });
  const about = (key: string) => call("POST", "/api/experiments/event", posted("s1", { experiment_key: key }));
  expect([(await about("draft")).status, (await about("nothing")).status]).toEqual([404, 404]);
});

test("2. lists nothing while everything is off", async () => {
  const { call, off } = await open();
  await off();
  expect(await call("GET", "/api/experiments")).toEqual({ status: 200, body: [] });
});

test("3. accepts an event, and stores it", async () => {
  const { call, stored } = await open();
  const more = { metadata: { cta: "top" }, conversion_value: 12.5, event_name: "conversion" };
  expect(await call("POST", "/api/experiments/event", posted("s1", more))).toEqual(TAKEN);
  expect(await stored()).toMatchObject([
    {
      deviceId: "s1",
      event: "conversion",
      experiment: "hero",
      group: "bold",
      path: "/",
      ts: "2026-02-01T10:00:00Z",
      value: 12.5,
      params: { cta: "top" },
      source: "compat:registry",
    },
  ]);
});

test("4. takes an impression for the exposure of that variant", async () => {
  const { call, stored } = await open();
  expect(await call("POST", "/api/experiments/impression", posted("s1", { event_name: "impression" }))).toEqual(TAKEN);
  expect(await stored()).toMatchObject([{ deviceId: "s1", event: "exposure", group: "bold", epoch: 1 }]);
});

test("5. accepts nothing from bots and while everything is off, and says what is missing", async () => {
  const { call, off, stored } = await open();
  const bot = { "user-agent": "Googlebot/2.1" };
  expect(await call("POST", "/api/experiments/event", posted("s1"), bot)).toEqual(NOT_TAKEN);
  const { session_id: _, ...rest } = posted("s1");
  expect(await call("POST", "/api/experiments/event", rest)).toMatchObject({
    status: 422,
    body: { detail: [{ type: "missing", loc: ["body", "session_id"], msg: "Field required" }] },
  });
  expect((await call("POST", "/api/experiments/event", posted("s1", { experiment_key: "x" }))).status).toBe(404);
  expect((await call("POST", "/api/experiments/event", posted("s1", { variant_key: "x" }))).status).toBe(404);
  await off();
  expect(await call("POST", "/api/experiments/impression", posted("s1"))).toEqual(NOT_TAKEN);
  expect(await stored()).toEqual([]);
});

test("6. reports numbers by variant, in exactly these fields", async () => {
  const { call } = await open();
  const send = (path: "event" | "impression", session: string, more: object = {}) =>
    call("POST", `/api/experiments/${path}`, posted(session, { timestamp: undefined, ...more }));
  for (const session of ["a", "b", "c", "d"]) await send("impression", session);
  await send("impression", "a");
  await send("event", "a");
  await send("event", "a", { event_name: "form_start" });
  await send("event", "a", { event_name: "form_submit" });
  await send("event", "a", { event_name: "conversion", conversion_value: 10 });
  await send("event", "a", { event_name: "conversion", conversion_value: 2.5 });
  await send("event", "b", { event_name: "cta_click" });
  expect((await call("GET", "/api/v1/experiments/results?experiment_key=hero")).status).toBe(401);
  const { body } = await call("GET", "/api/v1/experiments/results?experiment_key=hero", undefined, BEARER);
  const empty = { form_starts: 0, form_submits: 0, conversions: 0, conversion_rate: 0, conversion_value_total: 0 };
  expect(body).toEqual([
    {
      experiment_key: "hero",
      variants: [
        { variant_key: "plain", impressions: 0, cta_clicks: 0, unique_sessions: 0, ...empty },
        {
          variant_key: "bold",
          impressions: 5,
          cta_clicks: 2,
          form_starts: 1,
          form_submits: 1,
          conversions: 2,
          unique_sessions: 4,
          conversion_rate: 0.25,
          conversion_value_total: 12.5,
        },
      ],
    },
  ]);
});

test("7. puts a definition as it is listed, which is visible at once", async () => {
  const { call, registry } = await open();
  const changed = {
    ...LISTED,
    enabled: false,
    variants: [
      { variant_key: "plain", label: "Plain", allocation: 0.5, is_control: true },
      { variant_key: "bold", label: "Bold", allocation: 0.5, is_control: false },
    ],
  };
  expect((await call("PUT", "/api/admin/experiments/hero", changed)).status).toBe(401);
  expect(await call("PUT", "/api/admin/experiments/hero", changed, BEARER)).toEqual({ status: 200, body: changed });
  const created = { ...LISTED, experiment_key: "footer", cookie_name: null };
  expect(await call("PUT", "/api/admin/experiments/footer", created, BEARER)).toEqual({ status: 200, body: created });
  const { body } = await call("GET", "/api/experiments");
  expect([body[0], body[2]]).toEqual([changed, created]);
  expect(registry.get("footer")?.state).toBe("active");
  expect(await call("PUT", "/api/admin/experiments/hero", { enabled: true, variants: [] }, BEARER)).toMatchObject({
    status: 422,
    body: { detail: [{ loc: ["body", "variants"] }] },
  });
});

test("8. has no admin list while everything is off, with a valid token too", async () => {
  const { call, off } = await open();
  expect((await call("GET", "/api/admin/experiments", undefined, BEARER)).body[0]).toEqual(LISTED);
  await off();
  expect((await call("GET", "/api/admin/experiments", undefined, BEARER)).status).toBe(404);
});
