import type { SimulationReport } from "../report.ts";
import { reasonOf } from "./group-rows.ts";
import { shortened } from "./shortened.ts";

/**
 * JUnit XML: a suite for the run and a test case for each check. A check that was not tested is
 * skipped, and an interrupted run is an error.
 *
 * Source: the schema of Jenkins' xUnit plugin (junit-10.xsd).
 */
export function junit(report: SimulationReport): string {
  const { checks, seed, driver, target, timing } = report;
  const reason = reasonOf(report);
  const failures = checks.filter(({ ok }) => !ok).length;
  const skipped = checks.filter(({ tested }) => !tested).length;
  const time = timing.seconds.toFixed(3);
  const cases = checks.map(({ name, ok, tested, detail }) => {
    const inside = !ok
      ? `<failure message="${escapeXml(detail)}" type="${name}"/>`
      : tested
        ? `<system-out>${escapeXml(detail)}</system-out>`
        : `<skipped message="${escapeXml(detail)}"/>`;
    return `    <testcase classname="fairsplit.simulate" name="${name}" time="0">${inside}</testcase>`;
  });
  const interrupted =
    reason === null
      ? []
      : [
          `    <testcase classname="fairsplit.simulate" name="complete" time="0"><error message="${escapeXml(reason)}" type="interrupted"/></testcase>`,
        ];
  const counts = `tests="${checks.length + interrupted.length}" failures="${failures}" errors="${interrupted.length}"`;
  const suite = `name="fairsplit simulate" ${counts} skipped="${skipped}" time="${time}" timestamp="${timing.startedAt.slice(0, 19)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="fairsplit" ${counts} time="${time}">`,
    `  <testsuite ${suite}>`,
    "    <properties>",
    ...Object.entries({ seed, driver, target }).map(
      ([name, value]) => `      <property name="${name}" value="${escapeXml(value)}"/>`,
    ),
    "    </properties>",
    ...cases,
    ...interrupted,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/**
 * Text for XML 1.0, which has no way to write most control characters. Lines and tabs are written
 * by number: in attributes they would be read as blanks.
 */
function escapeXml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return (
    shortened(text)
      .replace(/[&<>"\t\n\r]/g, (character) => entities[character] ?? `&#${character.charCodeAt(0)};`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, "\ufffd")
  );
}
