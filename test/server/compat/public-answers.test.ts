import { expect, test } from "vitest";
import { active, inactive, openApp, rolledOut, stopped } from "../rig/open-app.ts";

const TEXTS = {
  title: "Secret title",
  description: "Secret description",
  groups: [
    { name: "A", weight: 1, label: "Secret label" },
    { name: "B", weight: 1 },
  ],
};
const CONTEXT = { targetingKey: "u1" };
const ROUTES: readonly [path: string, body?: object][] = [
  ["/api/experiments"],
  ["/api/expgroups?device_id=u1"],
  ["/tag-with-groups.js"],
  ["/ofrep/v1/evaluate/flags", { context: CONTEXT }],
  ["/ofrep/v1/evaluate/flags/running", { context: CONTEXT }],
  ["/compat/pipet/groups/identify?ctx.path=/&id.USER=u1"],
  ["/compat/pipet/proctor/matrix"],
  ["/compat/pipet/proctor/matrix/definition/running"],
  ["/compat/growthbook/api/eval/key", { attributes: { id: "u1" } }],
  ["/compat/unleash/api/frontend?userId=u1"],
];

test.each(ROUTES)("%s has no title, description or label, and no draft", async (path, body) => {
  const { app } = await openApp([
    active("running", TEXTS),
    stopped("stopped", TEXTS),
    rolledOut("rolled", "B", TEXTS),
    inactive("draft", TEXTS),
  ]);
  const headers = { "content-type": "application/json" };
  const asked = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await app.request(path, asked);
  const text = await answer.text();
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  expect(text).not.toMatch(/Secret|"draft"/);
  expect(text.length).toBeGreaterThan(30);
});
