// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { area, clearStorage, closeStorage, keep, LINE_START, openStorage } from "../../tag/storage.ts";

/** Every access throws, as where third parties may not store anything. */
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
  openStorage();
});
afterEach(() => vi.unstubAllGlobals());

test("what is given stays until something else or nothing is given", () => {
  expect(area.fairsplit).toBeUndefined();
  expect(storage).toHaveLength(0);
  keep("fairsplit", "one");
  expect(storage.fairsplit).toBe("one");
  keep("fairsplit", "two");
  expect(area.fairsplit).toBe("two");
  keep(LINE_START, "");
  expect(Object.keys(area).sort()).toEqual([LINE_START, "fairsplit"]);
  keep(LINE_START);
  expect(Object.keys(storage)).toEqual(["fairsplit"]);
});

describe("while nothing may be kept", () => {
  test("it stays with the page, and is forgotten when that changes", () => {
    closeStorage();
    keep("fairsplit", "two");
    expect(area.fairsplit).toBe("two");
    expect(storage).toHaveLength(0);
    openStorage();
    expect(area.fairsplit).toBeUndefined();
    expect(storage).toHaveLength(0);
  });

  test("what was kept is gone, and nothing else", () => {
    storage.other = storage.fairsplitter = storage['{"id":"0'] = "the site's own";
    const own = { ...storage };
    keep("fairsplit", "one");
    keep(`${LINE_START}2"}`, "");
    keep(`${LINE_START}1"}`, "");
    clearStorage();
    expect({ ...storage }).toEqual(own);
    closeStorage();
    expect(Object.keys(area)).toEqual([]);
  });
});

test.each([
  ["is not there", undefined],
  ["is null", null],
  ["throws", BLOCKED],
])("a storage that %s throws nothing", (_, blocked) => {
  vi.stubGlobal("localStorage", blocked);
  openStorage();
  keep("fairsplit", "one");
  keep("fairsplit");
  expect(Object.keys(area)).toEqual([]);
  expect(clearStorage).not.toThrow();
  closeStorage();
  keep("fairsplit", "one");
  expect(area.fairsplit).toBe("one");
});
