import { beforeEach, describe, expect, test } from "vitest";
import { type Lockout, lockout } from "../../../server/auth/lockout.ts";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { limitsOf } from "../rig/limits.ts";
import { logIn, TOKEN } from "../rig/logged-in.ts";
import { openApp } from "../rig/open-app.ts";

const SECONDS = expect.toSatisfy((wait) => wait > 0 && wait <= 60);

let lock: Lockout;
beforeEach(() => {
  lock = lockout(rateLimit(5));
});

test("five wrong tokens a minute are answered, then the address is locked, for the right one too", async () => {
  for (let guess = 1; guess <= 5; guess += 1) expect(await lock.attempt("192.0.2.1", false), `${guess}`).toBeNull();
  expect(await lock.attempt("192.0.2.1", false)).toEqual(SECONDS);
  expect(await lock.attempt("192.0.2.1", true)).toEqual(SECONDS);
  expect(await lock.attempt("192.0.2.2", true)).toBeNull();
});

test("guesses that are sent at once are no way around it", async () => {
  const wrong = Array.from({ length: 5 }, () => lock.attempt("192.0.2.1", false));
  const right = lock.attempt("192.0.2.1", true);
  await Promise.all(wrong);
  expect(await right).toEqual(SECONDS);
});

test("an address that gave the right token before is let in with it, while wrong ones stay locked", async () => {
  await lock.attempt("192.0.2.1", true);
  for (let guess = 1; guess <= 6; guess += 1) await lock.attempt("192.0.2.1", false);
  expect(await lock.attempt("192.0.2.1", false)).toEqual(SECONDS);
  expect(await lock.attempt("192.0.2.1", true)).toBeNull();
});

test("right tokens are never too many", async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => lock.attempt("192.0.2.1", true)));
  expect(all.every((wait) => wait === null)).toBe(true);
});

describe("over HTTP", () => {
  const limits = () => limitsOf({ logins: rateLimit(5), proxies: 1 });
  const from = (address: string) => ({ "x-forwarded-for": address });
  const login = (fields: Record<string, string>, address: string): RequestInit => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: from(address),
  });

  test("wrong tokens count together, in the form and as a bearer; the answer says how long to wait", async () => {
    const { app } = await openApp([], { limits: limits(), adminToken: TOKEN });
    const bearer = (token: string, address: string) =>
      app.request("/experiments", { headers: { ...from(address), authorization: `Bearer ${token}` } });
    for (let guess = 0; guess < 3; guess += 1) {
      expect((await app.request("/login", login({ token: "wrong" }, "192.0.2.1"))).status).toBe(401);
    }
    for (let guess = 0; guess < 2; guess += 1) expect((await bearer("wrong", "192.0.2.1")).status).toBe(401);
    for (const locked of [
      await bearer("wrong", "192.0.2.1"),
      await bearer(TOKEN, "192.0.2.1"),
      await app.request("/login", login({ token: "wrong" }, "192.0.2.1")),
      await app.request("/login", login({ token: TOKEN }, "192.0.2.1")),
    ]) {
      expect(locked.status).toBe(429);
      expect(Number(locked.headers.get("retry-after"))).toEqual(SECONDS);
      expect(locked.headers.get("set-cookie")).toBeNull();
    }
    expect((await bearer(TOKEN, "192.0.2.2")).status).toBe(200);
    expect((await app.request("/login", login({ token: TOKEN }, "192.0.2.3"))).status).toBe(303);
  });

  test("neither a session nor a login link is locked, and they count for nothing", async () => {
    const { app, sessions, links } = await openApp([], { limits: limits(), adminToken: TOKEN });
    const { cookie } = logIn(sessions);
    for (let guess = 0; guess < 6; guess += 1) await app.request("/login", login({ token: "wrong" }, "192.0.2.1"));
    expect((await app.request("/experiments", { headers: { ...cookie, ...from("192.0.2.1") } })).status).toBe(200);
    const code = links.issue();
    expect((await app.request("/login", login({ code }, "192.0.2.1"))).status).toBe(303);
    expect((await app.request("/login", login({ code }, "192.0.2.1"))).status).toBe(429);
  });

  test("asking without any token, or with the cookie of a session that has ended, is no guess", async () => {
    const { app } = await openApp([], { limits: limits(), adminToken: TOKEN });
    const headers = { ...from("192.0.2.1"), cookie: "fairsplit=ended" };
    for (let n = 0; n < 10; n += 1) expect((await app.request("/events", { headers })).status).toBe(401);
    expect((await app.request("/login", login({ token: TOKEN }, "192.0.2.1"))).status).toBe(303);
  });
});
