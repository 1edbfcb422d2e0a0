import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_TOKENS, openNamedTokens } from "../../../server/auth/named-tokens.ts";
import { REQUIRED_ROLES, requiredRole } from "../../../server/auth/required-role.ts";
import { ROLES, type Role, suffices } from "../../../server/auth/roles.ts";
import { openSessions } from "../../../server/auth/sessions.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { NotSaved } from "../../../server/registry/errors.ts";
import { authorized, logIn, TOKEN } from "../rig/logged-in.ts";
import { active, openApp, TESTER, temporaryFolder } from "../rig/open-app.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const JSON_TYPE = { "content-type": "application/json" };

/** An app with a token of each role. */
async function openWithTokens() {
  const folder = await temporaryFolder();
  const path = join(folder, "tokens.json");
  const noted: string[] = [];
  const tokens = await openNamedTokens(path, {
    note: async (action, { by }, about) => void noted.push(`${by}: ${action} ${about}`),
  });
  const sessions = openSessions(Date.now);
  const opened = await openApp([active("headline")], { adminToken: TOKEN, tokens, sessions });
  const made = new Map<Role, string>();
  for (const role of ROLES) made.set(role, (await tokens.create({ name: `the ${role}`, role }, TESTER)).token);
  return { ...opened, tokens, sessions, path, noted, of: (role: Role) => made.get(role) ?? "" };
}

test.each<[role: Role, needed: Role, expected: boolean]>([
  ["viewer", "viewer", true],
  ["viewer", "editor", false],
  ["editor", "viewer", true],
  ["editor", "admin", false],
  ["admin", "editor", true],
  ["ingest", "viewer", false],
  ["ingest", "admin", false],
  ["admin", "ingest", true],
])("%s for what needs %s: %s", (role, needed, expected) => {
  expect(suffices(role, needed)).toBe(expected);
});

test("a route without a line needs the role admin, HEAD needs what GET needs, and pages are no experiments", () => {
  expect(requiredRole("PUT", "/experiments/a/b/c")).toBe("admin");
  expect(requiredRole("POST", "/experiments/headline")).toBe("admin");
  expect(requiredRole("HEAD", "/experiments")).toBe("viewer");
  expect(requiredRole("GET", "/experiments/new")).toBe("editor");
  expect(requiredRole("GET", "/experiments/news")).toBe("viewer");
  expect(requiredRole("GET", "/experiments/settings/confirm")).toBe("admin");
  expect(requiredRole("GET", "/api/admin/exportxndjson")).toBe("admin");
  for (const [route, role] of Object.entries(REQUIRED_ROLES)) {
    const [method = "", path = ""] = route.split(" ");
    expect(requiredRole(method, path.replaceAll(/:\w+/g, "x1")), route).toBe(role);
  }
});

describe("a named token", () => {
  test("is stored as its hash only, in a file for its owner, and works after a restart", async () => {
    const { path, tokens, of, registry } = await openWithTokens();
    const text = await readFile(path, "utf8");
    for (const role of ROLES) expect(text).not.toContain(of(role));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await openNamedTokens(path, registry);
    expect(again.list()).toEqual(tokens.list());
    expect(again.find(of("viewer"))).toMatchObject({ name: "the viewer", role: "viewer" });
    expect(again.find("")).toBeNull();
  });

  test("reads as a viewer, changes as an editor, and as neither the settings", async () => {
    const { app, of } = await openWithTokens();
    const statusOf = async (role: Role, method: string, path: string, body?: object) =>
      (
        await app.request(path, {
          method,
          headers: { ...bearer(of(role)), ...JSON_TYPE, "if-match": "*" },
          ...(body && { body: JSON.stringify(body) }),
        })
      ).status;
    const change = { title: "Changed" };
    const all = async (method: string, path: string, body?: object) => {
      const statuses: number[] = [];
      for (const role of ROLES) statuses.push(await statusOf(role, method, path, body));
      return statuses;
    };
    expect(await all("GET", "/api/admin/experiments")).toEqual([200, 200, 200, 403]);
    expect(await all("GET", "/experiments")).toEqual([200, 200, 200, 403]);
    expect(await all("GET", "/events")).toEqual([403, 200, 200, 403]);
    expect(await all("PUT", "/api/admin/experiments/headline", change)).toEqual([403, 200, 200, 403]);
    expect(await all("PUT", "/api/admin/settings", {})).toEqual([403, 403, 200, 403]);
    expect(await all("GET", "/api/admin/tokens")).toEqual([403, 403, 200, 403]);
  });

  test("says who may not and why, and is no wrong token", async () => {
    const { app, of } = await openWithTokens();
    const response = await app.request("/api/admin/settings", { method: "PUT", headers: bearer(of("viewer")) });
    expect(await response.json()).toMatchObject({
      detail: "this needs the role admin; “the viewer” has the role viewer",
    });
  });

  test("is named as the author of its changes", async () => {
    const { app, of, registry } = await openWithTokens();
    await app.request("/api/admin/experiments/headline", {
      method: "PUT",
      headers: { ...bearer(of("editor")), ...JSON_TYPE, "if-match": "*" },
      body: '{"title":"Changed"}',
    });
    expect(registry.get("headline")).toMatchObject({ title: "Changed", updatedBy: "the editor" });
  });

  test("of the role ingest marks events, and others do not", async () => {
    const { post, of, stored } = await openWithTokens();
    const event = { deviceId: "d1", event: "order" };
    expect((await post(event, bearer(of("ingest")))).status).toBe(200);
    for (const role of ["viewer", "editor", "admin"] as const) {
      expect((await post(event, bearer(of(role)))).status).toBe(401);
    }
    expect((await stored()).map(({ withKey }) => withKey)).toEqual([true]);
  });

  test("logs in, and is logged out when it is revoked", async () => {
    const { app, of, tokens, sessions } = await openWithTokens();
    const logInWith = (token: string) =>
      app.request("/login", { method: "POST", body: new URLSearchParams({ token, next: "/experiments" }) });
    expect((await logInWith(of("ingest"))).status).toBe(401);
    const response = await logInWith(of("viewer"));
    expect(response.status).toBe(303);
    const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const page = await app.request("/experiments", { headers: { cookie } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<body data-role="viewer">');
    expect((await app.request("/experiments/settings/access", { headers: { cookie } })).status).toBe(403);
    // Not even if the sessions were not ended.
    await tokens.revoke("the viewer", TESTER);
    expect((await app.request("/experiments", { headers: { cookie } })).status).toBe(401);
    expect(sessions.isOpen(cookie.split("=")[1] ?? "")).toBe(false);
  });
});

describe("the API of tokens", () => {
  test("makes one, shows it once, lists it without it, and revokes it, all in the history", async () => {
    const { app, noted } = await openWithTokens();
    const send = (method: string, path: string, body?: object) =>
      app.request(`/api/admin/tokens${path}`, {
        method,
        headers: { ...authorized, ...JSON_TYPE },
        ...(body && { body: JSON.stringify(body) }),
      });
    const made = await (await send("POST", "", { name: "Ada", role: "editor" })).json();
    expect(made).toEqual({
      name: "Ada",
      role: "editor",
      createdAt: expect.any(String),
      createdBy: "admin",
      token: expect.stringMatching(/^fs_[\w-]{43}$/),
    });
    const { token: _, ...shown } = made;
    expect((await (await send("GET", "")).json()).at(-1)).toEqual(shown);
    expect((await app.request("/experiments", { headers: bearer(made.token) })).status).toBe(200);
    expect((await send("DELETE", "/Ada")).status).toBe(204);
    expect((await send("DELETE", "/Ada")).status).toBe(404);
    expect((await app.request("/experiments", { headers: bearer(made.token) })).status).toBe(401);
    expect(noted.slice(ROLES.length)).toEqual([
      "admin: token_created Ada (editor)",
      "admin: token_revoked Ada (editor)",
    ]);
  });

  test.each<[body: object, field: string]>([
    [{ name: "", role: "viewer" }, "name"],
    [{ name: "admin", role: "viewer" }, "name"],
    [{ name: "THE VIEWER", role: "viewer" }, "name"],
    [{ name: " x", role: "viewer" }, "name"],
    [{ name: "<b>", role: "viewer" }, "name"],
    [{ name: "Ada", role: "owner" }, "role"],
    [{ name: "Ada" }, "role"],
  ])("rejects %j for its %s", async (body, field) => {
    const { app, tokens } = await openWithTokens();
    const response = await app.request("/api/admin/tokens", {
      method: "POST",
      headers: { ...authorized, ...JSON_TYPE },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(422);
    expect((await response.json()).errors[0].field).toBe(field);
    expect(tokens.list()).toHaveLength(ROLES.length);
  });

  test("makes no more than there may be", async () => {
    const tokens = await openNamedTokens(join(await temporaryFolder(), "tokens.json"), { note: async () => undefined });
    for (let n = 0; n < MAX_TOKENS; n += 1) await tokens.create({ name: `t${n}`, role: "viewer" }, TESTER);
    await expect(tokens.create({ name: "more", role: "viewer" }, TESTER)).rejects.toThrow(
      `at most ${MAX_TOKENS} tokens`,
    );
  });
});

test("the page of access shows a new token once, and revokes", async () => {
  const { app, sessions, tokens } = await openWithTokens();
  const { cookie, csrf } = logIn(sessions);
  const post = (path: string, fields: Record<string, string>) =>
    app.request(`/experiments/settings/access${path}`, {
      method: "POST",
      headers: cookie,
      body: new URLSearchParams({ csrf, ...fields }),
    });
  const page = await (await post("", { name: "Ada", role: "viewer" })).text();
  const [token = ""] = /fs_[\w-]{43}/.exec(page) ?? [];
  expect(tokens.find(token)?.name).toBe("Ada");
  const again = await (await app.request("/experiments/settings/access", { headers: cookie })).text();
  expect(again).toContain("Ada");
  expect(again).not.toContain(token);
  const wrong = await post("", { name: "Ada", role: "viewer" });
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain("a name that no other token has");
  expect((await post("/revoke", { name: "Ada" })).status).toBe(303);
  expect(tokens.find(token)).toBeNull();
});

test("a damaged file stops the start with one sentence, and a disk that fails makes no token", async () => {
  const { path, registry } = await openWithTokens();
  const damaged = `${path}-damaged`;
  const { writeFile } = await import("node:fs/promises");
  await writeFile(damaged, (await readFile(path, "utf8")).slice(0, -5));
  await expect(openNamedTokens(damaged, registry)).rejects.toThrow(BadConfig);
  await expect(openNamedTokens(damaged, registry)).rejects.toThrow(
    /is damaged .*: restore it from a copy, or remove it/,
  );
  const nowhere = await openNamedTokens(join(path, "x", "tokens.json"), { note: async () => undefined }).catch(
    () => null,
  );
  expect(nowhere).toBeNull();
  const gone = await openNamedTokens(join(await temporaryFolder(), "none", "tokens.json"), {
    note: async () => undefined,
  });
  await expect(gone.create({ name: "Ada", role: "viewer" }, TESTER)).rejects.toThrow(NotSaved);
  expect(gone.list()).toEqual([]);
});
