import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { active, openApp, rolledOut, stopped } from "../rig/open-app.ts";

const DEVICE = "b8afe181-0214-45fa-8904-fce9229a8b42";

async function explain(
  experiments: Parameters<typeof openApp>[0],
  query: string,
  headers: Record<string, string> = {},
) {
  const { app } = await openApp(experiments);
  const response = await app.request(`/api/admin/explain?device_id=${DEVICE}&${query}`, { headers });
  return { status: response.status, body: await response.json() };
}

test("explains the group so that anybody can compute it again", async () => {
  const groups = [
    { name: "White", weight: 2 },
    { name: "Gold", weight: 1 },
  ];
  const { status, body } = await explain(
    [active("homepage_button_test", { groups })],
    "experiment=homepage_button_test",
  );
  expect(status).toBe(200);
  const hash = createHash("sha256").update(`${DEVICE}:homepage_button_test`).digest("hex");
  const remainder = Number(BigInt(`0x${hash}`) % 3n);
  expect(body).toEqual({
    experiment: "homepage_button_test",
    state: "active",
    deviceId: DEVICE,
    unit: "device",
    unitId: DEVICE,
    group: remainder < 1 ? "Gold" : "White",
    reason: "hash",
    epoch: 1,
    hashed: `${DEVICE}:homepage_button_test`,
    hash,
    total: 3,
    remainder,
    allocation: null,
    table: [
      { group: "Gold", weight: 1, from: 0, upTo: 1 },
      { group: "White", weight: 2, from: 1, upTo: 3 },
    ],
    byHash: remainder < 1 ? "Gold" : "White",
    layer: null,
  });
});

test("says what /api/expgroups says to the same device, for every kind of experiment", async () => {
  const layer = { name: "l", from: 0, to: 5000 };
  const experiments = [
    active("plain", { salt: "salt" }),
    active("layered", { layer }),
    active("routed", { routes: ["/shop/**"] }),
    active("ruled", { rule: 'ctx.plan == "pro"' }),
    active("german", { rule: 'language == "de"' }),
    active("dependent", { dependsOn: { key: "plain", group: "A" } }),
    active("accounts", { unit: "account" }),
    stopped("off"),
    rolledOut("done", "B"),
  ];
  const { app } = await openApp(experiments);
  for (let n = 0; n < 20; n += 1) {
    const query = `device_id=d${n}&path=/shop/1&ctx.plan=${n % 2 ? "pro" : "free"}`;
    const headers = { "accept-language": "de-AT,de;q=0.9" };
    const said = await (await app.request(`/api/expgroups?${query}`, { headers })).json();
    for (const { key } of experiments) {
      const response = await app.request(`/api/admin/explain?${query}&experiment=${key}`, { headers });
      const { group, reason, epoch } = await response.json();
      expect({ key, group, reason, epoch }).toEqual({
        key,
        group: said[key].group,
        reason: said[key].reason,
        epoch: said[key].epoch,
      });
    }
  }
});

describe("shows why the hash does not decide", () => {
  test("an allocation, by its id and its weights", async () => {
    const weights = [
      { name: "A", weight: 0 },
      { name: "B", weight: 1 },
    ];
    const allocations = [
      { id: "never", rule: 'ctx.plan == "free"', weights },
      { id: "pros", rule: 'ctx.plan == "pro"', weights },
    ];
    const { body } = await explain([active("one", { allocations })], "experiment=one&ctx.plan=pro");
    expect(body).toMatchObject({ reason: "allocation", allocation: "pros", group: "B", byHash: "B", total: 1 });
  });

  test("a layer, by the device's slot", async () => {
    const layer = { name: "checkout", from: 0, to: 1 };
    const { body } = await explain([active("one", { layer })], "experiment=one");
    const hash = createHash("sha256").update(`${DEVICE}:layer:checkout`).digest("hex");
    const slot = Number(BigInt(`0x${hash}`) % 10_000n);
    expect(body).toMatchObject({ reason: "layer", group: "A", layer: { ...layer, slot, isIn: false } });
  });

  test("the visitor's language and browser, not the admin's", async () => {
    const rule = 'language == "fr" && userAgent.contains("Mobile")';
    const query = "experiment=one&language=fr&user_agent=Mobile%20Safari";
    const admins = { "accept-language": "de", "user-agent": "curl" };
    expect((await explain([active("one", { rule })], query, admins)).body.reason).toBe("hash");
    expect((await explain([active("one", { rule })], "experiment=one", admins)).body.reason).toBe("rule");
  });

  test("a unit that the request does not bring has no hash", async () => {
    const { body } = await explain([active("one", { unit: "account" })], "experiment=one");
    expect(body).toMatchObject({ reason: "no_unit", unitId: null, group: "" });
    expect(body).not.toHaveProperty("hash");
  });

  test("the global switch", async () => {
    const { app, registry } = await openApp([active("one")]);
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), {
      by: "ann",
      now: "2026-01-31T12:00:00Z",
    });
    const response = await app.request(`/api/admin/explain?device_id=${DEVICE}&experiment=one`);
    expect(await response.json()).toMatchObject({ reason: "global_off", group: "A" });
  });
});

test.each<[query: string, status: number, detail: string]>([
  ["", 400, "device_id and experiment are needed"],
  ["experiment=unknown", 404, 'there is no experiment "unknown"'],
  ["experiment=__proto__", 404, 'there is no experiment "__proto__"'],
  ["experiment=one&ctx.9=x", 400, "ctx.NAME"],
  ["experiment=one&account_id=%00", 400, "account_id"],
])("%j is refused", async (query, status, detail) => {
  const answer = await explain([active("one")], query);
  expect(answer.status).toBe(status);
  expect(answer.body.detail).toContain(detail);
});
