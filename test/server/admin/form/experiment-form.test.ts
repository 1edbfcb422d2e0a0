import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../../core/experiment.ts";
import { transition } from "../../../../core/transition.ts";
import { fieldsOf, formOf, NEW_FORM } from "../../../../server/admin/form/fields.ts";
import { active, inactive, NOW, openApp, rolledOut } from "../../rig/open-app.ts";

type Served = Awaited<ReturnType<typeof openApp>>;
type Fields = Record<string, string>;

const PAGE = { accept: "text/html" };
const textOf = (page: string) => page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const attribute = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Sends a form like a browser, with some fields changed. */
function send(app: Served["app"], path: string, begun: [string, string][], filled: Fields): Promise<Response> {
  const fields = new URLSearchParams(begun);
  for (const [name, value] of Object.entries(filled)) fields.set(name, value);
  return Promise.resolve(app.request(path, { method: "POST", body: fields, headers: PAGE }));
}

const create = (app: Served["app"], filled: Fields) => send(app, "/experiments/new", fieldsOf(NEW_FORM), filled);
const edit = (app: Served["app"], experiment: Experiment, filled: Fields) =>
  send(app, `/experiments/${experiment.key}/edit`, fieldsOf(formOf(experiment)), {
    version: String(experiment.version),
    ...filled,
  });

/** The fields of a page's form, as a browser would send them. */
function fieldsIn(page: string): Map<string, string> {
  const decode = (text: string) =>
    text
      .replaceAll("&quot;", '"')
      .replaceAll("&#39;", "'")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&");
  const inputs = [
    ...page.matchAll(/<input(?=[^>]*type="hidden"|(?![^>]*type="(?:radio|checkbox)"))[^>]*? name="([^"]*)"[^>]*>/g),
  ];
  const areas = [...page.matchAll(/<textarea[^>]* name="([^"]*)"[^>]*>\n?([^<]*)<\/textarea>/g)];
  return new Map([
    ...inputs.map(([input, name = ""]): [string, string] => [name, decode(/ value="([^"]*)"/.exec(input)?.[1] ?? "")]),
    ...areas.map(([, name = "", value = ""]): [string, string] => [name, decode(value)]),
  ]);
}

describe("creating", () => {
  test("makes an experiment that is off, with a key from its title, and says so", async () => {
    const { app, registry } = await openApp();
    const response = await create(app, {
      title: " Größe des Knopfs ",
      "groups[1].html": "<b>B</b>\r\n",
      "groups[1].payload": '{"size": 2}',
      traffic: "share",
      share: "25",
    });
    expect([response.status, response.headers.get("location")]).toEqual([
      303,
      "/experiments/groesse_des_knopfs?change=1",
    ]);
    expect(registry.list()).toEqual([
      {
        ...inactive("groesse_des_knopfs", {
          title: "Größe des Knopfs",
          groups: [
            { name: "A", weight: 50 },
            { name: "B", weight: 50, html: "<b>B</b>\n", payload: { size: 2 } },
          ],
          layer: { name: "groesse_des_knopfs", from: 0, to: 2500 },
          goals: [{ event: "button_click", kind: "binary", window: "1d" }],
        }),
        updatedAt: expect.any(String),
        updatedBy: "demo",
      },
    ]);
  });

  test.each([
    ["taken", "Gold", ["gold"], "gold_2"],
    ["taken twice", "Gold", ["gold", "gold_2"], "gold_3"],
    ["a page's name", "New!", [], "new_2"],
  ])("finds another key when the title's is %s", async (_, title, taken, key) => {
    const { app, registry } = await openApp(taken.map((other) => inactive(other)));
    await create(app, { title });
    expect(registry.get(key)?.title).toBe(title);
  });

  test.each<[what: string, filled: Fields, words: string, place: string]>([
    ["nothing", {}, "Key: It is missing.", "key"],
    ["a title without a letter", { title: "标题" }, "Key: It is missing.", "key"],
    ["a key that is taken", { key: "gold" }, "Key: “gold” is not valid.", "key"],
    ["a key that is a page", { key: "settings" }, "another key than calculator, force, history, independence", "key"],
    ["a key that is none", { key: "9 lives" }, "Key: “9 lives” is not valid.", "key"],
    [
      "a weight of letters",
      { key: "x", "groups[1].weight": "x" },
      "Group “B”, weight: “x” is not valid.",
      "groups-1-weight",
    ],
    ["a rule that is none", { key: "x", rule: "path = 1" }, "(at character 6: Unexpected character: =)", "rule"],
    [
      "too large a share",
      { key: "x", traffic: "share", share: "200" },
      "Share of traffic: “200” is not valid.",
      "share",
    ],
    [
      "an unknown experiment",
      { key: "x", dependsOn: "no:B" },
      "Depends on, experiment: “no” is not valid.",
      "dependsOn",
    ],
    ["an unknown group", { key: "x", dependsOn: "gold:Z" }, "Depends on, group: “Z” is not valid.", "dependsOn"],
    [
      "a payload that is none",
      { key: "x", "groups[0].payload": "{" },
      "Group “A”, payload: “{” is not valid.",
      "groups-0-payload",
    ],
    ["no goal's event", { key: "x", "goals[0].event": "" }, "Goal 1, event: It is missing.", "goals-0-event"],
    [
      "only zeros",
      { key: "x", "groups[0].weight": "0", "groups[1].weight": "0" },
      "Groups: This is not valid.",
      "groups",
    ],
    ["a path that is none", { key: "x", routes: "/a\nb" }, "Page 2: “b” is not valid.", "routes"],
  ])("refuses %s, leads to the field, keeps what was entered, and changes nothing", async (_, filled, words, place) => {
    const { app, registry } = await openApp([inactive("gold")]);
    const response = await create(app, { description: "Kept & safe", ...filled });
    expect(response.status).toBe(422);
    const page = await response.text();
    expect(textOf(page).replaceAll("&quot;", '"')).toContain(words);
    expect(page).toContain(`<li><a href="#${place}">`);
    expect(page).toMatch(new RegExp(`id="${place}"`));
    const kept = fieldsIn(page);
    for (const [name, value] of Object.entries({ description: "Kept & safe", ...filled })) {
      if (kept.has(name)) expect(kept.get(name), name).toBe(value);
    }
    expect(registry.list().map(({ key }) => key)).toEqual(["gold"]);
  });

  test("says beside a field what is wrong with it, for everyone", async () => {
    const { app } = await openApp();
    const page = await (await create(app, { key: "x", "groups[1].weight": "-1" })).text();
    expect(page).toMatch(
      /<input id="groups-1-weight"[^>]*aria-invalid="true" aria-describedby="groups-1-weight-error"/,
    );
    expect(page).toContain('<p class="error" id="groups-1-weight-error">“-1” is not valid.');
  });

  test.each<[action: string, there: string[], gone: string[]]>([
    ["add-group", ["groups[2].name", "groups[2].weight"], []],
    ["add-goal", ["goals[1].event"], []],
    ["add-weights", ["allocations[0].weights[1].weight"], []],
    ["remove-group:0", ["groups[0].name"], ["groups[1].name"]],
  ])("%s changes the form and nothing else, however wrong the rest is", async (action, there, gone) => {
    const { app, registry } = await openApp();
    const response = await create(app, { action, title: "T", rule: "(" });
    expect(response.status).toBe(200);
    const fields = fieldsIn(await response.text());
    for (const name of there) expect(fields.has(name), name).toBe(true);
    for (const name of gone) expect(fields.has(name), name).toBe(false);
    expect([fields.get("title"), fields.get("rule")]).toEqual(["T", "("]);
    expect(registry.list()).toEqual([]);
  });

  test("a preview shows what visitors would see, the shares, and where the rule is wrong, and saves nothing", async () => {
    const { app, registry } = await openApp();
    const response = await create(app, {
      action: "check",
      key: "x",
      rule: "path = 1",
      "groups[1].weight": "150",
      "groups[1].html": '<img src=x onerror="alert(1)">',
      traffic: "share",
      share: "10",
      "plan.baseline": "10",
      "plan.lift": "20",
    });
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain(`sandbox="" srcdoc="&lt;!doctype html&gt;`);
    expect(page).not.toContain("<img");
    expect(page).toContain('<strong>75%</strong> <span class="hint">7.5% of all visitors</span>');
    expect(page).toContain("✗ at character 6");
    expect(page).toContain("path <mark>=</mark> 1");
    expect(textOf(page)).toContain("10,400 visitors have to take part, of 104,000 who come: A 2,600, B 7,800.");
    expect(registry.list()).toEqual([]);
  });
});

describe("editing", () => {
  test("begins with what the experiment is", async () => {
    const experiment = inactive("x", {
      title: `"Gold" & <b>`,
      groups: [
        { name: "A", weight: 1, html: "\n<p>\n" },
        { name: "B", weight: 2, payload: { a: [1, "</textarea>"] } },
      ],
      rule: 'path == "/<script>"',
    });
    const { app } = await openApp([experiment]);
    const response = await app.request("/experiments/x/edit");
    const page = await response.text();
    const begun = new Map(fieldsOf(formOf(experiment)));
    for (const [name, value] of fieldsIn(page)) {
      if (begun.has(name)) expect(value, name).toBe(begun.get(name));
    }
    expect(page).toContain(`value="${attribute(experiment.title)}"`);
    expect(page).not.toContain("<script>");
    expect(textOf(page)).toContain("Nothing is changed yet.");
  });

  test("saves what is off, or changes nobody's group, at once", async () => {
    const [off, on] = [inactive("off"), active("on")];
    const { app, registry } = await openApp([off, on]);
    const saved = await edit(app, off, { "groups[1].weight": "60", title: "Off" });
    expect([saved.status, saved.headers.get("location")]).toEqual([303, "/experiments/off?change=3"]);
    expect(registry.get("off")).toMatchObject({ title: "Off", groups: [{ weight: 50 }, { weight: 60 }], version: 2 });
    expect((await edit(app, on, { "groups[1].html": "<b>" })).status).toBe(303);
    expect(registry.get("on")).toMatchObject({ epoch: 1, version: 3, groups: [{ name: "A" }, { html: "<b>" }] });
  });

  test("of nothing saves nothing", async () => {
    const experiment = active("x");
    const { app, registry } = await openApp([experiment]);
    const response = await edit(app, experiment, {});
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments/x"]);
    expect(registry.get("x")).toEqual(experiment);
    expect(registry.history.last).toBe(1);
  });

  test("asks before a new epoch, with the share of devices that moves, and keeps all that was entered", async () => {
    const experiment = active("x", { sticky: false });
    const { app, registry } = await openApp([experiment]);
    const asked = await edit(app, experiment, { "groups[0].weight": "51", description: 'a "b"\nc' });
    expect(asked.status).toBe(200);
    const page = await asked.text();
    expect(textOf(page)).toContain("The hash gives 50% of the visitors another group; at least 0.5% have to change");
    expect(textOf(page)).toContain("Nothing keeps them in their group: it is not sticky.");
    expect(textOf(page)).toContain("A new period begins.");
    expect(textOf(page)).toContain("Group “A”, weight 50 51");
    expect(registry.get("x")).toEqual(experiment);
    const carried = [...fieldsIn(page)];
    const back = await send(app, "/experiments/x/edit", carried, { action: "back" });
    expect(fieldsIn(await back.text()).get("groups[0].weight")).toBe("51");
    const saved = await send(app, "/experiments/x/edit", carried, { action: "confirm" });
    expect(saved.status).toBe(303);
    expect(registry.get("x")).toMatchObject({
      epoch: 2,
      description: 'a "b"\nc',
      groups: [{ weight: 51 }, { weight: 50 }],
    });
  });

  test("says that known devices keep their group where it is sticky", async () => {
    const experiment = active("x");
    const { app } = await openApp([experiment]);
    const page = await (await edit(app, experiment, { "groups[0].weight": "51", action: "check" })).text();
    expect(textOf(page)).toContain("Known visitors keep their group and are counted as before");
  });

  test.each<[what: string, before: Experiment, filled: Fields, words: string]>([
    ["what nobody can be split by", active("x"), { "groups[0].weight": "-5" }, "Group “A”, weight: “-5” is not valid."],
    ["the group that everyone gets, taken away", rolledOut("x", "B"), { "groups[1].name": "C" }, "Group to roll out"],
    ["a circle", inactive("x"), { dependsOn: "y:A" }, "Depends on, experiment"],
  ])("refuses %s, and changes nothing", async (_, before, filled, words) => {
    const { app, registry } = await openApp([before, inactive("y", { dependsOn: { key: "x", group: "A" } })]);
    const response = await edit(app, before, filled);
    expect(response.status).toBe(422);
    expect(textOf(await response.text())).toContain(words);
    expect(registry.get("x")).toEqual(before);
  });

  describe("of a plan", () => {
    const plan = { devices: 7682, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 };

    test("before it starts makes it anew, also for other weights", async () => {
      const { app, registry } = await openApp([inactive("x")]);
      await edit(app, inactive("x"), { "plan.baseline": "10", "plan.lift": "20" });
      expect(registry.get("x")?.plan).toEqual(plan);
      await edit(app, registry.get("x") as Experiment, { "groups[1].weight": "150" });
      expect(registry.get("x")?.plan).toEqual({ ...plan, devices: 10_400 });
    });

    test("while it is active is refused at its field; other weights leave the plan as it is", async () => {
      const running = active("x", { plan });
      const { app, registry } = await openApp([running]);
      const refused = await edit(app, running, { "plan.lift": "10" });
      expect(refused.status).toBe(422);
      expect(textOf(await refused.text())).toContain("the one that it has while it is active: stop the experiment");
      expect((await edit(app, running, { "groups[1].weight": "150", action: "confirm" })).status).toBe(303);
      expect(registry.get("x")).toMatchObject({ plan, epoch: 2 });
    });
  });

  test("cannot change the key", async () => {
    const experiment = inactive("x");
    const { app, registry } = await openApp([experiment]);
    await edit(app, experiment, { key: "y", title: "T" });
    expect(registry.list().map(({ key, title }) => [key, title])).toEqual([["x", "T"]]);
  });

  test("what there is not is a 404", async () => {
    const { app } = await openApp();
    expect((await app.request("/experiments/x/edit")).status).toBe(404);
    expect((await app.request("/experiments/x/edit", { method: "POST" })).status).toBe(404);
  });
});

describe("when somebody saved first", () => {
  async function twoTabs(theirs: Partial<Experiment>) {
    const experiment = active("x", { title: "Gold" });
    const { app, registry } = await openApp([experiment]);
    await registry.update("x", (one) => transition(one, { by: "anna", definition: theirs }, NOW));
    return { app, registry, experiment };
  }

  test("nothing is overwritten: the page shows both, and the form goes on with both", async () => {
    const { app, registry, experiment } = await twoTabs({ description: "Theirs", title: "Silver" });
    const response = await edit(app, experiment, { title: "Bronze", rule: 'path == "/"' });
    expect(response.status).toBe(409);
    const page = await response.text();
    expect(textOf(page)).toContain("while you edited “Silver”, anna changed it");
    expect(textOf(page)).toContain("Both of you changed Title. The form has what you entered.");
    expect(textOf(page)).toMatch(/What they changed .* Title Gold Silver Description empty Theirs/);
    expect(textOf(page)).toMatch(/What you entered .* Title Gold Bronze Rule everybody path == &quot;\/&quot;/);
    expect(registry.get("x")).toMatchObject({ title: "Silver", version: 3 });
    const carried = [...fieldsIn(page)];
    const again = await send(app, "/experiments/x/edit", carried, { action: "back" });
    expect(again.status).toBe(200);
    const fields = fieldsIn(await again.text());
    expect([fields.get("title"), fields.get("description"), fields.get("version")]).toEqual(["Bronze", "Theirs", "3"]);
    await send(app, "/experiments/x/edit", carried, { action: "confirm" });
    expect(registry.get("x")).toMatchObject({
      title: "Bronze",
      description: "Theirs",
      rule: 'path == "/"',
      version: 4,
    });
  });

  test("also when what was entered cannot be saved, or is only to be checked", async () => {
    const { app, registry, experiment } = await twoTabs({ title: "Silver" });
    for (const action of ["save", "confirm", "check", "back", "add-group", "remove-group:0"]) {
      const response = await edit(app, experiment, { "groups[1].weight": "many", action });
      expect(response.status, action).toBe(409);
      expect(textOf(await response.text())).toContain("Group “B”, weight 50 many");
    }
    expect(registry.get("x")?.version).toBe(3);
  });

  test.each(["1", "99", "x", ""])("version %j, which the history does not have, is another's too", async (version) => {
    const experiment = active("x");
    const { app, registry } = await openApp([experiment]);
    const response = await edit(app, experiment, { version, title: "T" });
    expect(response.status).toBe(409);
    expect(textOf(await response.text())).toMatch(/What you entered .* Title x T/);
    expect(registry.get("x")).toEqual(experiment);
  });

  test("of two tabs that save at once, one is asked", async () => {
    const experiment = inactive("x");
    const { app, registry } = await openApp([experiment]);
    const answers = await Promise.all(["One", "Two"].map((title) => edit(app, experiment, { title })));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409]);
    expect(registry.get("x")?.version).toBe(2);
  });
});
