import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OWN_SEGMENTS, withoutBasePath } from "../../../server/http/base-path.ts";
import { openDemoApp } from "../../demo/demo-app.ts";
import { ROOT } from "../rig/built-program.ts";
import { authorized, logIn, TOKEN } from "../rig/logged-in.ts";
import { active, inactive, openApp, rolledOut } from "../rig/open-app.ts";

const BASE_URL = "https://www.example.com/ab";

async function open() {
  const opened = await openApp(
    [active("headline_test", { title: "Headline" }), inactive("button_test"), rolledOut("offer_test", "B")],
    { adminToken: TOKEN, baseUrl: BASE_URL },
  );
  const id = opened.sessions.open();
  const headers = { cookie: `__Secure-fairsplit=${id}`, accept: "text/html" };
  return { ...opened, csrf: opened.sessions.csrf(id), headers };
}

describe("the path that a proxy left in a request is taken off", () => {
  test.each([
    ["/ab/experiments?a=b", "/experiments?a=b"],
    ["/ab/", "/"],
    ["/ab", "/"],
    ["/ab?a=b", "/?a=b"],
    ["/ab/ab/x", "/ab/x"],
    // The proxy already removed the prefix, or the path is another one.
    ["/experiments", "/experiments"],
    ["/about", "/about"],
    ["/", "/"],
  ])("%s is %s", (url, path) => {
    const request = { url } as IncomingMessage;
    withoutBasePath("/ab", () => undefined)(request, {} as ServerResponse);
    expect(request.url).toBe(path);
  });
});

describe("below a path", () => {
  test("every page that links lead to, and every form and file in it, is below the path and there", async () => {
    const { app, headers } = await open();
    const at = async (address: string) => {
      expect(address, "is below the path").toMatch(/^\/ab(\/|$)/);
      const response = await app.request(`https://www.example.com${address.slice("/ab".length)}`, { headers });
      expect(response.status, address).toBe(200);
      return response;
    };
    const seen = new Set<string>();
    const waiting = ["/ab/experiments", "/ab/experiments/headline_test/results"];
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      const [path = ""] = address.split("#");
      if (seen.has(path)) continue;
      seen.add(path);
      const response = await at(path);
      if (!response.headers.get("content-type")?.startsWith("text/html")) continue;
      const page = await response.text();
      expect(page).toContain('href="/ab/admin.css"');
      for (const [, name, value = ""] of page.matchAll(/ (href|src|action|data-[\w-]+)="([^"]*)"/g)) {
        if (name === "action") expect(value).toMatch(/^\/ab\//);
        if (value.startsWith("/") && name === "href") waiting.push(value.replaceAll("&amp;", "&"));
        else if (value.startsWith("/")) expect(value).toMatch(/^\/ab\//);
      }
    }
    // The list, the form, the history, the settings, the API's page, and those of each experiment.
    expect(seen.size).toBeGreaterThan(20);
    expect(seen).toContain("/ab/docs");
  });

  test("redirects stay below it: after the login, a change, and to the login", async () => {
    const { app, csrf, headers } = await open();
    const form = (fields: Record<string, string>) => ({
      method: "POST",
      headers: { ...headers, origin: "https://www.example.com", "content-type": "application/x-www-form-urlencoded" },
      body: String(new URLSearchParams({ csrf, ...fields })),
    });
    const to = async (path: string, request: RequestInit) => (await app.request(path, request)).headers.get("location");
    expect(await to("/experiments/x", { headers: { accept: "text/html" } })).toBe("/ab/login?next=%2Fexperiments%2Fx");
    expect(await to("/", { headers })).toBe("/ab/experiments");
    expect(await to("/experiments/toggle", form({ experiment: "headline_test" }))).toMatch(/^\/ab\/experiments(\?|$)/);
    expect(await to("/logout", form({}))).toBe("/ab/login");
    expect(await to("/login", form({ token: TOKEN, next: "/experiments/x" }))).toBe("/ab/experiments/x");
    const created = await app.request("/api/admin/experiments", {
      method: "POST",
      headers: { ...authorized, "content-type": "application/json" },
      body: JSON.stringify({ key: "new_test", groups: ["A", "B"].map((name) => ({ name, weight: 1 })) }),
    });
    expect(created.headers.get("location")).toBe("/ab/api/admin/experiments/new_test");
  });

  test("the session's cookie goes there alone, and a sibling domain cannot set it", async () => {
    const { app } = await open();
    const login = { method: "POST", body: `token=${TOKEN}`, headers: { origin: "https://www.example.com" } };
    const cookie = (await app.request("/login", login)).headers.get("set-cookie");
    expect(cookie).toMatch(/^__Secure-fairsplit=[\w-]+; Path=\/ab; HttpOnly; Secure; SameSite=Strict$/);
  });

  test("a write from another site's page is rejected", async () => {
    const { app } = await open();
    const login = { method: "POST", body: `token=${TOKEN}`, headers: { origin: "https://evil.example" } };
    expect((await app.request("/login", login)).status).toBe(403);
  });

  test("what sites paste, and what programs read, names it", async () => {
    const { app, headers } = await open();
    const install = await (await app.request("/experiments/install", { headers })).text();
    expect(install).toContain(`src=&quot;${BASE_URL}/tag.js&quot;`);
    expect(install).toContain(`api: &quot;${BASE_URL}&quot;`);
    expect(install).toContain(`script-src ${BASE_URL}/; connect-src ${BASE_URL}/`);
    const document = await (await app.request("/openapi.json", { headers: authorized })).json();
    expect(document.servers).toEqual([{ url: BASE_URL }]);
  });

  test("the live part of a page has it too", async () => {
    const { app, headers, streams } = await open();
    const response = await app.request("/experiments/headline_test/results/live", {
      headers: { ...headers, accept: "text/event-stream" },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes("\n\n")) text += new TextDecoder().decode((await reader.read()).value);
    streams.close();
    expect(text).toContain('href="/ab/experiments/install"');
    expect(text).not.toMatch(/href="\/(?!ab\/)/);
  });

  test("what a person wrote is left as it is", async () => {
    const { app, headers } = await openAppWithTitle('" href="/x');
    expect(await (await app.request("/experiments", { headers })).text()).toContain("&quot; href=&quot;/x");
  });
});

async function openAppWithTitle(title: string) {
  const opened = await openApp([active("headline_test", { title })], { adminToken: TOKEN, baseUrl: BASE_URL });
  return { ...opened, headers: { cookie: `__Secure-fairsplit=${logIn(opened.sessions).id}`, accept: "text/html" } };
}

test("no page has a path of ours in an attribute that is not known to hold one", () => {
  const files = readdirSync(join(ROOT, "server"), { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".tsx"));
  const source = readFileSync(join(ROOT, "server/http/base-path.ts"), "utf8");
  const known = /const ADDRESS = \/ \(([\w|-]+)\)/.exec(source)?.[1]?.split("|") ?? [];
  const used = sources.flatMap((file) =>
    [...readFileSync(join(ROOT, "server", file), "utf8").matchAll(/ ([\w-]+)=(?:"|\{`|\{"|\{[^}]*\? `)\//g)].map(
      ([, name]) => name,
    ),
  );
  expect(new Set(used).size).toBeGreaterThan(2);
  expect(used.filter((name) => !known.includes(name ?? ""))).toEqual([]);
});

test("a base path cannot begin as a path of ours does", async () => {
  const { app } = await openDemoApp();
  const { app: served } = await open();
  const first = [...app.routes, ...served.routes].map(({ path }) => path.split("/")[1] ?? "");
  // Files are not folders, and wildcard paths belong to other routes.
  const segments = new Set(first.filter((segment) => /^\w+$/.test(segment)));
  expect([...segments].sort()).toEqual(OWN_SEGMENTS);
});
