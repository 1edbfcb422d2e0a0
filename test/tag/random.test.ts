import { afterEach, describe, expect, test, vi } from "vitest";
import { eventId } from "../../tag/event-id.ts";
import { random128 } from "../../tag/random.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const fill = (value: number) =>
  vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
    (array as Uint8Array).fill(value);
    return array;
  });

describe("128 random bits", () => {
  test.each([
    [0x00, "0"],
    [0xa3, "3"],
    [0xff, "f"],
  ])("are 32 digits, each of the lower half of a byte: %i", (byte, digit) => {
    fill(byte);
    expect(random128()).toBe(digit.repeat(32));
  });

  test("have each digit as often as any other at every place", () => {
    const ids = Array.from({ length: 8000 }, random128);
    for (let place = 0; place < 32; place += 1) {
      for (const digit of "0123456789abcdef") {
        // 500 ± 22: seven standard deviations, which 512 fair counts exceed once in a billion runs.
        expect(Math.abs(ids.filter((id) => id[place] === digit).length - 500)).toBeLessThan(155);
      }
    }
  });

  test("differ 10,000 times", () => {
    expect(new Set(Array.from({ length: 10_000 }, random128)).size).toBe(10_000);
  });
});

test("128 random bits need neither randomUUID nor subtle, which plain http does not have", () => {
  const { getRandomValues } = crypto;
  vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
  const ids = Array.from({ length: 1000 }, random128);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(1000);
  vi.unstubAllGlobals();
});

describe("an event's id", () => {
  test("has 32 digits, which databases also take as a UUID", () => {
    for (let i = 0; i < 1000; i += 1) expect(eventId()).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    ["2004-11-03T19:53:47.776Z", "010000000000"], // the first whose time has as many digits as today's
    ["2022-02-22T19:22:22.000Z", "017f22e279b0"],
    ["2026-01-31T12:00:00.000Z", "019c13ec9e00"],
  ])("begins with its time: %s", (time, start) => {
    vi.useFakeTimers({ now: new Date(time) });
    expect(eventId().slice(0, 12)).toBe(start);
  });

  test("sorts by time, as text", () => {
    vi.useFakeTimers();
    const ids = [0, 1, 9, 16, 255, 256, 65_535, 2 ** 32, 2 ** 40].map((ms) => {
      vi.setSystemTime(Date.UTC(2026) + ms);
      return eventId();
    });
    expect(ids.toSorted()).toEqual(ids);
  });

  test("ids of one millisecond differ, also those of two pages", () => {
    vi.useFakeTimers();
    expect(new Set(Array.from({ length: 5000 }, () => eventId().slice(12))).size).toBe(5000);
  });
});
