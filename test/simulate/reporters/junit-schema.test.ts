// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { buildReport, type SimulationReport } from "../../../simulate/report.ts";
import { junit } from "../../../simulate/reporters/junit.ts";

/**
 * Rules of elements in junit-10.xsd of Jenkins' xUnit plugin, the schema that its reader enforces:
 * children, attributes that must be there, and those that may.
 */
const SCHEMA: Readonly<Record<string, { children: string[]; required: string[]; optional: string[] }>> = {
  testsuites: { children: ["testsuite"], required: [], optional: ["name", "time", "tests", "failures", "errors"] },
  testsuite: {
    children: ["testsuite", "properties", "testcase", "system-out", "system-err"],
    required: ["name", "tests", "failures", "errors"],
    optional: ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
  },
  properties: { children: ["property"], required: [], optional: [] },
  property: { children: [], required: ["name", "value"], optional: [] },
  testcase: {
    children: ["skipped", "error", "failure", "system-out", "system-err"],
    required: ["name"],
    optional: ["time", "classname", "group"],
  },
  failure: { children: [], required: [], optional: ["type", "message"] },
  error: { children: [], required: [], optional: ["type", "message"] },
  skipped: { children: [], required: [], optional: ["type", "message"] },
  "system-out": { children: [], required: [], optional: [] },
  "system-err": { children: [], required: [], optional: [] },
};
/** Times of suites; an empty one is allowed, too. */
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;
const MAY_HAVE_TEXT = ["failure", "error", "skipped", "system-out", "system-err"];

function violations(element: Element): string[] {
  const name = element.tagName;
  const rules = SCHEMA[name];
  if (!rules) return [`<${name}> is no element of the schema`];
  const attributes = [...element.attributes].map((each) => each.name);
  const text = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent?.trim());
  return [
    ...rules.required.filter((each) => !attributes.includes(each)).map((each) => `<${name}> has no ${each}`),
    ...attributes
      .filter((each) => !rules.required.includes(each) && !rules.optional.includes(each))
      .map((each) => `<${name}> has the attribute ${each}`),
    ...[...element.children]
      .filter((child) => !rules.children.includes(child.tagName))
      .map((child) => `<${name}> has a <${child.tagName}>`),
    ...(text.length > 0 && !MAY_HAVE_TEXT.includes(name) ? [`<${name}> has text`] : []),
    ...(/^testsuites?$/.test(name) && !TIME.test(element.getAttribute("time") ?? "")
      ? [`<${name}> has a bad time`]
      : []),
    ...[...element.children].flatMap(violations),
  ];
}

const violationsOf = (xml: string) => {
  const { documentElement } = new DOMParser().parseFromString(xml, "application/xml");
  return documentElement.tagName === "testsuites" ? violations(documentElement) : [documentElement.outerHTML];
};

function reportOf(changes: Partial<SimulationReport>): SimulationReport {
  const observations = { claims: {}, rates: new Map(), visits: [], events: [], results: new Map() };
  const report = buildReport(observations, {
    ...{ version: "0", shard: "1/2", stopped: null, seed: `<&">'`, target: "t", driver: "http", rerun: "r" },
    ...{ partial: false, startedAt: "2026-11-28T12:00:00.000Z", seconds: 1234.5 },
  });
  return { ...report, ...changes };
}

describe("the JUnit file keeps to its published schema", () => {
  const all = reportOf({}).checks;
  test.each([
    ["failed and not tested", {}],
    ["passed", { checks: all.map((check) => ({ ...check, ok: true, tested: true })) }],
    ["interrupted", { partial: true }],
    ["stopped", { partial: true, stopped: `<the "server" & more>` }],
    ["with control characters", { checks: all.map((check) => ({ ...check, detail: "\u0000\u001b[31m <x>" })) }],
  ])("%s", (_, changes) => {
    expect(violationsOf(junit(reportOf(changes)))).toEqual([]);
  });

  test("which this test enforces", () => {
    const wrong = `<testsuites disabled="0" time="1s"><testsuite name="x"><failure/>text</testsuite></testsuites>`;
    expect(violationsOf(wrong)).toEqual([
      "<testsuites> has the attribute disabled",
      "<testsuites> has a bad time",
      "<testsuite> has no tests",
      "<testsuite> has no failures",
      "<testsuite> has no errors",
      "<testsuite> has a <failure>",
      "<testsuite> has text",
    ]);
  });
});
