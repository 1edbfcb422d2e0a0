import { expect, test } from "vitest";
import { parseRehearsalReport } from "../../../core/rehearsal/report.ts";
import { admin, failedOf, rehearsed, startRehearsals } from "./rehearsal-rig.ts";
import { LATE_MS } from "./rehearsed-site.ts";

startRehearsals();

test("passes on a page without a fault, and nothing of it is counted", async () => {
  const before = await (await admin("/metrics")).text();
  const report = await rehearsed("good", { n: "2" });
  expect(failedOf(report)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.checks.filter(({ tested }) => !tested)).toEqual([]);
  expect(report.views.map(({ group, screen, visits }) => [group, screen, visits])).toEqual([
    ["A", "desktop", 2],
    ["A", "phone", 1],
    ["B", "desktop", 2],
    ["B", "phone", 1],
  ]);
  const pictures = report.views.map(({ picture }) => picture);
  expect(new Set(pictures).size).toBe(4);
  expect(pictures.every((picture) => picture?.startsWith("UklGR"))).toBe(true);
  expect(parseRehearsalReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(await (await admin("/events")).json()).toEqual([]);
  const counts = (text: string) => text.split("\n").filter((line) => line.startsWith("fairsplit_events_total"));
  expect(counts(await (await admin("/metrics")).text())).toEqual(counts(before));
});

test.each([
  ["what can be seen through", "dimmed-variant"],
  ["dialogs, and a policy that only reports", "dialogs"],
  ["an element for each screen, of which one is hidden", "for-each-screen"],
  ["a placeholder that is made late, where it is scrolled to", "made-late"],
  ["a missing file of its own that comes only where it is seen", "lazy-own"],
  ["a variant that fades in where it is scrolled to", "fades-in"],
  ["a frame of its own that has the tag, too", "frame-too"],
  ["a part that browsers skip while it is off the screen", "skipped-off-screen"],
  ["variants of styles alone", "styles-alone"],
  ["something over the middle of a button", "partly-covered"],
  ["a base for its links, which the addresses of groups do not have", "based"],
])("passes on a page with %s", async (_, page) => {
  const report = await rehearsed(page);
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
});

test("passes on a placeholder in the head, which nobody sees there", async () => {
  const groups = ["A", "B"].map((name) => ({ name, weight: 1, payload: `The shop of ${name}` }));
  const created = await admin("/api/admin/experiments", {
    method: "POST",
    body: JSON.stringify({ key: "in_head", groups }),
  });
  expect(created.status).toBe(201);
  const report = await rehearsed("in-head", { experiment: "in_head" });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
});

test("hears each event of a page with two experiments, which are exposed at the same moment", async () => {
  expect(failedOf(await rehearsed("two-experiments"))).toEqual([]);
});

test("sees placeholders in open shadow roots, and clicks there", async () => {
  expect(failedOf(await rehearsed("shadow-root"))).toEqual([]);
});

test("sees, measures and pictures those of declarative ones, and clicks there", async () => {
  const report = await rehearsed("declarative-shadow-root");
  expect(failedOf(report)).toEqual([]);
  expect(new Set(report.views.map(({ picture }) => picture)).size).toBe(4);
  for (const { timeToVariantMs } of report.views) expect(timeToVariantMs).toBeGreaterThan(LATE_MS / 2);
});

test.each([
  ["a rule that no visitor of the page fits", { rule: 'ctx.plan == "gold"' }],
  ["another experiment", { dependsOn: { key: "second", group: "A" } }],
  ["an account", { unit: "account" }],
])("shows each group where groups depend on %s", async (_, fields) => {
  const key = "conditional";
  const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
  await admin(`/api/admin/experiments/${key}`, { method: "DELETE" });
  const created = await admin("/api/admin/experiments", {
    method: "POST",
    body: JSON.stringify({ key, groups, ...fields }),
  });
  expect([created.status, await created.text()]).toEqual([201, expect.any(String)]);
  const report = await rehearsed("conditional", { experiment: key });
  expect(failedOf(report)).toEqual([]);
  expect(report.views.map(({ group }) => group)).toEqual(["A", "A", "B", "B"]);
});
