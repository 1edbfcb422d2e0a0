import { expect, test } from "vitest";
import { type BrokenPage, failedOf, rehearsed, startRehearsals, testBrokenPages } from "./rehearsal-rig.ts";

startRehearsals();

const BROKEN: readonly BrokenPage[] = [
  ["missing-template", "content", /B has no template/, /data-group/],
  ["wrong-key", "placeholder", /its placeholders are of headlin/, /data-exp="headline"/],
  ["hidden-placeholder", "visible", /cannot be seen/, /opacity/],
  ["clip-path", "visible", /^A, B, A on .* \(the screen looks the same without it\)/, /clip-path/],
  ["faint", "visible", /^A, B, A on .* \(the screen looks the same without it\)/, /opacity/],
  ["white-on-white", "visible", /^A, B, A on .* \(the screen looks the same without it\)/, /color/],
  ["hidden-variant", "visible", /^B, B on a phone-sized screen: .*looks the same/, /display/],
  ["cut-off", "visible", /^A, B, .*looks the same/, /position/],
  ["hidden-on-phones", "visible", /^A on a phone-sized screen, B on a phone-sized screen:/, /display/],
  ["clipped", "visible", /cannot be seen/, /position/],
];

testBrokenPages(BROKEN);

test("finds what lies over a variant, and files that come only where it is seen", async () => {
  const report = await rehearsed("covered-variant");
  expect(failedOf(report)).toEqual(["visible", "goals", "assets"]);
  const details = report.checks.map(({ detail }) => detail).join("\n");
  expect(details).toContain("A: the placeholder is covered by div#consent");
  expect(details).toMatch(/no-such-lazy\.png answered 404/);
});
