// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keep, keepLines, keptLines, openStorage } from "../../tag/storage.ts";

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

test("what is given stays until something else is given", () => {
  expect(keep()).toBeUndefined();
  expect(storage).toHaveLength(0);
  keep("one");
  expect(keep()).toBe("one");
  keep("two");
  expect(keep()).toBe("two");
  expect(keptLines()).toEqual([]);
});

describe("while nothing may be kept", () => {
  test("nothing is written, and nothing read", () => {
    keep("one");
    openStorage(false);
    keep("two");
    expect(keep()).toBeUndefined();
  });

  test("what was kept is gone, and nothing else", () => {
    storage.other = "the site's own";
    keep("one");
    keepLines([], ['{"id":"2"}', '{"id":"1"}']);
    expect(keptLines().sort()).toEqual(['{"id":"1"}', '{"id":"2"}']);
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
  keep("one");
  expect(keep()).toBeUndefined();
  keepLines(["{}"], ["{}"]);
  expect(keptLines()).toEqual([]);
  expect(() => openStorage(false)).not.toThrow();
});
