import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepTag, publishTag } from "../../../server/assign/published-tag.ts";
import { active, inactive, openApp, rolledOut, stopped, temporaryFolder } from "../rig/open-app.ts";

describe("GET /tag.js", () => {
  test("is a script that every site may load, and that may be kept for a short time", async () => {
    const { app } = await openApp();
    const response = await app.request("/tag.js");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("/* the tag */");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=300",
      "x-content-type-options": "nosniff",
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
    });
  });

  test.each<[what: string, wrap: (etag: string) => string, status: number]>([
    ["its ETag", (etag) => etag, 304],
    ["a list with its ETag", (etag) => `"old", ${etag}`, 304],
    ["its ETag made weak by a proxy that compresses", (etag) => `W/${etag}`, 304],
    ["another ETag", () => '"old"', 200],
    ["its ETag without quotes", (etag) => etag.replaceAll('"', ""), 200],
  ])("answers If-None-Match with %s", async (_, wrap, status) => {
    const { app } = await openApp();
    const etag = (await app.request("/tag.js")).headers.get("etag") ?? "";
    const response = await app.request("/tag.js", { headers: { "if-none-match": wrap(etag) } });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(status === 304 ? "" : "/* the tag */");
    expect(response.headers.get("etag")).toBe(etag);
  });

  test("has another ETag when the script changes", async () => {
    const etags = await Promise.all(
      ["one", "two"].map(async (tag) => {
        const { app } = await openApp([], {
          assets: { tag, given: "", badge: "", debug: "", adminCss: "", adminJs: "" },
        });
        return (await app.request("/tag.js")).headers.get("etag");
      }),
    );
    expect(new Set(etags).size).toBe(2);
  });
});

describe("GET /tag.<hash>.js", () => {
  const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const sha = (algorithm: string, content: Buffer) => createHash(algorithm).update(content);

  test("is the present tag under a name that says its bytes, for ever", async () => {
    const { app } = await openApp();
    const { file, integrity } = publishTag("/* the tag */");
    const response = await app.request(`/${file}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      // Without CORS browsers do not check the integrity of another origin's script.
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=31536000, immutable",
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
    });
    const content = await bytes(response);
    expect(file).toBe(`tag.${sha("sha256", content).digest("hex").slice(0, 8)}.js`);
    expect(integrity).toBe(`sha384-${sha("sha384", content).digest("base64")}`);
    expect((await app.request("/tag.01234567.js")).status).toBe(404);
  });

  test("stays when a later version of the server has another tag", async () => {
    const folder = join(await temporaryFolder(), "tags");
    expect(await keepTag(folder, "one")).toEqual([]);
    expect(await keepTag(folder, "one")).toEqual([]);
    const earlierTags = await keepTag(folder, "two");
    const { app } = await openApp([], {
      assets: { tag: "two", earlierTags, given: "", badge: "", debug: "", adminCss: "", adminJs: "" },
    });
    for (const script of ["one", "two"]) {
      expect(await (await app.request(`/${publishTag(script).file}`)).text()).toBe(script);
    }
    expect(await (await app.request("/tag.js")).text()).toBe("two");
    expect((await keepTag(folder, "one")).map(({ script }) => script)).toEqual(["two"]);
  });

  test("stays under the longer name that earlier versions of the server gave, as does what it loads", async () => {
    const folder = join(await temporaryFolder(), "tags");
    await keepTag(folder, "now", "more");
    for (const name of ["tag", "tag-more"]) {
      const { file } = publishTag(name, name, 16);
      expect(file).toMatch(/\.\w{16}\.js$/);
      await writeFile(join(folder, file), name);
    }
    const kept = await keepTag(folder, "now", "more");
    expect(kept.map(({ script }) => script).sort()).toEqual(["tag", "tag-more"]);
    const { app } = await openApp([], {
      assets: { tag: "now", earlierTags: kept, given: "", badge: "", debug: "", adminCss: "", adminJs: "" },
    });
    for (const { file, script } of kept) expect(await (await app.request(`/${file}`)).text()).toBe(script);
  });

  test("is not answered from a file that is not what its name says, or is none of ours", async () => {
    const folder = join(await temporaryFolder(), "tags");
    await keepTag(folder, "one");
    await writeFile(join(folder, publishTag("one").file), "evil");
    await writeFile(join(folder, "tag.js"), "evil");
    expect(await keepTag(folder, "two")).toEqual([]);
    expect(await readFile(join(folder, publishTag("one").file), "utf8")).toBe("evil");
  });
});

describe("GET /api/experiments", () => {
  test("says what was started, without drafts and titles, and is public", async () => {
    const { app } = await openApp([
      active("homepage_button_test", { title: "Button", control: "B", fallback: "A" }),
      stopped("headline_test", { title: "Secret" }),
      inactive("draft_test"),
      rolledOut("old_test", "B"),
    ]);
    const response = await app.request("/api/experiments");
    const groups = { A: 50, B: 50 };
    expect(await response.json()).toEqual({
      homepage_button_test: { state: "active", active: true, groups, fallback: "A", control: "B" },
      headline_test: { state: "inactive", active: false, groups, fallback: "A", control: "A" },
      old_test: { state: "rollout", active: true, groups, fallback: "A", control: "A" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  test("keeps keys and groups called __proto__", async () => {
    const groups = [
      { name: "__proto__", weight: 1 },
      { name: "B", weight: 2 },
    ];
    const { app } = await openApp([active("__proto__", { groups })]);
    expect(await (await app.request("/api/experiments")).text()).toBe(
      '{"__proto__":{"state":"active","active":true,"groups":{"__proto__":1,"B":2},"fallback":"__proto__","control":"__proto__"}}',
    );
  });
});

test("GET /healthz says that the process is up", async () => {
  const { app } = await openApp();
  const response = await app.request("/healthz");
  expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
});

test("GET / leads to the list of experiments", async () => {
  const { app } = await openApp();
  const response = await app.request("/");
  expect([response.status, response.headers.get("location")]).toEqual([302, "/experiments"]);
});

test.each([
  ["GET", "/nothing"],
  ["GET", "/api"],
  ["GET", "/..%2f..%2fpackage.json"],
  ["POST", "/tag.js"],
  ["DELETE", "/events"],
  ["GET", "/demo/7-admin-page"],
])("%s %s is a 404 as problem details", async (method, path) => {
  const { app, errors } = await openApp();
  const response = await app.request(path, { method });
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({ type: "about:blank", title: "Not Found", status: 404 });
  expect(errors).toEqual([]);
});
