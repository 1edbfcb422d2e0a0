import { beforeEach, describe, expect, test } from "vitest";
import { openSessions, SESSION_LIMITS, type Sessions } from "../../../server/auth/sessions.ts";

const HOUR = 60 * 60 * 1000;

let now = 0;
let sessions: Sessions;
beforeEach(() => {
  now = Date.UTC(2026, 0, 31);
  sessions = openSessions(() => now);
});

describe("a session", () => {
  test("has an id of 256 bits that is another one each time", () => {
    const ids = Array.from({ length: 100 }, () => sessions.open());
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(32);
  });

  test("that was never opened is not open, and neither is one that differs in a character", () => {
    const id = sessions.open();
    const forged = (id.startsWith("A") ? "B" : "A") + id.slice(1);
    expect([id, forged, "", "__proto__", id.slice(1)].map(sessions.isOpen)).toEqual([true, false, false, false, false]);
  });

  test("ends after 12 hours without use", () => {
    const id = sessions.open();
    now += 12 * HOUR - 1;
    expect(sessions.isOpen(id)).toBe(true);
    now += 12 * HOUR;
    expect(sessions.isOpen(id)).toBe(false);
    now -= HOUR;
    expect(sessions.isOpen(id)).toBe(false);
  });

  test("that is only looked at is not used by that, and ends all the same", () => {
    const id = sessions.open();
    now += 12 * HOUR - 1;
    expect(sessions.has(id)).toBe(true);
    now += 1;
    expect(sessions.has(id)).toBe(false);
    expect(sessions.isOpen(id)).toBe(false);
    expect(sessions.has("never opened")).toBe(false);
  });

  test("ends after 7 days, however much it is used", () => {
    const id = sessions.open();
    for (let hours = 6; hours < 7 * 24; hours += 6) {
      now += 6 * HOUR;
      expect(sessions.isOpen(id), `after ${hours} hours`).toBe(true);
    }
    now += 6 * HOUR;
    expect(sessions.isOpen(id)).toBe(false);
  });

  test("ends when it is closed, alone", () => {
    const [closed, other] = [sessions.open(), sessions.open()];
    sessions.close(closed);
    sessions.close("never opened");
    expect([closed, other].map(sessions.isOpen)).toEqual([false, true]);
  });

  test("gives way when there are too many, the one used longest ago first", () => {
    sessions = openSessions(() => now, { ...SESSION_LIMITS, most: 3 });
    const [a = "", b = "", c = ""] = [sessions.open(), sessions.open(), sessions.open()];
    expect(sessions.isOpen(a)).toBe(true);
    const d = sessions.open();
    expect([a, b, c, d].map(sessions.isOpen)).toEqual([true, false, true, true]);
  });
});

describe("the CSRF token", () => {
  test("is the session's own, and stays the same", () => {
    const [mine, other] = [sessions.open(), sessions.open()];
    expect(sessions.csrf(mine)).toBe(sessions.csrf(mine));
    expect(sessions.isCsrf(mine, sessions.csrf(mine))).toBe(true);
    expect(sessions.isCsrf(mine, sessions.csrf(other))).toBe(false);
    expect(sessions.isCsrf(mine, "")).toBe(false);
  });

  test("is another one after a restart, and says nothing about the session's id", () => {
    const id = sessions.open();
    expect(openSessions(() => now).isCsrf(id, sessions.csrf(id))).toBe(false);
    expect(sessions.csrf(id)).not.toContain(id);
  });
});
