import { describe, expect, test } from "vitest";
import type { AssignedGroup } from "../../../core/http-contract.ts";
import { RUN_HEADER } from "../../../server/tokens/simulation-run.ts";
import { active, inactive, openApp, rolledOut, TESTER } from "../rig/open-app.ts";

const TAG = "/* the tag */";

/** The device and groups in the script, read like a browser; null for the tag alone. */
function givenIn(script: string) {
  const [, literal, rest] = /^window\.fairsplitGiven=(".*");\n(.*)$/s.exec(script) ?? [];
  if (literal === undefined) {
    expect(script).toBe(TAG);
    return null;
  }
  expect(rest).toBe(`/* takes what is given */${TAG}`);
  return JSON.parse(JSON.parse(literal)) as {
    id: string;
    groups: Record<string, AssignedGroup>;
    path?: string;
    at: number;
  };
}

async function load(app: Awaited<ReturnType<typeof openApp>>["app"], headers: Record<string, string> = {}) {
  const response = await app.request("/tag-with-groups.js", { headers });
  expect(response.status).toBe(200);
  return { response, given: givenIn(await response.text()) };
}

describe("GET /tag-with-groups.js for a visitor without a device", () => {
  test("gives one with the groups that /api/expgroups will say, and records nothing", async () => {
    const { app, stored } = await openApp([
      active("live", {
        groups: [
          { name: "A", weight: 1 },
          { name: "B", weight: 1, html: "<b>B</b>", payload: "gold" },
        ],
      }),
      inactive("draft"),
      rolledOut("done", "B"),
      active("account", { unit: "account" }),
    ]);
    const before = Date.now();
    const all = await Promise.all(Array.from({ length: 20 }, async () => (await load(app)).given));
    expect(await stored()).toEqual([]);
    for (const given of all) {
      expect(given?.id).toMatch(/^[0-9a-f]{32}$/);
      expect(given?.at).toBeGreaterThanOrEqual(before);
      expect(given?.at).toBeLessThanOrEqual(Date.now());
      const asked = await app.request(`/api/expgroups?device_id=${given?.id}`);
      // An account's group is for no other view.
      const { account, ...kept } = await asked.json();
      expect(account.kept).toBe(false);
      expect(given?.groups).toEqual(kept);
    }
    expect(new Set(all.map((given) => given?.groups.live?.group))).toEqual(new Set(["A", "B"]));
  });

  test("gives each another device", async () => {
    const { app } = await openApp([active("live")]);
    const ids = await Promise.all(Array.from({ length: 50 }, async () => (await load(app)).given?.id));
    expect(new Set(ids).size).toBe(50);
  });

  test("may be kept by the visitor's browser only, and its timing be read where it is loaded", async () => {
    const { app } = await openApp([active("live")]);
    const { headers } = (await load(app)).response;
    expect(Object.fromEntries(headers)).toEqual({
      "access-control-allow-origin": "*",
      "cache-control": "private, max-age=300",
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      "timing-allow-origin": "*",
      vary: "Accept-Encoding",
      "x-content-type-options": "nosniff",
    });
  });

  test.each<[what: string, referer: string | undefined, path: string | undefined]>([
    ["the page's address", "https://shop.example/shop/shoes?q=1#top", "/shop/shoes"],
    ["a page's address in letters of its own", "https://shop.example/sh%C3%B6p/", "/sh%C3%B6p/"],
    ["only the origin", "https://shop.example/", "/"],
    ["nothing", undefined, undefined],
    ["something that is no address", "shop", undefined],
    ["an address that is too long", `https://shop.example/${"x".repeat(8192)}`, undefined],
  ])("says for which page the groups are where the Referer has %s", async (_, referer, path) => {
    const { app } = await openApp([active("everywhere"), active("shop", { routes: ["/shop/**"] })]);
    const { given } = await load(app, referer === undefined ? {} : { referer });
    expect(given?.path).toBe(path);
    expect(Object.keys(given?.groups ?? {})).toEqual(path === undefined ? ["everywhere"] : ["everywhere", "shop"]);
    const reason = path === undefined ? undefined : path.startsWith("/shop/") ? "hash" : "route";
    expect(given?.groups.shop?.reason).toBe(reason);
  });

  test("asks rules about the browser as /api/expgroups does", async () => {
    const rule = 'language == "de-AT" && userAgent.startsWith("Mozilla")';
    const { app } = await openApp([active("rule", { rule })]);
    const browser = {
      referer: "https://shop.example/",
      "accept-language": "de-AT,de;q=0.9",
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    };
    expect((await load(app, browser)).given?.groups.rule?.reason).toBe("hash");
    expect((await load(app, { ...browser, "accept-language": "fr" })).given?.groups.rule?.reason).toBe("rule");
  });

  test("ends no script by what an admin wrote, and keeps a key called __proto__", async () => {
    const html = "</script><!--<script>\u2028\u2029\"';alert(1)//\\";
    const { app } = await openApp([
      active("__proto__", { groups: ["A", "B"].map((name) => ({ name, weight: 1, html })) }),
    ]);
    const script = await (await app.request("/tag-with-groups.js")).text();
    expect(script.split("\n")[0]).not.toMatch(/[<\u2028\u2029]/);
    const { groups = {} } = givenIn(script) ?? {};
    expect(Object.entries(groups).map(([key, { html: shown }]) => [key, shown])).toEqual([["__proto__", html]]);
  });

  test("counts a simulator's signed run as a visitor, though its browser has no head", async () => {
    const { app, runs } = await openApp([active("live")]);
    const agent = { "user-agent": "Mozilla/5.0 HeadlessChrome/140.0.0.0" };
    expect((await load(app, agent)).given).toBeNull();
    const { header } = runs.issue(Date.now());
    expect((await load(app, { ...agent, [RUN_HEADER]: header })).given).not.toBeNull();
  });
});

describe("GET /tag-with-groups.js is the tag alone", () => {
  test.each<[what: string, headers: Record<string, string>]>([
    ["who has a device: its groups may depend on a token that is not here", { cookie: "device_id=d1" }],
    ["who has a device among other cookies", { cookie: "a=b; device_id=d1; c=d" }],
    ["who sends Global Privacy Control", { "sec-gpc": "1" }],
    ["who sends Do Not Track", { dnt: "1" }],
    ["a crawler", { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" }],
    ["a browser that fetches ahead", { "sec-purpose": "prefetch;prerender" }],
  ])("for %s", async (_, headers) => {
    const { app, stored } = await openApp([active("live")]);
    const { response, given } = await load(app, headers);
    expect(given).toBeNull();
    expect(response.headers.get("cache-control")).toBe("private, max-age=300");
    expect(response.headers.get("set-cookie")).toBeNull();
    const etag = response.headers.get("etag") ?? "";
    expect((await app.request("/tag-with-groups.js", { headers: { ...headers, "if-none-match": etag } })).status).toBe(
      304,
    );
    // A visitor with a cached copy but without a device gets a new one.
    expect((await load(app, { "if-none-match": etag })).given).not.toBeNull();
    expect(await stored()).toEqual([]);
  });

  test("while everything is switched off, and while there is no experiment", async () => {
    const { app, registry } = await openApp([active("live")]);
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
    expect((await load(app)).given).toBeNull();
    expect((await load((await openApp()).app)).given).toBeNull();
  });

  test.each(["other_device_id=d1", "device_identity=d1"])("but not for who has another cookie: %s", async (cookie) => {
    const { app } = await openApp([active("live")]);
    expect((await load(app, { cookie })).given).not.toBeNull();
  });
});
