import { describe, expect, test } from "vitest";
import type { Report } from "../../../core/report/report.ts";
import { transition } from "../../../core/transition.ts";
import { Results } from "../../../server/results/results.ts";
import { analysisByDefinition } from "../rig/analysis-by-definition.ts";
import { active, inactive, NOW, openApp, TESTER } from "../rig/open-app.ts";
import { visitsOf } from "../rig/visits-of.ts";

type Served = Awaited<ReturnType<typeof openApp>>;

const KEY = "headline_test";
const AB = [
  { group: "A", devices: 2000, converted: 200 },
  { group: "B", devices: 2000, converted: 320 },
];

async function ask({ app }: Pick<Served, "app">, query = "", key = KEY) {
  const response = await app.request(`/api/admin/experiments/${key}/results${query}`);
  return { status: response.status, body: await response.json() };
}

const reportOf = async (served: Pick<Served, "app">, query = ""): Promise<Report> => {
  const { status, body } = await ask(served, query);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const devicesOf = ({ goals }: Report) => goals[0]?.groups.map(({ group, devices }) => [group, devices]);

/** Changes the experiment of a served app. */
const change = ({ registry }: Served, what: Partial<Parameters<typeof transition>[1]>) =>
  registry.update(KEY, (before) => transition(before, { ...TESTER, ...what }, NOW));

describe("the results of an experiment", () => {
  test("are the report of what the log holds", async () => {
    const served = await openApp([active(KEY, { title: "Headline" })]);
    await served.log.append(visitsOf(KEY, AB));
    const found = await reportOf(served);
    expect(found).toMatchObject({ experiment: { key: KEY, title: "Headline" }, epoch: 1, epochs: [1], run: null });
    expect(devicesOf(found)).toEqual([
      ["A", 2000],
      ["B", 2000],
    ]);
    expect(found.verdict.words).toBe("B is better");
    expect(found.goals[0]?.groups[1]?.rate).toBe(0.16);
  });

  test("say which windows and caps were changed while the epoch ran, and in no other epoch", async () => {
    const goals = (more: object) => [
      { event: "button_click", kind: "binary", window: "1h", ...more } as const,
      { event: "purchase", kind: "value", label: "Sales" } as const,
    ];
    const served = await openApp([active(KEY, { goals: goals({}) })]);
    await served.log.append(visitsOf(KEY, AB));
    expect((await reportOf(served)).verdict.notes.join(" ")).not.toContain("was changed");
    await change(served, { definition: { goals: goals({ window: "2h" }) } });
    await change(served, {
      definition: { goals: [goals({ window: "2h" })[0], { ...goals({})[1], cap: 500 }] as never },
    });
    const { epoch, verdict } = await reportOf(served);
    expect(epoch).toBe(1);
    expect(verdict.notes.filter((note) => note.includes("was changed"))).toEqual([
      `The conversion window of “button_click” was changed on ${NOW.slice(0, 10)}, after the start.`,
      `The cap of “Sales” was changed on ${NOW.slice(0, 10)}, after the start.`,
    ]);
    await change(served, { state: "inactive" });
    await change(served, { state: "active" });
    expect((await reportOf(served)).verdict.notes.join(" ")).not.toContain("was changed");
  });

  test("are there before anybody came, and before it was ever started", async () => {
    for (const experiment of [active(KEY), inactive(KEY)]) {
      const found = await reportOf(await openApp([experiment]));
      expect(found).toMatchObject({ epoch: experiment.epoch, epochs: [], from: null });
      expect(found.verdict.words).toBe("Waiting for visitors");
    }
  });

  test("of an epoch have the weights and goals that it had, and not those of later or of when it was off", async () => {
    const served = await openApp([active(KEY)]);
    await served.log.append(visitsOf(KEY, AB, { from: "2026-01-30" }));
    await change(served, { state: "inactive" });
    const goals = [{ event: "purchase", kind: "binary" } as const];
    const weights = (a: number, b: number) => [
      { name: "A", weight: a },
      { name: "B", weight: b },
    ];
    await change(served, { definition: { goals, groups: weights(1, 9), title: "Another title" } });
    expect((await reportOf(served)).goals[0]?.event).toBe("button_click");
    await change(served, { state: "active" });
    await change(served, { definition: { groups: weights(3, 1) } });
    await served.log.append(
      visitsOf(
        KEY,
        [
          { group: "A", devices: 30, converted: 3 },
          { group: "B", devices: 10, converted: 1 },
        ],
        { epoch: 3, goal: "purchase" },
      ),
    );
    const [now, first] = [await reportOf(served), await reportOf(served, "?epoch=1")];
    expect(now).toMatchObject({ epoch: 3, epochs: [1, 3], experiment: { title: "Another title" } });
    expect(now.goals[0]).toMatchObject({ event: "purchase", groups: [{ conversions: 3 }, { conversions: 1 }] });
    expect(now.health.split.groups.map(({ expectedShare }) => expectedShare)).toEqual([0.75, 0.25]);
    expect(first).toMatchObject({ epoch: 1, epochs: [1, 3] });
    expect(first.goals[0]).toMatchObject({
      event: "button_click",
      groups: [{ conversions: 200 }, { conversions: 320 }],
    });
    expect(first.health.split.mismatch).toBe(false);
    expect(first.progress.sentences.join(" ")).toContain("not running");
    expect((await reportOf(served, "?epoch=2")).verdict.words).toBe("Waiting for visitors");
  });

  test("leave the visitors of a run out, and are of them alone when it is asked for", async () => {
    const served = await openApp([active(KEY)]);
    await served.log.append([
      ...visitsOf(KEY, AB),
      ...visitsOf(KEY, [{ group: "A", devices: 7, converted: 1 }], { run: "run_1" }),
    ]);
    expect(devicesOf(await reportOf(served))).toEqual([
      ["A", 2000],
      ["B", 2000],
    ]);
    expect(devicesOf(await reportOf(served, "?run=run_1"))).toEqual([
      ["A", 7],
      ["B", 0],
    ]);
    expect(await reportOf(served, "?run=run_1")).toMatchObject({ run: "run_1" });
    expect(devicesOf(await reportOf(served, "?run="))?.[0]).toEqual(["A", 2000]);
  });

  test("lead on their page to those of the last runs, which are said to be simulated", async () => {
    const served = await openApp([active(KEY)]);
    const open = async (query = "") => (await served.app.request(`/experiments/${KEY}/results${query}`)).text();
    expect(await open()).not.toContain("Simulated visitors");
    const issued = Array.from({ length: 7 }, (_, n) => served.runs.issue(Date.parse(NOW) + n).run);
    await served.log.append(visitsOf(KEY, AB, { run: issued[6] as string }));
    const page = await open();
    expect(page).toContain("Simulated visitors are left out.");
    const links = [...page.matchAll(/href="\/experiments\/headline_test\/results\?epoch=1&amp;run=([^"]*)"/g)];
    expect(links.map(([, run]) => run)).toEqual(issued.toReversed().slice(0, 5));
    const ofRun = await open(`?run=${issued[6]}`);
    expect(ofRun).toContain(`Only simulated visitors, of the run <code>${issued[6]}</code>`);
    expect(ofRun).toContain("B is better");
  });

  test("say how many bots and rejected events were left out, and nothing of that for a run", async () => {
    const served = await openApp([active(KEY)]);
    served.log.drop("bot", 3);
    expect((await reportOf(served)).health.leftOut).toEqual({ bots: 3, rejected: 0, refused: 0 });
    expect((await reportOf(served, "?run=r")).health.leftOut).toEqual({ bots: null, rejected: null, refused: null });
  });

  test("have no more days than the experiment, however many somebody makes up; who comes then counts", async () => {
    const served = await openApp([active(KEY)]);
    const day = (from: string) => new Date(from).toISOString();
    const visits = visitsOf(KEY, [{ group: "A", devices: 400, converted: 40 }]);
    const made = visits.map((event, n) => ({ ...event, ts: day(`${1000 + n}-06-01`) }));
    const unknown = visitsOf(KEY, [{ group: "X", devices: 3, converted: 0 }], { from: "1999-01-01" });
    await served.log.append([...made, ...visitsOf(KEY, [{ group: "B", devices: 9, converted: 1 }]), ...unknown]);
    const { days, otherDays, progress, goals } = await reportOf(served);
    expect(days.map((one) => one.day)).toEqual(["2026-01-31"]);
    expect([otherDays, progress.devices]).toEqual([400, 409]);
    expect(goals[0]?.groups.map(({ devices, conversions }) => [devices, conversions])).toEqual([
      [400, 40],
      [9, 1],
    ]);
  });

  test("count what somebody makes up together, however many names and epochs it has", async () => {
    const served = await openApp([active(KEY)]);
    const visits = visitsOf(KEY, [{ group: "A", devices: 400, converted: 0 }]);
    const made = visits.map((event, n) => ({
      ...event,
      id: `made-up-${n}`,
      deviceId: `made-up-${n}`,
      ...(n % 2 === 0 ? { group: `made up ${n}` } : { epoch: 100 + n }),
    }));
    await served.log.append([...made, ...visitsOf(KEY, AB)]);
    const { health, epochs, progress } = await reportOf(served);
    expect(health.unknownGroups).toEqual([{ group: "", devices: 200 }]);
    expect(health.problems.map(({ text }) => text)).toContain(
      "200 visitors left out, of groups that the experiment does not have.",
    );
    expect([epochs, progress.devices]).toEqual([[1], 4000]);
  });

  test("are never of an epoch that only events speak of", async () => {
    const served = await openApp([active(KEY)]);
    await served.log.append([...visitsOf(KEY, AB), ...visitsOf(KEY, AB, { epoch: 99 })]);
    expect((await reportOf(served)).epochs).toEqual([1]);
    expect(await ask(served, "?epoch=99")).toMatchObject({
      status: 400,
      body: { detail: "epoch is 99: allowed are those that the experiment had, 1" },
    });
  });

  test.each([
    ["?epoch=1.5", "epoch"],
    ["?epoch=-1", "epoch"],
    ["?epoch=x", "epoch"],
    ["?epoch=9999999999999999", "epoch"],
    ["?run=a+b", "run"],
    [`?run=${"x".repeat(65)}`, "run"],
    ["?run=%00", "run"],
    ["?format=xml", "format"],
  ])("refuse %s, naming what is wrong", async (query, name) => {
    const { status, body } = await ask(await openApp([active(KEY)]), query);
    expect(status).toBe(400);
    expect(body.detail).toMatch(new RegExp(`^${name} is ".*": allowed`));
  });

  test("of an unknown experiment are not found", async () => {
    expect((await ask(await openApp([active(KEY)]), "", "other")).status).toBe(404);
  });
});

describe("as CSV", () => {
  const cellsOf = (csv: string) =>
    csv
      .trimEnd()
      .split("\r\n")
      .map((line) => [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell = ""]) => cell.replaceAll('""', '"')));

  test("are a table with a row for each goal and group, whose numbers stay numbers", async () => {
    const served = await openApp([
      active(KEY, {
        title: "=1+1",
        groups: [
          { name: "@A", weight: 1 },
          { name: "-B", weight: 1 },
        ],
      }),
    ]);
    await served.log.append(
      visitsOf(KEY, [
        { group: "@A", devices: 2000, converted: 320 },
        { group: "-B", devices: 2000, converted: 200 },
      ]),
    );
    const response = await served.app.request(`/api/admin/experiments/${KEY}/results?format=csv`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${KEY}-epoch-1.csv"`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from("\ufeff"));
    const [header = [], ...rows] = cellsOf(bytes.toString().slice(1));
    const table = rows.map((row) => Object.fromEntries(row.map((cell, place) => [header[place], cell])));
    expect(table).toMatchObject([
      { title: "'=1+1", group: "'@A", control: "true", devices: "2000", rate: "0.16", lift: "" },
      { title: "'=1+1", group: "'-B", control: "false", devices: "2000", rate: "0.1", lift: "-0.375" },
    ]);
  });
});

describe("what is kept", () => {
  /** The results of an app, with the test's clock and a count of the log's analyses. */
  async function keep() {
    const served = await openApp([active(KEY)]);
    let now = Date.parse(NOW);
    let counted = 0;
    const definition = analysisByDefinition(served.log);
    const analysis = {
      ...definition,
      tally: (...asked: Parameters<typeof definition.tally>) => {
        counted += 1;
        return definition.tally(...asked);
      },
    };
    const results = new Results({ registry: served.registry, log: served.log, analysis, now: () => now });
    return { ...served, served, results, counted: () => counted, pass: (ms: number) => (now += ms) };
  }

  test("is counted once while nothing changes, and anew when the log or the experiment has", async () => {
    const { results, log, counted, served, pass } = await keep();
    await log.append(visitsOf(KEY, AB));
    const [first] = await Promise.all([results.of(KEY), results.of(KEY)]);
    expect(await results.of(KEY)).toBe(first);
    expect(counted()).toBe(1);
    await log.append(visitsOf("another", AB));
    expect(await results.of(KEY)).toEqual(first);
    expect(counted()).toBe(2);
    await change(served, { definition: { title: "Another title" } });
    expect((await results.of(KEY))?.experiment.title).toBe("Another title");
    expect(counted()).toBe(3);
    pass(60_000);
    expect((await results.of(KEY))?.asOf).not.toBe(first?.asOf);
    expect(counted()).toBe(4);
  });

  test("is not a failure: the next one asks again", async () => {
    const { registry, log } = await openApp([active(KEY)]);
    const analysis = analysisByDefinition(log);
    let fails = true;
    const tally: typeof analysis.tally = (...asked) => {
      return fails ? Promise.reject(new Error("the disk")) : analysis.tally(...asked);
    };
    const results = new Results({ registry, log, analysis: { ...analysis, tally } });
    await expect(results.of(KEY)).rejects.toThrow("the disk");
    fails = false;
    expect((await results.of(KEY))?.verdict.kind).toBe("waiting");
  });

  test("for lists is the last one known, and a newer one is made in the background now and then", async () => {
    const { results, log, counted, served, pass } = await keep();
    expect(results.latest(KEY)).toBe(null);
    expect(results.latest(KEY)).toBe(null);
    await results.settled();
    expect(counted()).toBe(1);
    expect(results.latest(KEY)?.verdict.kind).toBe("waiting");
    await log.append(visitsOf(KEY, AB));
    expect(results.latest(KEY)?.verdict.kind).toBe("waiting");
    expect(counted()).toBe(1);
    pass(5000);
    expect(results.latest(KEY)?.verdict.kind).toBe("waiting");
    await results.settled();
    expect(results.latest(KEY)?.verdict.kind).toBe("better");
    // Counts of another epoch do not describe the current experiment.
    await change(served, { state: "inactive" });
    await change(served, { state: "active" });
    expect(results.latest(KEY)).toBe(null);
    await results.settled();
    expect(results.latest(KEY)).toMatchObject({ epoch: 2, verdict: { kind: "waiting" } });
  });
});
