import { describe, expect, test } from "vitest";
import type { AssignedGroup } from "../../../../core/http-contract.ts";
import type { Deps } from "../../../../server/app.ts";
import { active, inactive, openApp, rolledOut } from "../../rig/open-app.ts";

type Groups = Record<string, AssignedGroup>;

const ADMIN_TOKEN = "an admin token of a real server";
const HOUR_MS = 3_600_000;
const GROUPS = [
  { name: "A", weight: 1 },
  { name: "B", weight: 0, html: "<b>B</b>", payload: { colour: "gold" } },
  { name: "Z", weight: 0, value: 7 },
];
const EXPERIMENTS = [
  inactive("draft", { groups: GROUPS }),
  active("live", { groups: GROUPS }),
  rolledOut("done", "A", { groups: GROUPS }),
  active("other"),
];

/** A real server (or the demo, by `deps`), and its answer to a device. */
async function open(deps: Partial<Deps> = { adminToken: ADMIN_TOKEN }, experiments = EXPERIMENTS) {
  const opened = await openApp(experiments, deps);
  const issue = (forces: Record<string, string>, from = Date.now()) =>
    opened.forces.issue(new Map(Object.entries(forces)), from + HOUR_MS, from);
  const ask = (force: string, parameters: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    opened.app.request(`/api/expgroups?${new URLSearchParams({ device_id: "d1", force, ...parameters })}`, { headers });
  const groups = async (...args: Parameters<typeof ask>) => (await (await ask(...args)).json()) as Groups;
  return { ...opened, issue, ask, groups };
}

describe("a preview", () => {
  test.each([
    ["draft", "inactive"],
    ["live", "active"],
    ["done", "rollout"],
  ] as const)("shows a group of the %s one with everything that belongs to it, though nobody gets it", async (key, state) => {
    const { groups, issue } = await open();
    const preview = await groups(issue({ [key]: "B" }));
    expect(preview[key]).toMatchObject({
      state,
      group: "B",
      fallback: "A",
      reason: "forced",
      value: 1,
      html: "<b>B</b>",
      payload: { colour: "gold" },
    });
    expect((await groups(issue({ [key]: "Z" })))[key]).toMatchObject({ group: "Z", value: 7, reason: "forced" });
  });

  test("of a deleted experiment does not show the next one with its key; a revert brings it back", async () => {
    const { groups, issue, registry, app } = await open();
    const token = issue({ draft: "B", live: "B" });
    const forced = async () => {
      const answer = await groups(token);
      return Object.keys(answer)
        .filter((key) => answer[key]?.reason === "forced")
        .sort();
    };
    const author = { by: "ann", now: "2026-01-31T12:00:00.000Z" };
    await registry.remove("draft", author);
    expect(await forced()).toEqual(["live"]);
    await registry.revert(registry.history.last, author);
    expect(await forced()).toEqual(["draft", "live"]);
    await registry.remove("draft", author);
    await registry.create({ key: "draft", groups: GROUPS }, author);
    expect(await forced()).toEqual(["live"]);
    const page = await app.request(`/experiments/force?force=${token}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "text/html" },
    });
    expect(await page.text()).not.toContain('name="group.draft" value="B" checked');
  });

  test("leaves the other experiments as they are", async () => {
    const { groups, issue } = await open();
    const { draft, ...usual } = await groups("");
    const { draft: forced, ...others } = await groups(issue({ draft: "B" }));
    expect(draft).toBe(undefined);
    expect(forced?.reason).toBe("forced");
    expect(others).toEqual(usual);
  });

  test("may be of several experiments, and needs no device", async () => {
    const { groups, issue } = await open();
    const answer = await groups(issue({ draft: "B", live: "Z" }), { device_id: "" });
    expect(Object.values(answer).map(({ group, reason }) => [group, reason])).toEqual([
      ["B", "forced"],
      ["Z", "forced"],
      ["", "rollout"],
      ["", "no_unit"],
    ]);
  });

  test("leaves no trace: nothing in the log, in the counters, or with the device", async () => {
    const { ask, issue, stored, log } = await open();
    const before = log.state();
    await ask(issue({ live: "B" }));
    expect(log.state()).toEqual(before);
    expect(await stored()).toEqual([]);
  });

  test("is for programs that take pictures of pages, too, which are bots otherwise", async () => {
    const { groups, issue, log } = await open();
    const headers = { "user-agent": "Mozilla/5.0 HeadlessChrome/140.0.0.0" };
    const force = issue({ draft: "B" });
    expect((await groups(force, {}, headers)).draft?.reason).toBe("forced");
    expect(log.state().bot).toBe(0);
    expect((await groups(`${force}x`, {}, headers)).live?.reason).toBe("bot");
    expect(log.state().bot).toBe(1);
  });

  test("is not counted either when the simulator shows it", async () => {
    const { groups, issue, runs, log } = await open();
    const headers = { "fairsplit-run": runs.issue(Date.now()).header };
    expect((await groups(issue({ draft: "B" }), {}, headers)).draft?.group).toBe("B");
    expect(log.state().received).toBe(0);
  });

  test("shows nothing while everything is switched off", async () => {
    const { groups, issue, registry } = await open();
    const author = { by: "test", now: new Date().toISOString() };
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), author);
    expect(await groups(issue({ draft: "B" }))).toEqual({});
  });
});

describe("a visit is an ordinary one, which counts, with", () => {
  const cases: [what: string, force: (issue: (forces: Record<string, string>, from?: number) => string) => string][] = [
    ["nothing", () => ""],
    ["no signature", () => "draft:B"],
    ["nonsense", () => "B"],
    ["a token that has ended", (issue) => issue({ draft: "B" }, Date.now() - HOUR_MS)],
    ["a token with one character more", (issue) => `${issue({ draft: "B" })}A`],
    ["a token that lacks its end", (issue) => issue({ draft: "B" }).slice(0, -4)],
    ["a token of a group that is gone", (issue) => issue({ draft: "C" })],
    ["a token of an experiment that is gone", (issue) => issue({ gone: "B" })],
  ];
  test.each(cases)("%s", async (_, force) => {
    const { ask, issue, stored } = await open();
    const given = force(issue);
    const answer = await ask(given);
    const reasons = Object.values((await answer.json()) as Groups).map(({ reason }) => reason);
    expect(reasons).toEqual(["hash", "rollout", "hash"]);
    expect((await stored()).map(({ event }) => event)).toEqual(["exp_groups"]);
  });
});

describe("without a signature", () => {
  test("the demo shows any group", async () => {
    const { groups, stored } = await open({});
    const answer = await groups("draft:B,live:Z,gone:A,other:none");
    expect(Object.values(answer).map(({ group, reason }) => [group, reason])).toEqual([
      ["B", "forced"],
      ["Z", "forced"],
      ["A", "rollout"],
      [expect.stringMatching(/^[AB]$/), "hash"],
    ]);
    expect(await stored()).toEqual([]);
  });

  test("the demo counts a visit whose groups are all unknown", async () => {
    const { groups, stored } = await open({});
    await groups("gone:A");
    expect((await stored()).map(({ event }) => event)).toEqual(["exp_groups"]);
  });
});

test("what a preview opens is shown with it, and not counted", async () => {
  const { groups, issue, stored } = await open({ adminToken: ADMIN_TOKEN }, [
    active("first", { groups: GROUPS }),
    active("second", { dependsOn: { key: "first", group: "B" } }),
  ]);
  expect((await groups("")).second?.reason).toBe("dependency");
  expect((await groups(issue({ first: "B" }))).second?.reason).toBe("forced");
  expect((await stored()).length).toBe(1);
});
