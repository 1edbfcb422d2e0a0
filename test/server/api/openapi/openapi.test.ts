import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { pathAsDescribed } from "../../../../server/api/openapi/document.ts";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { active, openApp, rolledOut } from "../../rig/open-app.ts";

const GROUPS = [
  { name: "A", weight: 50, html: "<b>A</b>", payload: { a: [1, null] } },
  { name: "B", weight: 50 },
];

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape
type Json = any;

async function documentOf(app: { request(path: string): Response | Promise<Response> }): Promise<Json> {
  const response = await app.request("/openapi.json");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("application/json");
  return response.json();
}

/** Every operation as `get /path/{name}`. */
const operationsOf = (document: Json) =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations as object).map((method) => `${method} ${path}`),
  );

describe("the document", () => {
  test("is OpenAPI 3.1 by its rules", async () => {
    const { app } = await openApp();
    const document = await documentOf(app);
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = Object.values(document.paths as Json).flatMap((operations: Json) =>
      Object.values(operations).map((operation: Json) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("names every route of the app but the demo pages, and no other", async () => {
    const { app } = await openDemoApp();
    const routes = app.routes
      .filter(({ method, path }) => method !== "ALL" && !/^\/(demo(\/|$)|$)/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${pathAsDescribed(path).replace(/:(\w+)/g, "{$1}")}`);
    const operations = operationsOf(await documentOf(app));
    expect([...new Set(operations)].sort()).toEqual([...new Set(routes)].sort());
    expect(operations.length).toBeGreaterThan(25);
  });

  test("refers to schemas that are there, and uses all of them", async () => {
    const { app } = await openApp();
    const document = await documentOf(app);
    const used = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  test("says in a schema what an error says", async () => {
    const { app } = await openApp();
    const { Experiment } = (await documentOf(app)).components.schemas;
    expect(Experiment.properties.key).toMatchObject({ type: "string", pattern: expect.stringContaining("A-Za-z_") });
    expect(Experiment.properties.groups.items.properties.weight).toMatchObject({
      type: "integer",
      minimum: 0,
      description: "a whole number from 0 to 2^53 − 1",
    });
    expect(Experiment.additionalProperties).toBe(false);
  });

  test("needs the login, as the page does", async () => {
    const { app } = await openApp([], { adminToken: "a-token-of-the-tests-0123456789" });
    for (const path of ["/openapi.json", "/docs"]) expect((await app.request(path)).status).toBe(401);
  });
});

describe("real answers are what the document says", () => {
  async function openDocumented() {
    const opened = await openApp([active("one", { groups: GROUPS }), rolledOut("two", "B")]);
    const document = await documentOf(opened.app);
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(document, "api");
    /** Sends a request, and checks the answer's status, type and body against the document. */
    const ask = async (
      method: string,
      path: string,
      template: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const response = await opened.app.request(path, {
        method: method.toUpperCase(),
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const at = ["paths", template, method, "responses", String(response.status)];
      const described = at.reduce((part: Json, name) => part?.[name], document);
      expect(described, `${method} ${path}: ${response.status}`).toBeDefined();
      const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
      if (!described.content) return { response, answer: null };
      expect(Object.keys(described.content)).toContain(type);
      for (const header of Object.keys(described.headers ?? {})) {
        if (header !== "Link" && header !== "Fairsplit-Sticky") expect(response.headers.has(header), header).toBe(true);
      }
      if (!type.includes("json") || type === "application/x-ndjson") return { response, answer: null };
      const answer = await response.json();
      const pointer = [...at, "content", type, "schema"].map((part) =>
        part.replaceAll("~", "~0").replaceAll("/", "~1"),
      );
      const validate = ajv.getSchema(`api#/${pointer.map(encodeURIComponent).join("/")}`);
      expect(validate).toBeDefined();
      expect(validate?.(answer), JSON.stringify(validate?.errors)).toBe(true);
      return { response, answer };
    };
    return { ...opened, document, ajv, ask };
  }

  const API = "/api/admin/experiments";
  const ONE = `${API}/{key}`;

  test("of the public routes", async () => {
    const { ask } = await openDocumented();
    await ask("get", "/api/expgroups?device_id=d1&path=/", "/api/expgroups");
    await ask("get", "/api/expgroups", "/api/expgroups");
    await ask("get", `/api/expgroups?device_id=${"x".repeat(300)}`, "/api/expgroups");
    await ask("options", "/api/expgroups", "/api/expgroups");
    await ask("get", "/api/experiments", "/api/experiments");
    await ask("post", "/events", "/events", [{ deviceId: "d1", event: "x" }, { bad: true }]);
    await ask("post", "/events", "/events", { bad: true });
    await ask("post", "/events", "/events", {}, { "content-type": "text/html" });
    await ask("post", "/events", "/events", "x".repeat(70_000));
    await ask("get", "/tag.js", "/tag.js");
    await ask("get", "/tag-with-groups.js", "/tag-with-groups.js");
    await ask("get", "/healthz", "/healthz");
    await ask("get", "/readyz", "/readyz");
  });

  test("of the admin's routes, errors too", async () => {
    const { ask, app, registry } = await openDocumented();
    await ask("get", API, API);
    await ask("post", API, API, { key: "three", groups: GROUPS });
    await ask("post", API, API, { key: "three", groups: GROUPS });
    await ask("post", API, API, { key: "9", groups: [{ name: "A", weight: "x" }] });
    await ask("get", `${API}/one`, ONE);
    await ask("get", `${API}/none`, ONE);
    await ask("put", `${API}/one`, ONE, {});
    await ask("put", `${API}/one`, ONE, {}, { "if-match": '"1"' });
    await ask("put", `${API}/one`, ONE, { title: "x" }, { "if-match": "*" });
    await ask("put", `${API}/one`, ONE, { titel: "x" }, { "if-match": "*" });
    await ask("put", `${API}/one`, ONE, undefined, { "if-match": "*" });
    await ask("post", `${API}/one/impact`, `${ONE}/impact`, { weights: { A: 51 } });
    await ask("post", `${API}/one/impact`, `${ONE}/impact`, { weights: 5 });
    await ask("post", `${API}/one/revert`, `${ONE}/revert`, { change: 4 }, { "if-match": '"3"' });
    await ask("post", `${API}/one/revert`, `${ONE}/revert`, { change: 4 }, { "if-match": '"3"' });
    await ask("post", `${API}/one/revert`, `${ONE}/revert`, { change: 99 }, { "if-match": "*" });
    await ask("post", `${API}/one/revert`, `${ONE}/revert`, { change: 4 });
    await ask("post", `${API}/none/revert`, `${ONE}/revert`, { change: 4 }, { "if-match": "*" });
    await ask("get", `${API}/one/results`, `${ONE}/results`);
    await ask("get", `${API}/one/results?epoch=7`, `${ONE}/results`);
    await ask("get", `${API}/none/results`, `${ONE}/results`);
    await ask("delete", `${API}/three`, ONE, undefined, { "if-match": '"7"' });
    await ask("delete", `${API}/three`, ONE, undefined, { "if-match": '"1"' });
    await ask("get", "/api/admin/settings", "/api/admin/settings");
    await ask("put", "/api/admin/settings", "/api/admin/settings", { holdout: { share: 0.1, salt: "s" } });
    await ask("put", "/api/admin/settings", "/api/admin/settings", { enabled: 1 });
    await registry.revert(4, { by: "ann", now: "2026-01-31T12:00:00Z" });
    const { answer } = await ask("get", "/api/admin/history", "/api/admin/history");
    expect(answer.map(({ action }: { action: string }) => action)).toContain("settings");
    await ask("get", "/api/admin/history?limit=0", "/api/admin/history");
    const explain = "/api/admin/explain";
    await ask("get", `${explain}?device_id=d1&experiment=one`, explain);
    await ask("get", `${explain}?device_id=d1&experiment=two`, explain);
    await ask("get", explain, explain);
    await ask("get", "/api/admin/export.ndjson", "/api/admin/export.ndjson");
    await app.request("/api/expgroups?device_id=d1");
    await ask("get", "/events", "/events");
    await ask("get", "/events?limit=0", "/events");
    await ask("post", "/api/admin/runs", "/api/admin/runs");
    await ask("get", "/metrics", "/metrics");
    await ask("get", "/openapi.json", "/openapi.json");
    await ask("get", "/docs", "/docs");
    await ask("get", "/experiments", "/experiments");
  });

  test("and what the document's schemas of requests allow, the server takes", async () => {
    const { ajv, registry } = await openDocumented();
    const allows = (name: string, value: unknown) => ajv.getSchema(`api#/components/schemas/${name}`)?.(value);
    for (const experiment of registry.list()) {
      expect(allows("Experiment", experiment)).toBe(true);
      expect(allows("ExperimentChange", { ...experiment, title: "x" })).toBe(true);
    }
    expect(allows("NewExperiment", { key: "x", groups: GROUPS })).toBe(true);
    expect(allows("NewExperiment", { key: "x" })).toBe(false);
    expect(allows("NewExperiment", { key: "x", groups: GROUPS, state: "rollout" })).toBe(false);
    expect(allows("ExperimentChange", { titel: "x" })).toBe(false);
    expect(allows("ExperimentChange", { groups: [{ name: "A", weight: -1 }, GROUPS[1]] })).toBe(false);
    expect(allows("ExperimentChange", { groups: [{ name: "A", weight: 0.5 }, GROUPS[1]] })).toBe(false);
    expect(allows("SettingsChange", { enabled: false })).toBe(true);
    expect(allows("NewEvent", { device_id: "d1", event: "x", more: [1] })).toBe(true);
  });
});
