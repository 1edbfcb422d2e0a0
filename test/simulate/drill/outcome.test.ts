import { describe, expect, test } from "vitest";
import { type CountedEvent, type DrillVisit, type FaultFacts, judgeFault } from "../../../simulate/drill/outcome.ts";

const FACTS: FaultFacts = { name: "kill", hit: 3, limitMs: 2000, recoveryMs: 1500 };
const VIEW: CountedEvent = { deviceId: "d1", event: "pageview" };
const EXPOSURE: CountedEvent = { deviceId: "d1", event: "exposure", experiment: "e", group: "A" };
const VISIT: DrillVisit = {
  phase: "during",
  contentMs: 1010,
  errors: [],
  reported: [VIEW, EXPOSURE, { ...VIEW, event: "click" }, { ...VIEW, event: "click" }],
  isDelivered: true,
};
const stored = (events: readonly CountedEvent[]) => events.map((event, at) => ({ ...event, id: `e-${at}` }));
const ALL = stored(VISIT.reported);

test("a fault after which every event is stored once is passed", () => {
  expect(judgeFault(FACTS, [VISIT], ALL)).toMatchObject({ ok: true, sent: 4, stored: 4, lost: 0, duplicates: 0 });
});

describe("a fault is failed by", () => {
  test.each<[string, Partial<FaultFacts>, Partial<DrillVisit>, typeof ALL, object]>([
    ["a lost event", {}, {}, ALL.slice(1), { lost: 1 }],
    ["one of two alike that is lost", {}, {}, ALL.slice(0, 3), { lost: 1 }],
    ["an event that is stored twice", {}, {}, [...ALL, ALL[0] as (typeof ALL)[0]], { duplicates: 1, unexpected: 0 }],
    ["an event of another ID that nobody sent", {}, {}, [...ALL, { ...VIEW, id: "e-9" }], { unexpected: 1 }],
    [
      "an event with another group",
      {},
      {},
      [...ALL.slice(0, 1), { ...EXPOSURE, id: "e-1", group: "B" }, ...ALL.slice(2)],
      { lost: 1, unexpected: 1 },
    ],
    ["content that came too late", {}, { contentMs: 2001 }, ALL, { longestContentMs: 2001 }],
    ["content that never came", {}, { contentMs: null }, ALL, { withoutContent: 1 }],
    ["an error of a page", {}, { errors: ["TypeError"] }, ALL, { pageErrors: ["TypeError"] }],
    ["events that were never acknowledged", {}, { isDelivered: false }, ALL, { undelivered: 1 }],
    ["hitting no request, which tries nothing", { hit: 0 }, {}, ALL, { hit: 0 }],
  ])("%s", (_, facts, visit, log, figures) => {
    const outcome = judgeFault({ ...FACTS, ...facts }, [{ ...VISIT, ...visit }], log);
    expect(outcome).toMatchObject({ ok: false, ...figures });
  });

  test("no event at all", () => {
    expect(judgeFault(FACTS, [{ ...VISIT, reported: [] }], []).ok).toBe(false);
  });
});
