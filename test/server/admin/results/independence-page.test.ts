import { describe, expect, test } from "vitest";
import type { Event } from "../../../../core/event.ts";
import { pairsOf } from "../../../../server/results/pairs.ts";
import { analysisByDefinition } from "../../rig/analysis-by-definition.ts";
import { active, inactive, NOW, openApp } from "../../rig/open-app.ts";

/** Devices exposed to several experiments, each to one group. */
function seen(devices: number, name: string, groups: Readonly<Record<string, string>>, run?: string): Event[] {
  return Array.from({ length: devices }, (_, n) =>
    Object.entries(groups).map(
      ([experiment, group]): Event => ({
        id: `${name}-${n}-${experiment}`,
        ts: NOW,
        deviceId: `${name}-${n}`,
        event: "exposure",
        source: "test",
        params: {},
        experiment,
        group,
        epoch: 1,
        ...(run === undefined ? {} : { run }),
      }),
    ),
  ).flat();
}

/** `one` and `two` cross evenly; devices in B of `one` are also in B of `three`. */
const VISITS = ["A", "B"].flatMap((one) =>
  ["A", "B"].flatMap((two) => seen(50, `${one}${two}`, { one, two, three: one })),
);

async function pairs(experiments: Parameters<typeof openApp>[0], events: readonly Event[], run: string | null = null) {
  const { log, registry } = await openApp(experiments);
  await log.append(events);
  return (await pairsOf(registry.list(), run, analysisByDefinition(log))).pairs;
}

describe("two experiments", () => {
  test("are independent, or not, by how many visitors of both have which groups", async () => {
    const found = await pairs([active("one"), active("two"), active("three", { title: "Three" })], VISITS);
    expect(found.map(({ a, b, devices, status }) => [a.key, b.key, devices, status])).toEqual([
      ["one", "two", 200, "independent"],
      ["one", "three", 200, "dependent"],
      ["two", "three", 200, "independent"],
    ]);
    expect(found[0]).toMatchObject({ cramersV: 0, pValue: 1, adjustedP: 1 });
    expect(found[1]?.cramersV).toBe(1);
    // Holm over three pairs.
    expect((found[1]?.adjustedP ?? 0) / (found[1]?.pValue ?? 1)).toBeCloseTo(3, 9);
    expect(found[1]?.b).toEqual({ key: "three", title: "Three" });
  });

  test("that are linked by equal salts depend on each other on purpose, and are no test", async () => {
    const found = await pairs([active("one"), active("two"), active("three", { salt: "one" })], VISITS);
    expect(found.map(({ status }) => status)).toEqual(["independent", "linked", "independent"]);
    expect(found[1]?.adjustedP).toBe(null);
  });

  test("that few or no visitors share are not tested", async () => {
    const found = await pairs([active("one"), active("two"), active("four")], VISITS);
    expect(found.map(({ devices, status }) => [devices, status])).toEqual([[200, "independent"]]);
  });

  test("are looked at in their present epochs, while they are on, without groups that only events have", async () => {
    const strange = seen(500, "strange", { one: "X", two: "Y" });
    const found = await pairs(
      [active("one"), active("two"), inactive("three"), active("five", { epoch: 6 })],
      [...VISITS, ...strange],
    );
    expect(found.map(({ a, b }) => `${a.key} ${b.key}`)).toEqual(["one two"]);
    expect(found[0]?.devices).toBe(200);
  });

  test("of a run are of its visitors alone", async () => {
    const found = await pairs(
      [active("one"), active("two")],
      [...VISITS, ...seen(10, "run", { one: "A", two: "A" }, "r")],
      "r",
    );
    expect(found).toMatchObject([{ devices: 10, status: "untested" }]);
    // With 9 no table could be significant.
    const visits = [...VISITS, ...seen(9, "run", { one: "A", two: "A" }, "r")];
    expect(await pairs([active("one"), active("two")], visits, "r")).toEqual([]);
  });
});

describe("the page", () => {
  const read = async (experiments: Parameters<typeof openApp>[0], query = "") => {
    const { app, log } = await openApp(experiments);
    await log.append(VISITS);
    const response = await app.request(`/experiments/independence${query}`);
    return { status: response.status, text: (await response.text()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ") };
  };

  test("names each pair, its visitors and whether it is independent", async () => {
    const { text } = await read([active("one"), active("three", { title: "<b>Three</b>" })]);
    expect(text).toContain("one and &lt;b&gt;Three&lt;/b&gt; 200 1 p = ");
    expect(text).toContain("Not independent");
    expect(text).toContain("One pair is not independent. Likely causes:");
  });

  test("has 50 pairs on a page, the worst first, and says how many share no visitors", async () => {
    // Each shares 40 visitors with the next, 12 of which are in both of their groups B.
    const keys = Array.from({ length: 62 }, (_, n) => `experiment_${n}`);
    const { app, log } = await openApp(keys.map((key) => active(key)));
    await log.append(
      keys.slice(1).flatMap((key, n) => {
        const before = keys[n] ?? "";
        const isWorst = n === 60;
        return [
          ...seen(20, `${key}-a`, { [before]: "A", [key]: "A" }),
          ...seen(20, `${key}-b`, { [before]: "B", [key]: isWorst ? "B" : "A" }),
          ...seen(isWorst ? 0 : 20, `${key}-c`, { [before]: n % 2 ? "A" : "B", [key]: "B" }),
        ];
      }),
    );
    const pageOf = async (page: string) => {
      const html = await (await app.request(`/experiments/independence${page}`)).text();
      return {
        html,
        rows: [...html.matchAll(/<tr><th scope="row"><a href="\/experiments\/(\w+)\//g)].map(([, key]) => key),
      };
    };
    const [first, second] = [await pageOf(""), await pageOf("?page=2")];
    expect([first.rows.length, second.rows.length]).toEqual([50, 11]);
    expect(first.rows[0]).toBe("experiment_60");
    expect(new Set([...first.rows, ...second.rows]).size).toBe(61);
    expect(first.html).toContain('rel="next" href="/experiments/independence?page=2"');
    expect(first.html).toContain("Page 1 of 2");
    expect(first.html.replace(/<[^>]*>/g, "")).toContain("1,830 pairs share fewer than 10 visitors");
  });

  test("says when there is no pair, and refuses a bad run", async () => {
    expect((await read([])).text).toContain("No experiment is on, so there is no pair.");
    expect((await read([active("one"), inactive("two")])).text).toContain("Only one experiment is on");
    expect((await read([active("one")], "?run=a+b")).status).toBe(400);
  });
});
