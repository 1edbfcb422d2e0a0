import { describe, expect, test } from "vitest";
import { type Goal, Goals, roleOf } from "../../core/goal.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import { windowMs } from "../../core/window.ts";

const goal = (more: object) => JSON.parse(JSON.stringify({ event: "order", kind: "value", ...more }));

test("a definition of before there were windows stays as it is", () => {
  const goals = [{ event: "button_click", kind: "binary" }, goal({ label: "Order" })];
  expect(parse(Goals, goals)).toEqual(goals);
});

test.each<[string, object[]]>([
  ["a window", [goal({ window: "5m" }), goal({ window: "90d" }), goal({ window: "2160h" }), goal({ window: null })]],
  ["a cap", [goal({ cap: 500 }), goal({ cap: { percentile: 99.5 } }), goal({ cap: null })]],
  ["a direction and a role", [goal({ better: "down", role: "primary" }), goal({ role: "guardrail", margin: 0.02 })]],
  ["a currency", [goal({ currency: "EUR" })]],
  ["a ratio", [goal({ kind: "ratio", ratio: { of: "value", per: { event: "order" } } })]],
  ["a ratio per page view", [goal({ kind: "ratio", ratio: { of: "count", per: { page: "/cart/**" } } })]],
  ["a ratio per click", [goal({ kind: "ratio", ratio: { of: "count", per: { click: "open" } } })]],
  ["a ratio per session", [goal({ kind: "ratio", ratio: { of: "count", per: "session" } })]],
  [
    "pages",
    [
      { page: "/thank-you", kind: "binary" },
      { page: "/shop/**", kind: "count" },
    ],
  ],
  ["a click", [{ click: "button_click", kind: "binary" }]],
  ["days before", [goal({ cuped: 14 }), goal({ kind: "binary", cuped: 1 })]],
])("takes %s", (_, goals) => {
  expect(parse(Goals, goals)).toEqual(goals);
});

test.each<[object, string]>([
  [{ page: "/a" }, "goals[0].event"],
  [{ event: undefined }, "goals[0].event"],
  [{ event: undefined, page: "a" }, "goals[0].page"],
  [{ window: "4m" }, "goals[0].window"],
  [{ window: "91d" }, "goals[0].window"],
  [{ window: "1w" }, "goals[0].window"],
  [{ window: "01d" }, "goals[0].window"],
  [{ window: 300 }, "goals[0].window"],
  [{ cap: 0 }, "goals[0].cap"],
  [{ cap: 1e9 + 1 }, "goals[0].cap"],
  [{ cap: { percentile: 99.9995 } }, "goals[0].cap.percentile"],
  [{ cap: { percentile: 49 } }, "goals[0].cap.percentile"],
  [{ kind: "binary", cap: 5 }, "goals[0].cap"],
  [{ kind: "ratio" }, "goals[0].ratio"],
  [{ ratio: { of: "value", per: "session" } }, "goals[0].ratio"],
  [{ kind: "ratio", ratio: { of: "value", per: "device" } }, "goals[0].ratio.per"],
  [{ kind: "ratio", ratio: { of: "value", per: { page: "cart" } } }, "goals[0].ratio.per.page"],
  [{ kind: "ratio", ratio: { of: "value", per: "session" }, cuped: 7 }, "goals[0].cuped"],
  [{ better: "higher" }, "goals[0].better"],
  [{ role: "guardrail" }, "goals[0]"],
  [{ role: "secondary" }, "goals[0]"],
  [{ margin: 0.02 }, "goals[0].margin"],
  [{ currency: "euro" }, "goals[0].currency"],
  [{ cuped: 0.5 }, "goals[0].cuped"],
])("refuses %j", (more, field) => {
  const fields = (() => {
    try {
      return parse(Goals, [goal(more)]);
    } catch (error) {
      return (error as InvalidInput).problems.map((problem) => `goals${problem.field}`);
    }
  })();
  expect(fields).toContain(field);
});

test("only the first goal is primary", () => {
  expect(() => parse(Goals, [goal({}), goal({ role: "primary" })])).toThrow(InvalidInput);
  const goals = [goal({}), goal({}), goal({ role: "guardrail" })] as Goal[];
  expect(goals.map(roleOf)).toEqual(["primary", "secondary", "guardrail"]);
});

describe("windowMs", () => {
  test.each([
    ["5m", 300_000],
    ["12h", 43_200_000],
    ["1d", 86_400_000],
    [null, null],
    [undefined, null],
  ])("%s is %s ms", (window, ms) => {
    expect(windowMs(window)).toBe(ms);
  });
});
