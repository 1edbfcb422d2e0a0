import { afterEach, describe, expect, test, vi } from "vitest";
import { random128, uuidv7 } from "../../tag/random.ts";

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

describe("a UUID of version 7", () => {
  test("has the format of RFC 9562", () => {
    for (let i = 0; i < 1000; i += 1) {
      expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test.each([
    ["2004-11-03T19:53:47.776Z", "01000000-0000-7"], // the first whose time has as many digits as today's
    ["2022-02-22T19:22:22.000Z", "017f22e2-79b0-7"], // the example of RFC 9562, A.6
    ["2026-01-31T12:00:00.000Z", "019c13ec-9e00-7"],
  ])("begins with its time: %s", (time, start) => {
    vi.useFakeTimers({ now: new Date(time) });
    expect(uuidv7().slice(0, 15)).toBe(start);
  });

  test("sorts by time, as text", () => {
    vi.useFakeTimers();
    const ids = [0, 1, 9, 16, 255, 256, 65_535, 2 ** 32, 2 ** 40].map((ms) => {
      vi.setSystemTime(Date.UTC(2026) + ms);
      return uuidv7();
    });
    expect(ids.toSorted()).toEqual(ids);
  });

  test.each([0, 255])("has the variant bits whatever is random: %i", (value) => {
    fill(value);
    expect(uuidv7()[19]).toBe("8");
  });

  test("ids of one millisecond differ, also those of two pages", () => {
    vi.useFakeTimers();
    const ids = Array.from({ length: 5000 }, uuidv7);
    expect(new Set(ids).size).toBe(5000);
    expect(new Set(ids.map((id) => id.slice(20))).size).toBe(5000);
  });
});
