import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../../core/experiment.ts";
import { transition } from "../../../../core/transition.ts";
import { active, inactive, NOW, openApp, rolledOut } from "../../rig/open-app.ts";

type Served = Awaited<ReturnType<typeof openApp>>;

const PAGE = { accept: "text/html" };
const post = (app: Served["app"], path: string, fields: Record<string, string>, headers: HeadersInit = PAGE) =>
  app.request(path, { method: "POST", body: new URLSearchParams(fields), headers });

const textOf = (page: string) => page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const read = async (app: Served["app"], path: string) =>
  textOf(await (await app.request(path, { headers: PAGE })).text());

const GROUPS: Experiment["groups"] = [
  { name: "A", weight: 1 },
  { name: "B", weight: 3, label: "Gold", html: '<b style="color:gold">B</b><script>alert(1)</script>' },
];

describe("GET /experiments/:key", () => {
  test("shows what it does, its groups with their shares, and its definition", async () => {
    const experiment = active("gold", {
      title: "White or gold",
      description: "Which colour?",
      groups: GROUPS,
      routes: ["/shop/**"],
      rule: 'language == "de"',
      layer: { name: "top", from: 0, to: 2500 },
      goals: [{ event: "signup", kind: "binary", label: "Sign-up" }],
    });
    const { app } = await openApp([experiment]);
    const text = await read(app, "/experiments/gold");
    expect(text).toContain("White or gold Running");
    expect(text).toContain("Visitors are split by the weights below and counted.");
    expect(text).toContain("A 25% weight 1 Control Fallback What it shows is in your page.");
    expect(text).toContain("B Gold 75% weight 3");
    expect(text).toContain("Goals Sign-up (signup, conversion)");
    expect(text).toContain("25%: slots 0 to 2500 of layer top");
    expect(text).toContain("Rule language == &quot;de&quot;");
  });

  test("says before the start which goal nobody has sent lately, and no longer once somebody did", async () => {
    const goals: Experiment["goals"] = [{ event: "signup", kind: "binary" }];
    const { app, log } = await openApp([inactive("draft", { goals }), active("running", { goals })]);
    const warning = "Not seen in the last day: signup . Check the name, or that your pages send it.";
    expect(await read(app, "/experiments/draft")).toContain(warning);
    expect(await read(app, "/experiments/running")).not.toContain("Not seen");
    const ts = new Date().toISOString();
    await log.append([{ id: "e1", ts, deviceId: "d", event: "signup", source: "browser", params: {} }]);
    expect(await read(app, "/experiments/draft")).not.toContain("Not seen");
  });

  test("shows a group's HTML in a frame that may do nothing, and lets its styles through", async () => {
    const { app } = await openApp([active("gold", { groups: GROUPS })]);
    const response = await app.request("/experiments/gold");
    const page = await response.text();
    expect(page).toMatch(
      /<iframe class="preview" title="What visitors of B see" sandbox="" srcdoc="[^"]*&lt;script&gt;/,
    );
    expect(page).not.toContain("<script>");
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; " +
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get("x-frame-options")).toBe("DENY");
  });

  test.each<[what: string, group: Partial<Experiment["groups"][number]>, code: string]>([
    ["HTML", { html: "<b>&amp; B</b>" }, '<pre id="permanent-code"><code>&lt;b&gt;&amp;amp; B&lt;/b&gt;</code>'],
    ["a text", { payload: "Buy <now>" }, '<pre id="permanent-code"><code>Buy &lt;now&gt;</code>'],
    ["nothing", {}, "keep what is inside <code>&lt;template data-group=&quot;B&quot;&gt;</code>"],
    ["another payload", { payload: { size: 2 } }, "Its payload is <code>{&quot;size&quot;:2}</code>"],
  ])("gives the permanent code of a rolled out group with %s", async (_, group, code) => {
    const groups = [GROUPS[0], { name: "B", weight: 1, ...group }] as Experiment["groups"];
    const { app } = await openApp([rolledOut("gold", "B", { groups })]);
    expect(await (await app.request("/experiments/gold")).text()).toContain(code);
  });

  test("of an experiment that there is not is a 404", async () => {
    const { app } = await openApp([active("gold")]);
    for (const key of ["silver", "__proto__", "gold%20", "<b>"]) {
      expect((await app.request(`/experiments/${key}`)).status, key).toBe(404);
    }
  });

  test.each([
    "",
    "/edit",
    "/history",
    "/results",
  ])("of an unknown experiment is a page that leads to the list: silver%s", async (page) => {
    const { app } = await openApp([active("gold")]);
    const response = await app.request(`/experiments/silver${page}`, { headers: { accept: "text/html" } });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toContain("text/html");
    const html = await response.text();
    expect(html).toContain("<h1>No experiment “silver”</h1>");
    expect(html).toContain('<a href="/experiments">');
  });

  test("is where the root of a server leads to", async () => {
    const { app } = await openApp([active("gold")]);
    const response = await app.request("/");
    expect([response.status, response.headers.get("location")]).toEqual([302, "/experiments"]);
  });
});

describe("POST /experiments/:key/state", () => {
  test.each<
    [what: string, before: Experiment, fields: Record<string, string>, after: Partial<Experiment>, words: string]
  >([
    ["starts", inactive("x"), { state: "active" }, { state: "active", epoch: 1 }, "“x” is running."],
    ["stops", active("x"), { state: "inactive" }, { state: "inactive", epoch: 1 }, "“x” is stopped. Everyone sees A"],
    [
      "rolls out",
      active("x"),
      { state: "rollout", rolloutGroup: "B" },
      { state: "rollout", rolloutGroup: "B" },
      "“x” is rolled out. Everyone gets B",
    ],
    [
      "rolls out another group",
      rolledOut("x", "B"),
      { state: "rollout", rolloutGroup: "A" },
      { state: "rollout", rolloutGroup: "A" },
      "“x” is rolled out. Everyone gets A",
    ],
    ["tests again", rolledOut("x", "B"), { state: "active" }, { state: "active", epoch: 2 }, "“x” is running."],
  ])("%s, and says so", async (_, before, fields, after, words) => {
    const { app, registry } = await openApp([before]);
    const response = await post(app, "/experiments/x/state", { ...fields, version: String(before.version) });
    expect(response.status).toBe(303);
    expect(registry.get("x")).toMatchObject({ ...after, updatedBy: "demo" });
    const location = response.headers.get("location") ?? "";
    expect(location).toMatch(/^\/experiments\/x\?change=\d+$/);
    expect(await read(app, location)).toContain(words);
  });

  test.each<[what: string, before: Experiment, fields: Record<string, string>, words: string]>([
    [
      "rolled out to inactive",
      rolledOut("x", "B"),
      { state: "inactive" },
      "State: “inactive” is not valid. Use rollout",
    ],
    ["a rollout to nothing", active("x"), { state: "rollout" }, "Group to roll out: It is missing."],
    ["a rollout to an unknown group", active("x"), { state: "rollout", rolloutGroup: "Z" }, "“Z” is not valid."],
  ])("refuses %s on the page, and changes nothing", async (_, before, fields, words) => {
    const { app, registry } = await openApp([before]);
    const response = await post(app, "/experiments/x/state", { ...fields, version: String(before.version) });
    expect(response.status).toBe(422);
    expect(textOf(await response.text())).toContain(words);
    expect(registry.get("x")).toEqual(before);
  });

  test("refuses slots of a layer that another active experiment has", async () => {
    const layer = { name: "top", from: 0, to: 5000 };
    const { app, registry } = await openApp([active("one", { layer }), inactive("two", { layer })]);
    const response = await post(app, "/experiments/two/state", { state: "active", version: "1" });
    expect(response.status).toBe(422);
    expect(textOf(await response.text())).toContain("which one has while it is active");
    expect(registry.get("two")?.state).toBe("inactive");
  });

  test.each([
    ["an unknown state", "x", { state: "paused" }, 422],
    ["no state", "x", {}, 422],
    ["an unknown experiment", "y", { state: "active" }, 404],
  ])("%s is refused", async (_, key, fields, status) => {
    const { app } = await openApp([inactive("x")]);
    expect((await post(app, `/experiments/${key}/state`, fields)).status).toBe(status);
  });
});

describe("when somebody was faster", () => {
  async function changedByAnother() {
    const before = active("x", { title: "Gold" });
    const { app, registry } = await openApp([before]);
    await registry.update("x", (one) => transition(one, { by: "anna", definition: { title: "Silver" } }, NOW));
    return { app, registry, version: String(before.version) };
  }

  test("nothing is done, the page shows what was changed, and can do it all the same", async () => {
    const { app, registry, version } = await changedByAnother();
    const response = await post(app, "/experiments/x/state", { state: "rollout", rolloutGroup: "B", version });
    expect(response.status).toBe(409);
    const page = await response.text();
    expect(textOf(page)).toContain("Nothing was done: since you looked at “Silver”, it was changed by anna.");
    expect(textOf(page)).toContain("Title Gold Silver");
    expect(page).toContain('<input type="hidden" name="version" value="3"/>');
    expect(page).toContain("Roll out to B anyway");
    expect(registry.get("x")).toMatchObject({ state: "active", title: "Silver", version: 3 });
  });

  test("the list's switch asks too, for what it would have done", async () => {
    const { app, registry, version } = await changedByAnother();
    const response = await post(app, "/experiments/toggle", { experiment: "x", version });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("Pause it anyway");
    await registry.update("x", (one) => transition(one, { by: "anna", state: "inactive" }, NOW));
    // The experiment already has the requested state: a second toggle would undo it.
    const again = await post(app, "/experiments/toggle", { experiment: "x", version });
    expect(again.status).toBe(409);
    expect(await again.text()).not.toContain(" anyway");
    expect(registry.get("x")?.state).toBe("inactive");
  });

  test("a program is told by a status", async () => {
    const { app, version } = await changedByAnother();
    expect((await post(app, "/experiments/x/state", { state: "inactive", version }, {})).status).toBe(412);
  });
});

describe("POST /experiments/:key/delete", () => {
  test("deletes what is off, and can bring it back", async () => {
    const { app, registry } = await openApp([inactive("x", { title: "Gold" }), inactive("y")]);
    const response = await post(app, "/experiments/x/delete", { version: "1" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments?change=3"]);
    expect(registry.list().map(({ key }) => key)).toEqual(["y"]);
    expect(await read(app, "/experiments?change=3")).toContain(
      "“Gold” is deleted. What it counted stays in the log. Undo",
    );
    await post(app, "/experiments/undo", { number: "3" });
    expect(registry.get("x")).toMatchObject({ title: "Gold", state: "inactive" });
  });

  test.each<[what: string, experiment: Experiment, fields: Record<string, string>, status: number]>([
    ["what is on", active("x"), { version: "2" }, 409],
    ["what is rolled out", rolledOut("x", "B"), { version: "3" }, 409],
    ["another version", inactive("x"), { version: "7" }, 412],
    ["what another depends on", inactive("x"), { version: "1" }, 422],
  ])("does not delete %s", async (what, experiment, fields, status) => {
    const others = what.startsWith("what another") ? [inactive("y", { dependsOn: { key: "x", group: "B" } })] : [];
    const { app, registry } = await openApp([experiment, ...others]);
    expect((await post(app, "/experiments/x/delete", fields)).status).toBe(status);
    expect(registry.get("x")).toEqual(experiment);
  });

  test("what there is not is a 404", async () => {
    const { app } = await openApp();
    expect((await post(app, "/experiments/x/delete", {})).status).toBe(404);
  });
});
