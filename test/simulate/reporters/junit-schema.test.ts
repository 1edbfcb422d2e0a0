// @vitest-environment happy-dom
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildReport, type SimulationReport } from "../../../simulate/report.ts";
import { junit } from "../../../simulate/reporters/junit.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

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

/** The same rules as an XML Schema, for a validator that knows nothing of this test. */
function xmlSchema(): string {
  const elements = Object.entries(SCHEMA).map(([name, { children, required, optional }]) => {
    const attributes = [...required, ...optional].map((each) => {
      const type = each === "time" && /^testsuites?$/.test(name) ? "time" : "xs:string";
      return `<xs:attribute name="${each}" type="${type}" use="${required.includes(each) ? "required" : "optional"}"/>`;
    });
    const inside = children.map((child) => `<xs:element ref="${child}"/>`).join("");
    const content = inside && `<xs:choice minOccurs="0" maxOccurs="unbounded">${inside}</xs:choice>`;
    const type = `<xs:complexType mixed="${MAY_HAVE_TEXT.includes(name)}">${content}${attributes.join("")}</xs:complexType>`;
    return `<xs:element name="${name}">${type}</xs:element>`;
  });
  const time = `<xs:restriction base="xs:string"><xs:pattern value="${TIME.source.slice(1, -1)}"/></xs:restriction>`;
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:simpleType name="time">${time}</xs:simpleType>${elements.join("")}</xs:schema>`;
}

/** Debian's package libxml2-utils has it. */
const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;

/** Output of xmllint for a file; empty if it is valid. */
async function complaintsOf(xml: string): Promise<string> {
  const folder = await temporaryFolder();
  const [schema, file] = [join(folder, "junit.xsd"), join(folder, "report.xml")];
  await writeFile(schema, xmlSchema());
  await writeFile(file, xml);
  const { status, stderr } = spawnSync("xmllint", ["--noout", "--schema", schema, file], { encoding: "utf8" });
  return status === 0 ? "" : stderr;
}

describe("the JUnit file keeps to its published schema", () => {
  const all = reportOf({}).checks;
  const saying = (detail: string, more: Partial<(typeof all)[number]> = {}) => ({
    checks: all.map((check) => ({ ...check, detail, ...more })),
  });
  const REPORTS: [what: string, changes: Partial<SimulationReport>][] = [
    ["failed and not tested", {}],
    ["passed", { checks: all.map((check) => ({ ...check, ok: true, tested: true })) }],
    ["interrupted", { partial: true }],
    ["stopped", { partial: true, stopped: `<the "server" & more>` }],
    ["with control characters", saying("\u0000\u001b[31m <x>\u0008\u000b\u000c\u007f\u0085\ufffe\uffff")],
    ["with lines", saying("one\ntwo\r\nthree\tfour")],
    ["with emoji and halves of them", saying("👩‍🚀 \ud83d x \udc69 𝒳")],
    ["with marks of XML", saying("]]> <!-- --> <![CDATA[x]]> &amp; <?x ?> ' \"")],
    ["with marks of XML in what passed", saying("]]> <!-- --> <![CDATA[x]]> &amp; \u0000", { ok: true, tested: true })],
    ["with very long texts", saying("<".repeat(2_000_000), { ok: false })],
    ["of a long seed and target", { seed: "\n\t\u0001<".repeat(1000), target: "http://x/?a=1&b=]]>" }],
    [
      "of a run of hours",
      { timing: { startedAt: "2026-11-28T12:00:00.000Z", seconds: 123_456.789, visitsPerSecond: 1 } },
    ],
  ];

  test.each(REPORTS)("%s", (_, changes) => {
    expect(violationsOf(junit(reportOf(changes)))).toEqual([]);
  });

  test.skipIf(!hasXmllint).each(REPORTS)("%s, as xmllint reads it", async (_, changes) => {
    expect(await complaintsOf(junit(reportOf(changes)))).toBe("");
  });

  test.skipIf(!hasXmllint)("and readers get texts back as they were, line by line", async () => {
    const detail = 'one\n  two\ttabbed "quoted" ]]> 👩‍🚀';
    const file = join(await temporaryFolder(), "report.xml");
    await writeFile(file, junit(reportOf(saying(detail, { ok: false }))));
    const { stdout } = spawnSync("xmllint", ["--xpath", "string((//failure)[1]/@message)", file], { encoding: "utf8" });
    expect(stdout).toBe(`${detail}\n`);
  });

  const WRONG = `<testsuites disabled="0" time="1s"><testsuite name="x"><failure/>text</testsuite></testsuites>`;
  test("which this test enforces", () => {
    expect(violationsOf(WRONG)).toEqual([
      "<testsuites> has the attribute disabled",
      "<testsuites> has a bad time",
      "<testsuite> has no tests",
      "<testsuite> has no failures",
      "<testsuite> has no errors",
      "<testsuite> has a <failure>",
      "<testsuite> has text",
    ]);
  });

  test.skipIf(!hasXmllint)("which xmllint enforces", async () => {
    const complaints = await complaintsOf(WRONG);
    for (const words of ["'disabled' is not allowed", "'1s' is not accepted", "'tests' is required", "failure"]) {
      expect(complaints).toContain(words);
    }
  });
});
