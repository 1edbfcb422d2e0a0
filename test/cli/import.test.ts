import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runImport } from "../../cli/import/import.ts";
import { wholeWeights } from "../../cli/import/imported.ts";
import { transition } from "../../core/transition.ts";
import { appIn } from "../server/rig/app-in.ts";
import { active, TESTER, temporaryFolder } from "../server/rig/open-app.ts";

const folder = async () => {
  const data = await temporaryFolder();
  const lines: string[] = [];
  const read = async (kind: string, content: unknown) => {
    const file = join(data, "import.file");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    await runImport({ kind, file, data }, {}, (line) => lines.push(line));
  };
  const server = async () => {
    const opened = await appIn(data, []);
    onTestFinished(() => opened.log.close());
    return opened;
  };
  return { data, lines, read, server };
};

test("a matrix of Proctor gives back its groups, numbers, payloads and shares", async () => {
  const { read, lines, server } = await folder();
  const bucket = (name: string, value: number) => ({
    name,
    value,
    description: `d${value}`,
    payload: { longValue: value },
  });
  await read("proctor", {
    audit: { version: "7" },
    tests: {
      "color tst": {
        salt: "&color",
        rule: "country == 'US'",
        buckets: [bucket("inactive", -1), bucket("control", 0), bucket("blue", 1)],
        allocations: [
          {
            rule: null,
            ranges: [
              { bucketValue: -1, length: 0.5 },
              { bucketValue: 0, length: 0.25 },
              { bucketValue: 1, length: 0.25 },
            ],
          },
        ],
        testType: "ACCOUNT",
        description: "Colours",
      },
    },
  });
  const { registry } = await server();
  expect(registry.get("color_tst")).toMatchObject({
    state: "inactive",
    control: "control",
    unit: "account",
    salt: "&color",
    layer: { name: "color_tst", from: 0, to: 5000 },
    groups: [
      { name: "control", weight: 500_000, value: 0, label: "d0", payload: 0 },
      { name: "blue", weight: 500_000, value: 1, label: "d1", payload: 1 },
    ],
  });
  expect(lines.join("\n")).toContain("its rule is to be written in CEL: country == 'US'");
});

test("features of GrowthBook and of Unleash become experiments", async () => {
  const { read, server } = await folder();
  await read("growthbook", {
    features: {
      plain: { defaultValue: true },
      button: {
        defaultValue: "a",
        rules: [{ key: "button-exp", variations: ["a", "b"], weights: [0.3, 0.7], coverage: 0.2 }],
      },
    },
  });
  await read("unleash", {
    features: [
      { name: "none", variants: [] },
      {
        name: "shop.banner",
        variants: [
          { name: "old", weight: 400, payload: { type: "json", value: '{"a":1}' } },
          { name: "new", weight: 600, payload: { type: "json", value: '{"a":2}' } },
        ],
      },
    ],
  });
  const { registry } = await server();
  expect(registry.list().map(({ key }) => key)).toEqual(["button-exp", "shop_banner"]);
  expect(registry.get("button-exp")).toMatchObject({
    groups: [
      { name: "0", weight: 300_000, payload: "a" },
      { name: "1", weight: 700_000, payload: "b" },
    ],
    layer: { from: 0, to: 2000 },
  });
  expect(registry.get("shop_banner")?.groups[1]).toEqual({ name: "new", weight: 600, payload: { a: 2 } });
});

test("assignments are kept, whatever our hash says, and a file may come twice", async () => {
  const { data, read, lines, server } = await folder();
  const before = await appIn(data, [active("color")]);
  await before.log.close();
  await before.sticky.close();
  const units = Array.from({ length: 20 }, (_, unit) => `u${unit}`);
  const rows = units.map((unit) => `color,${unit},A`);
  const csv = `experiment,device_id,group\n${rows.join("\n")}\n`;
  await read("csv", csv);
  await read("csv", csv);
  expect(lines).toEqual([
    "assignments: 20 stored, 0 were there already",
    "assignments: 0 stored, 20 were there already",
  ]);
  const { app, registry, log } = await server();
  const groupOf = async (unit: string) =>
    (await (await app.request(`/api/expgroups?device_id=${unit}`)).json()).color.group;
  await registry.update("color", (one) => {
    const groups = one.groups.map((group) => ({ ...group, weight: group.name === "A" ? 1 : 99 }));
    return transition(one, { by: "test", definition: { groups } }, TESTER.now);
  });
  for (const unit of units) expect(await groupOf(unit), unit).toBe("A");
  const { events } = await log.read({ since: null, limit: 99, where: ({ event }) => event === "exposure" });
  expect(events.every(({ source }) => source === "import")).toBe(true);
});

test("the Django platform's lists bring experiments and their users' groups", async () => {
  const { read, server } = await folder();
  await read("django", {
    experiments: [{ id: 4, name: "Button", status: "active", group_ratio: { A: 50, B: 50 }, target_metrics: ["CTR"] }],
    user_groups: [{ user_id: 17, experiment: 4, group: "B" }],
  });
  const { app } = await server();
  const answer = await app.request("/compat/django/api/experiments/4/assign-group/?user_id=17");
  expect(await answer.json()).toEqual({ group: "B" });
});

test("what is wrong is said before anything is written", async () => {
  const { read, server } = await folder();
  await expect(read("csv", "experiment,device_id,group\nnone,u1,A\n")).rejects.toThrow(
    'experiment is "none": allowed are',
  );
  await expect(read("csv", "a,b\n1,2\n")).rejects.toThrow("no column is one of experiment");
  await expect(read("proctor", {})).rejects.toThrow("a test matrix {audit, tests} is expected");
  await expect(read("unleash", "{")).rejects.toThrow("import.file");
  expect((await server()).registry.list()).toEqual([]);
});

test.each([
  [[0.333, 0.333, 0.334], 1_000_000],
  [[1, 2], 3],
  [[0.1, 0.2, 0.7], 1_000_000],
])("shares %j become whole weights", (shares, sum) => {
  expect(wholeWeights(shares).reduce((total, weight) => total + weight, 0)).toBe(sum);
});
