import { expect, test } from "vitest";
import { type BrokenPage, failedOf, rehearsed, startRehearsals, testBrokenPages } from "./rehearsal-rig.ts";

startRehearsals();

const BROKEN: readonly BrokenPage[] = [
  ["csp", "csp", /script-src-elem blocks http/, /add http.* to script-src/],
  ["hydration", "hydration", /server|hydrat/i, /render on the server/],
  ["goal-never-fires", "goals", /button_click in [AB]: no element/, /data-exp-click="button_click"/],
  ["script-error", "errors", /^B: Error: the variant broke/, /script/],
  ["caught-error", "errors", /^B: Error: the variant broke$/, /script/],
  ["caught-rejection", "errors", /^B: Error: the variant broke$/, /script/],
  ["phone-error", "errors", /^B on a phone-sized screen: Error: a phone$/, /script/],
  ["slow-server", "time to variant", /fallback was shown after 1000 ms/, /nearer/],
  ["missing-asset", "assets", /^B: .*no-such\.png answered 404/, /address/],
  ["layout-shift", "layout shift", /more than without the tag/, /min-height/],
  ["cookie-refused", "cookie", /refused/, /data-cookie-domain/],
  ["another-json", "recorded", /^A: no exposure arrived/, /posts through/],
  ["click-error", "errors", /^B: ReferenceError: noSuchFunction is not defined$/, /script/],
  ["blocked-picture", "csp", /^B: img-src blocks http:\/\/pictures\.invalid\/b\.png/, /img-src/],
];

testBrokenPages(BROKEN);

test("does not blame the experiment for what the page has without the tag", async () => {
  const report = await rehearsed("own-errors");
  expect(failedOf(report)).toEqual([]);
  const details = report.checks.map(({ detail }) => detail).join("\n");
  expect(details).toContain("the page's own");
  expect(details).toContain("own-missing.png");
});

test("does not blame the experiment for what the page does late, without the tag too", async () => {
  const report = await rehearsed("own-late-errors");
  expect(failedOf(report)).toEqual([]);
  expect(report.checks.find(({ name }) => name === "errors")?.detail).toContain("the page's late one");
});
