// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keep, openStorage } from "../../tag/storage.ts";

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
const storage = localStorage;

beforeEach(() => {
  storage.clear();
  openStorage(true);
});
afterEach(() => vi.unstubAllGlobals());

test("what is given stays until something else is given, which may be empty", () => {
  expect(keep("fairsplit")).toBeUndefined();
  expect(storage).toHaveLength(0);
  keep("fairsplit", "one");
  expect(keep("fairsplit")).toBe("one");
  keep("fairsplit", "");
  expect(keep("fairsplit")).toBe("");
  expect(keep("fairsplit_events")).toBeUndefined();
});

describe("while nothing may be kept", () => {
  test("nothing is written, and nothing read", () => {
    keep("fairsplit", "one");
    openStorage(false);
    keep("fairsplit", "two");
    expect(keep("fairsplit")).toBeUndefined();
  });

  test("what was kept is gone, and nothing else", () => {
    storage.other = "the site's own";
    keep("fairsplit", "one");
    keep("fairsplit_events", "two");
    openStorage(false);
    expect({ ...storage }).toEqual({ other: "the site's own" });
  });
});

test.each([
  ["is not there", undefined],
  ["is null", null],
  ["throws", BLOCKED],
])("a storage that %s keeps nothing, and throws nothing", (_, area) => {
  vi.stubGlobal("localStorage", area);
  keep("fairsplit", "one");
  expect(keep("fairsplit")).toBeUndefined();
  expect(() => openStorage(false)).not.toThrow();
});
