import { describe, expect, test } from "vitest";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { ingestKeyIn } from "../../../server/ingest/ingest-key.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, openApp } from "../rig/open-app.ts";

const KEY = "an-ingest-key-of-a-back-end";
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const order = (id: string, more: object = {}) => ({ id, deviceId: "d1", event: "order", ...more });

test.each<[header: string | undefined, outcome: string]>([
  [undefined, "none"],
  ["", "none"],
  ["Basic dXNlcjpwYXNz", "none"],
  ["Bearerless x", "none"],
  ["Bearer", "wrong"],
  ["Bearer ", "wrong"],
  ["Bearer other", "wrong"],
  [`Bearer ${KEY} x`, "wrong"],
  [`Bearer ${KEY}`, "right"],
  [`bearer   ${KEY} `, "right"],
])("an Authorization of %j is %s", (header, outcome) => {
  expect(ingestKeyIn(header, (given) => given === KEY)).toBe(outcome);
});

describe("events with an ingest key", () => {
  test("are marked, whether plain or parsed, and name no network", async () => {
    const { post, stored } = await openApp([], { ingestToken: KEY });
    for (const body of [JSON.stringify(order("a")), JSON.stringify([order("b")], null, 1), order("c", { more: 1 })]) {
      expect((await post(body, bearer(KEY))).status).toBe(200);
    }
    const marks = (await stored()).map(({ id, withKey, net }) => ({ id, withKey, net }));
    expect(marks).toEqual(["a", "b", "c"].map((id) => ({ id, withKey: true, net: undefined })));
  });

  test("nobody else can mark any", async () => {
    const { post, stored } = await openApp([], { ingestToken: KEY });
    for (const id of ["a", "b"]) await post(order(id, { withKey: true }), { authorization: "Basic x" });
    expect((await stored()).map(({ withKey, dropped }) => ({ withKey, dropped }))).toEqual([
      { withKey: undefined, dropped: ["withKey"] },
      { withKey: undefined, dropped: ["withKey"] },
    ]);
  });

  test.each([KEY, null])("a wrong key is 401, counted as rejected, where the key is %j", async (ingestToken) => {
    const { post, stored, log } = await openApp([], { ingestToken });
    const response = await post(order("a"), bearer("an-admin-token-perhaps-or-a-guess"));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("no ingest key of this server") });
    expect(await stored()).toEqual([]);
    expect(log.state()).toMatchObject({ rejected: 1 });
  });

  test("are not limited by address and are no bot's, but guesses are limited", async () => {
    const limits = limitsOf({ events: rateLimit(2) });
    const { post } = await openApp([], { ingestToken: KEY, limits });
    const agent = { "user-agent": "Googlebot/2.1" };
    for (let n = 0; n < 5; n += 1) {
      const response = await post(order(`k-${n}`), { ...bearer(KEY), ...agent });
      expect(await response.json()).toMatchObject({ accepted: 1 });
    }
    const guesses = [await post(order("a"), bearer("x")), await post(order("b"), bearer("y"))];
    expect(guesses.map(({ status }) => status)).toEqual([401, 401]);
    expect((await post(order("c"), bearer("z"))).status).toBe(429);
  });
});

test("a goal that requires a key counts only events with one, in the report too", async () => {
  const goals = [
    { event: "order", kind: "binary", requires: "key" },
    { event: "order", kind: "binary" },
  ] as const;
  const { app, post } = await openApp([active("headline", { goals: [...goals] })], { ingestToken: KEY });
  const shown = await (await app.request("/api/expgroups?device_id=d1")).json();
  const { group } = shown.headline;
  await post({ deviceId: "d1", event: "exposure", experiment: "headline", group, epoch: 1 });
  const convertedOf = async () => {
    const report = await (await app.request("http://localhost/api/admin/experiments/headline/results")).json();
    return report.goals.map((goal: { groups: { conversions: number }[] }) =>
      goal.groups.reduce((sum, { conversions }) => sum + conversions, 0),
    );
  };
  await post(order("forged"));
  expect(await convertedOf()).toEqual([0, 1]);
  await post(order("true"), bearer(KEY));
  expect(await convertedOf()).toEqual([1, 1]);
});
