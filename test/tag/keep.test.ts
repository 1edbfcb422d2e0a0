// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keep } from "../../tag/keep.ts";

/** Every access throws, as where third parties may store nothing. */
const BLOCKED = new Proxy(
  {},
  {
    get() {
      throw new DOMException("Access is denied for this document", "SecurityError");
    },
    set() {
      throw new DOMException("The quota has been exceeded", "QuotaExceededError");
    },
  },
);

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => vi.unstubAllGlobals());

describe.each(["localStorage", "sessionStorage"] as const)("in %s", (area) => {
  test("nothing is kept before something is given", () => {
    expect(keep(area, "name")).toBe("");
    expect(keep(area, "name", null)).toBe("");
    expect(window[area]).toHaveLength(0);
  });

  test("what is given stays until something else is given, which may be empty", () => {
    expect(keep(area, "name", "one")).toBe("one");
    expect(keep(area, "name")).toBe("one");
    expect(keep(area, "name", null)).toBe("one");
    expect(keep(area, "name", "two")).toBe("two");
    expect(keep(area, "name", "")).toBe("");
    expect(keep(area, "name")).toBe("");
    expect(keep(area, "other")).toBe("");
  });

  test.each([
    ["is not there", undefined],
    ["is null", null],
    ["throws", BLOCKED],
  ])("what is given holds for the moment when the storage %s", (_, storage) => {
    vi.stubGlobal(area, storage);
    expect(keep(area, "name", "one")).toBe("one");
    expect(keep(area, "name")).toBe("");
    expect(keep(area, "name", null)).toBe("");
  });
});
