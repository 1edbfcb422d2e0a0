import { expect, test } from "vitest";
import { authorized, TOKEN } from "../rig/logged-in.ts";
import { active, openApp } from "../rig/open-app.ts";

const form = (experiment: string, headers: Record<string, string>): RequestInit => ({
  method: "POST",
  body: new URLSearchParams({ experiment }),
  headers,
});

const ADMIN_ROUTES: [method: string, path: string, status: number][] = [
  ["GET", "/experiments", 200],
  ["HEAD", "/experiments", 200],
  ["POST", "/experiments/toggle", 302],
  ["GET", "/events", 200],
  ["HEAD", "/events", 200],
  ["POST", "/api/admin/runs", 201],
];
const request = (method: string, headers: Record<string, string>) =>
  method === "POST" ? form("headline_test", headers) : { method, headers };

test.each(ADMIN_ROUTES)("%s %s is open to its holder", async (method, path, status) => {
  const { app } = await openApp([active("headline_test")], { adminToken: TOKEN });
  expect((await app.request(path, request(method, authorized))).status).toBe(status);
  const lowerCase = { authorization: `bearer ${TOKEN}` };
  expect((await app.request(path, request(method, lowerCase))).status).toBe(status);
});

test.each(
  ADMIN_ROUTES.flatMap(([method, path]) =>
    [
      ["no header", {}],
      ["an empty header", { authorization: "" }],
      ["an empty token", { authorization: "Bearer " }],
      ["a wrong token", { authorization: `Bearer ${TOKEN}x` }],
      ["half of the token", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
      ["another scheme", { authorization: `Basic ${TOKEN}` }],
      ["the bare token", { authorization: TOKEN }],
    ].map(([what, headers]) => [method, path, what, headers] as [string, string, string, Record<string, string>]),
  ),
)("%s %s is closed with %s", async (method, path, _, headers) => {
  const { app, registry } = await openApp([active("headline_test")], { adminToken: TOKEN });
  const response = await app.request(path, request(method, headers));
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="fairsplit"');
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(registry.get("headline_test")?.state).toBe("active");
});

test("what does not exist below an admin path is not told to others", async () => {
  const { app } = await openApp([], { adminToken: TOKEN });
  expect((await app.request("/api/admin/nothing")).status).toBe(401);
  expect((await app.request("/api/admin/nothing", { headers: authorized })).status).toBe(404);
  expect((await app.request("/experiments/nothing")).status).toBe(401);
});

test("errors of admin routes cannot be read by another site", async () => {
  const { app } = await openApp();
  for (const path of ["/events?limit=0", "/api/admin/nothing", "/experiments/nothing"]) {
    const { headers } = await app.request(path);
    expect(headers.get("access-control-allow-origin"), path).toBeNull();
    expect(headers.get("cross-origin-resource-policy"), path).toBe("same-origin");
  }
});

test.each<[method: string, path: string, status: number]>([
  ["GET", "/tag.js", 200],
  ["GET", "/api/expgroups?device_id=d1", 200],
  ["GET", "/api/experiments", 200],
  ["GET", "/healthz", 200],
  ["GET", "/admin.css", 200],
  ["POST", "/events", 415],
])("%s %s stays open to everyone", async (method, path, status) => {
  const { app } = await openApp([active("headline_test")], { adminToken: TOKEN });
  expect((await app.request(path, { method })).status).toBe(status);
});
