// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import { takeDevice } from "../../tag/given-device.ts";
import { readCookie } from "../../tag/identity.ts";
import { forgetDevice, keepDevice } from "../../tag/keep-device.ts";
import type { Options } from "../../tag/options.ts";
import { ASSIGNED } from "./assigned.ts";

const SOURCE = "https://ab.example.com/tag-with-groups.js";
const NOW = new Date("2026-01-31T12:00:00.000Z");
const ID = "0123456789abcdef0123456789abcdef";
/** Transfer sizes of the script, in load order; cached ones have 0. */
let transferSizes: (number | undefined)[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  transferSizes = [1500];
  vi.spyOn(performance, "getEntriesByName").mockImplementation((name) =>
    name === SOURCE ? transferSizes.map((transferSize) => ({ transferSize }) as PerformanceResourceTiming) : [],
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  forgetDevice();
  vi.useRealTimers();
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
  delete window.fairsplit;
});

interface Given {
  at?: number;
  path?: string;
  groups?: Record<string, AssignedGroup>;
}

/** The visitor's state when the tag starts. */
function take({ at = Date.now(), path, groups = { test: ASSIGNED } }: Given = {}, options: Options = {}) {
  takeDevice(JSON.stringify({ id: ID, groups, path, at }), options, SOURCE);
  const kept = localStorage.fairsplit as string | undefined;
  return { device: readCookie(), kept: kept && JSON.parse(kept) };
}

const NOTHING = { device: undefined, kept: undefined };

describe("a visitor without a device", () => {
  test("has the given one from then on, with its groups as the tag keeps them", () => {
    expect(take()).toEqual({ device: ID, kept: [ID, NOW.getTime(), { test: ASSIGNED }, "", null] });
  });

  test("is shown the given groups by the tag before the server has said anything", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(() => new Promise(() => undefined)),
    );
    document.body.innerHTML = `<div data-exp="test"><template data-group="A">a</template><template data-group="B">b</template></div>`;
    take();
    const { start } = await import("../../tag/start.ts");
    start({}, SOURCE, () => new Promise(() => undefined));
    expect(document.querySelector("div")?.textContent).toBe("b");
    const asked = vi
      .mocked(fetch)
      .mock.calls.map(([url]) => String(url))
      .filter((url) => url.includes("/groups?"));
    expect(asked).toEqual([expect.stringContaining(`device_id=${ID}&`)]);
  });

  test.each<[what: string, path: string | undefined, of: string]>([
    ["of this page are all taken", "/shop", "/shop"],
    ["of another page are taken as far as they hold on each", "/", "/"],
    ["of no known page likewise", undefined, ""],
  ])("groups %s", (_, path, of) => {
    history.replaceState(null, "", "/shop?q=1#top");
    const everywhere = { everywhere: ASSIGNED };
    const onPath = { shop: { ...ASSIGNED, perPath: true as const } };
    const { kept } = take({ groups: { ...everywhere, ...onPath }, ...(path === undefined ? {} : { path }) });
    expect(kept).toEqual([ID, NOW.getTime(), everywhere, of, onPath]);
  });

  test("has a group of an experiment called __proto__ too", () => {
    take({ groups: JSON.parse(JSON.stringify({ a: ASSIGNED }).replace('"a"', '"__proto__"')) });
    expect(localStorage.fairsplit).toContain('{"__proto__":{');
  });

  test.each([-10_000, 0, 10_000])("takes one that is %d ms ahead of the clock", (ms) => {
    expect(take({ at: Date.now() + ms }).device).toBe(ID);
  });

  test("has it on the site's other hosts where the page says so", () => {
    const set = vi.spyOn(document, "cookie", "set");
    take({}, { cookieDomain: "example.com" });
    expect(set).toHaveBeenCalledExactlyOnceWith(
      `fairsplit_id=${ID};path=/;max-age=31536000;samesite=lax;domain=example.com`,
    );
  });

  test("takes it where the script was in the cache before, and is loaded anew", () => {
    transferSizes = [0, 1500];
    expect(take().device).toBe(ID);
  });
});

describe("nothing is taken, and nothing kept,", () => {
  test.each<[what: string, sizes: (number | undefined)[]]>([
    ["from the browser's cache", [0]],
    ["from the cache, where the script came from the network before", [1500, 0]],
    ["where the browser does not say where the script came from", [undefined]],
    ["where it says nothing", []],
  ])("%s", (_, sizes) => {
    transferSizes = sizes;
    expect(take()).toEqual(NOTHING);
  });

  test.each([-10_001, 10_001, Number.NaN])("of a device that was made %d ms from now", (ms) => {
    expect(take({ at: Date.now() + ms })).toEqual(NOTHING);
  });

  test.each<[what: string, prepare: () => void]>([
    ["under Global Privacy Control", () => vi.stubGlobal("navigator", { globalPrivacyControl: true })],
    ["under Do Not Track", () => vi.stubGlobal("navigator", { doNotTrack: "1" })],
    ["in a preview", () => history.replaceState(null, "", "/?a=b&fairsplit_force=test:A")],
    ["where a preview ends", () => history.replaceState(null, "", "/?fairsplit_force=")],
    ["in a preview that began on another page", () => sessionStorage.setItem("fairsplit_force", "test:A")],
    ["where another tag is in charge", () => vi.stubGlobal("fairsplit", { ready: () => undefined })],
    [
      "where cookies are blocked",
      () => {
        vi.spyOn(document, "cookie", "set").mockImplementation(() => undefined);
      },
    ],
  ])("%s", (_, prepare) => {
    prepare();
    expect(take()).toEqual(NOTHING);
  });

  test("while the visitor has not agreed", () => {
    expect(take({}, { consent: "required" })).toEqual(NOTHING);
  });

  test("on a page that is rendered ahead of a visit", () => {
    Object.defineProperty(document, "prerendering", { value: true, configurable: true });
    try {
      expect(take()).toEqual(NOTHING);
    } finally {
      Reflect.deleteProperty(document, "prerendering");
    }
  });

  test("where the script gives nothing", () => {
    takeDevice(undefined, {}, SOURCE);
    expect(readCookie()).toBeUndefined();
  });
});

test("who has a device keeps it, and what was kept with it", () => {
  const mine = "f".repeat(32);
  keepDevice(mine);
  localStorage.fairsplit = `["${mine}","token",{},"/",1]`;
  expect(take()).toEqual({ device: mine, kept: [mine, "token", {}, "/", 1] });
});

test("an element of the page called fairsplit is no other tag", () => {
  vi.stubGlobal("fairsplit", document.createElement("form"));
  expect(take().device).toBe(ID);
});

test("what a page waits to say is no other tag", () => {
  window.fairsplit = [["track", "signup"]];
  expect(take().device).toBe(ID);
});
