import { expect, test } from "vitest";
import { loginLinks } from "../../../server/auth/login-links.ts";

const MINUTE = 60 * 1000;

test("a link logs in once", () => {
  const links = loginLinks(() => 0);
  const code = links.issue();
  expect(Buffer.from(code, "base64url")).toHaveLength(32);
  expect(links.isGood(code)).toBe(true);
  expect([links.use(code), links.use(code), links.isGood(code)]).toEqual([true, false, false]);
});

test("looking at it does not use it up", () => {
  const links = loginLinks(() => 0);
  const code = links.issue();
  for (let look = 0; look < 10; look += 1) links.isGood(code);
  expect(links.use(code)).toBe(true);
});

test("it lives 15 minutes", () => {
  let now = 0;
  const links = loginLinks(() => now);
  const code = links.issue();
  now = 15 * MINUTE - 1;
  expect(links.isGood(code)).toBe(true);
  now = 15 * MINUTE;
  expect([links.isGood(code), links.use(code)]).toEqual([false, false]);
});

test("another code is none, and uses nothing up", () => {
  const links = loginLinks(() => 0);
  expect([links.use(""), links.use("undefined")]).toEqual([false, false]);
  const code = links.issue();
  expect([links.use(""), links.use(`${code}x`), links.use(code.slice(1))]).toEqual([false, false, false]);
  expect(links.use(code)).toBe(true);
});

test("a newer link ends the one before", () => {
  const links = loginLinks(() => 0);
  const [first, second] = [links.issue(), links.issue()];
  expect([links.isGood(first), links.isGood(second)]).toEqual([false, true]);
});
