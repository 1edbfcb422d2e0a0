import { expect, test } from "vitest";
import { active, openApp } from "../rig/open-app.ts";

test.each([
  ["/experiments/", "/experiments"],
  ["/experiments/one/results/", "/experiments/one/results"],
  ["/api/expgroups/?device_id=d1", "/api/expgroups?device_id=d1"],
  ["/nothing//", "/nothing"],
  ["/demo/", "/demo"],
  ["/a%20b/%E2%82%AC/", "/a%20b/%E2%82%AC"],
])("%s leads to %s", async (path, target) => {
  const { app } = await openApp([active("one")]);
  const response = await app.request(path);
  expect([response.status, response.headers.get("location")]).toEqual([301, target]);
});

test("a path of slashes takes no longer than its length", async () => {
  const { app } = await openApp();
  const path = `/a${"/".repeat(2 ** 20)}b`;
  expect((await app.request(`${path}/`)).headers.get("location")).toBe(path);
});

const ELSEWHERE = ["//evil.example/", "///", "/", "/%5Cevil.example/", "/%09/evil.example/", "/%0A/evil.example/"];

test.each(ELSEWHERE)("%j leads nowhere else", async (path) => {
  const { app } = await openApp();
  const response = await app.request(`http://localhost${path}`);
  expect(response.status).toBeLessThan(500);
  const location = response.headers.get("location") ?? "/experiments";
  expect(new URL(location, "http://localhost").host).toBe("localhost");
});

test("what is posted is not sent on", async () => {
  const { app } = await openApp();
  expect((await app.request("/events/", { method: "POST", body: "{}" })).status).toBe(404);
});
