import { expect, test } from "vitest";
import type { Experiment } from "../../core/experiment.ts";
import type { Report } from "../../core/report/report.ts";
import { compareResults, type ResultsRead, resultsCheck } from "../../simulate/checks/results.ts";
import type { Visit } from "../../simulate/driver.ts";
import type { Observations } from "../../simulate/observations.ts";

type Goals = Experiment["goals"];

const CLICKS: Goals = [{ event: "buy", kind: "count" }];

/** Visitors of A, A and B: the first A buys twice, B clicks something else. */
const VISITS: readonly Visit[] = [
  ["A", ["buy", "buy"]],
  ["A", []],
  ["B", ["other"]],
].map(([group, clicks], index) => ({
  index,
  errors: [],
  clicks: (clicks as string[]).map((event) => ({ experiment: "button", event })),
  seen: {
    deviceId: `d${index}`,
    placeholders: [
      {
        experiment: "button",
        rendered: `<b>${group}</b>`,
        variants: ["A", "B"].map((name) => ({ group: name, html: `<b>${name}</b>` })),
        clicks: ["buy"],
      },
    ],
    historyLength: 1,
    acknowledged: true,
  },
}));

/** A server's report: devices, conversions and events by group. */
function read(
  counts: Readonly<Record<string, readonly [devices: number, conversions: number, events: number]>>,
  {
    goals = CLICKS,
    unit = "device",
    reachedAt = null,
  }: { goals?: Goals; unit?: "device" | "account"; reachedAt?: string | null } = {},
): ResultsRead {
  const rows = Object.entries(counts).map(([group, [devices, conversions, events]]) => {
    return { group, devices, conversions, events };
  });
  const report = { epochs: [1], groups: rows, goals: [{ event: "buy", groups: rows }], progress: { reachedAt } };
  return { experiment: { goals, unit }, report: report as unknown as Report };
}

function results(one: ResultsRead) {
  const claim = { state: "active", active: true, groups: { A: 50, B: 50 }, fallback: "A", control: "A" } as const;
  const observations: Observations = {
    claims: { button: claim },
    rates: new Map(),
    visits: VISITS,
    events: [],
    results: new Map([["button", one]]),
  };
  return compareResults(observations);
}

test("the server's report is compared with what visitors did, to the last device, conversion and event", () => {
  const right = results(read({ A: [2, 1, 2], B: [1, 0, 0] }));
  expect(right).toEqual({ compared: 6, wrong: 0, first: null });
  expect(resultsCheck(right)).toMatchObject({ name: "results", ok: true, tested: true });
});

test.each([
  ["a device", { A: [1, 1, 2], B: [1, 0, 0] }, "devices of A in the results are 1: there were 2"],
  ["a conversion", { A: [2, 0, 2], B: [1, 0, 0] }, "conversions to buy of A in the results are 0: there were 1"],
  ["an event", { A: [2, 1, 1], B: [1, 0, 0] }, "events buy of A in the results are 1: there were 2"],
] as const)("the results that miss %s are wrong", (_, counts, says) => {
  const wrong = results(read(counts));
  expect(wrong).toEqual({ compared: 6, wrong: 1, first: `button ${says}` });
  expect(resultsCheck(wrong)).toMatchObject({ ok: false, detail: `button ${says}` });
});

test.each([
  ["a ratio of values", [{ event: "buy", kind: "ratio", ratio: { of: "value", per: "session" } }]],
  ["a key, which clicks lack", [{ event: "buy", kind: "count", requires: "key" }]],
  ["page views", [{ page: "/thanks", kind: "count" }]],
] as const)("goals with %s are left out", (_, goals) => {
  expect(results(read({ A: [2, 0, 0], B: [1, 0, 0] }, { goals: [...goals] }))).toEqual({
    compared: 2,
    wrong: 0,
    first: null,
  });
});

test.each([
  ["count accounts", { unit: "account" }],
  ["a plan froze", { reachedAt: "2026-11-28T12:00:00.000Z" }],
] as const)("results that %s are left out, and prove nothing", (_, fields) => {
  const none = results(read({ A: [0, 0, 0], B: [0, 0, 0] }, fields));
  expect(none).toEqual({ compared: 0, wrong: 0, first: null });
  expect(resultsCheck(none)).toMatchObject({ ok: true, tested: false });
});
