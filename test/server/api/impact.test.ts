import { expect, test } from "vitest";
import { active, inactive, openApp } from "../rig/open-app.ts";

const weighed = (a: number, b: number) => ({
  groups: [
    { name: "A", weight: a },
    { name: "B", weight: b },
  ],
});

async function impact(body: unknown, experiment = active("one")) {
  const { app, registry } = await openApp([experiment]);
  const response = await app.request("/api/admin/experiments/one/impact", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(registry.list()).toEqual([experiment]);
  expect(registry.history.last).toBe(1);
  return { status: response.status, body: await response.json() };
}

test("50/50 → 51/50 would move half of the devices, though half a percent must; nothing is changed", async () => {
  for (const body of [weighed(51, 50), { weights: { A: 51 } }, { weights: { A: 51, B: 50 } }]) {
    const { status, body: answer } = await impact(body);
    expect(status).toBe(200);
    expect(answer.moved).toBe(0.5);
    expect(answer.least).toBeCloseTo(0.00495, 5);
    expect(answer).toMatchObject({ opensEpoch: true, sticky: true });
  }
});

test("says whether a new epoch would begin", async () => {
  expect((await impact({ title: "x" })).body).toEqual({ moved: 0, least: 0, opensEpoch: false, sticky: true });
  expect((await impact(weighed(51, 50), inactive("one"))).body.opensEpoch).toBe(false);
  expect((await impact({ salt: "other" })).body).toMatchObject({ moved: 0.5, least: 0, opensEpoch: true });
  expect((await impact({ sticky: false })).body.sticky).toBe(false);
});

test.each<[what: string, body: unknown, pointer: string]>([
  ["a weight that is text", { weights: { A: "51" } }, "/groups/0/weight"],
  ["weights that add up to 0", { weights: { A: 0, B: 0 } }, "/groups"],
  ["a weight of no group", { weights: { "C/D": 1 } }, "/weights/C~1D"],
  ["a weight of __proto__", JSON.parse('{"weights":{"__proto__":1}}'), "/weights/__proto__"],
  ["weights that are a list", { weights: [1, 2] }, "/weights"],
  ["an unknown field", { titel: "x" }, "/titel"],
  ["an invalid definition", { goals: [] }, "/goals"],
])("%s is refused", async (_, body, pointer) => {
  const answer = await impact(body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([{ pointer }]);
});

test("of an unknown experiment is a 404", async () => {
  const { app } = await openApp([active("one")]);
  expect((await app.request("/api/admin/experiments/two/impact", { method: "POST", body: "{}" })).status).toBe(404);
});
