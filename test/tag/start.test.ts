// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import { storedGroups } from "../../core/stored-groups.ts";
import type { Fairsplit } from "../../tag/fairsplit.ts";
import type { Options } from "../../tag/options.ts";
import { ASSIGNED } from "./assigned.ts";
import { ownPage } from "./own-page.ts";

const badge = vi.fn();
vi.mock("https://ab.example.com/badge.js", () => {
  badge((window.fairsplit as Fairsplit).groups);
  return {};
});

const PAGE = `
  <div data-exp="test">Loading…<template data-group="A">Variant A</template><template data-group="B">Variant B <button data-exp-click="buy">x</button></template></div>
  <div data-exp="test"><template data-group="A">again A</template><template data-group="B">again B</template></div>`;

let answer: (response: Response | Promise<Response>) => void;
let fetched: Mock<(url: string, init?: RequestInit) => Promise<Response>>;
let endPage: () => void;
const cleanUps: (() => void)[] = [];
/** Leaves a page: a tag that went on would undo for ever what the next page's renders. */
const leave = () => {
  endPage();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-31T12:00:00.000Z") });
  fetched = vi.fn(async (url) =>
    String(url).includes("/groups?")
      ? new Promise<Response>((resolve) => {
          answer = resolve;
        })
      : new Response("{}"),
  );
  vi.stubGlobal("fetch", fetched);
  endPage = ownPage(PAGE);
});
afterEach(async () => {
  await settle();
  vi.clearAllTimers();
  leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Starts the tag; only the browser's storage survives from earlier pages. */
async function start(options: Options = {}, source = "https://ab.example.com/tag.js"): Promise<Fairsplit> {
  vi.resetModules();
  const tag = await import("../../tag/start.ts");
  const more = await import("../../tag/more.ts");
  tag.start(options, source, async () => more);
  return window.fairsplit as Fairsplit;
}

const groups = (change: Partial<AssignedGroup> = {}, others: Record<string, AssignedGroup> = {}) =>
  new Response(JSON.stringify({ test: { ...ASSIGNED, ...change }, ...others }));
const soon = () => vi.advanceTimersByTimeAsync(0);
/** Longer than events are gathered, shorter than the timeout. */
const settle = () => vi.advanceTimersByTimeAsync(350);
const sent = () =>
  fetched.mock.calls.flatMap(([url, init]) =>
    new URL(url).pathname === "/notes" ? JSON.parse(String(init?.body)) : [],
  );
const texts = () =>
  [...document.querySelectorAll("[data-exp]")].map((element) =>
    element.lastElementChild?.nodeName === "TEMPLATE" || element.lastChild
      ? [...element.childNodes]
          .map((node) => (node.nodeName === "TEMPLATE" ? "" : node.textContent))
          .join("")
          .trim()
      : "",
  );

describe("groups that a server put into the page", () => {
  const ID = "0123456789abcdef0123456789abcdef";
  const inline = (text: string) => {
    // biome-ignore lint/suspicious/noDocumentCookie: as the tag reads it
    document.cookie = `fairsplit_id=${ID}; path=/`;
    document.head.innerHTML = '<script type="application/json" id="fairsplit"></script>';
    (document.head.firstElementChild as Element).textContent = text;
    cleanUps.push(() => {
      document.head.innerHTML = "";
      // biome-ignore lint/suspicious/noDocumentCookie: as the tag reads it
      document.cookie = "fairsplit_id=; path=/; max-age=0";
    });
  };
  const text = (id: string, path = location.pathname, more: Partial<AssignedGroup> = {}) =>
    JSON.stringify(storedGroups(id, { test: { ...ASSIGNED, ...more } }, path, Date.now()));

  test("are shown and exposed before the server has answered", async () => {
    inline(text(ID));
    await start();
    expect(texts()).toEqual(["Variant B x", "again B"]);
    answer(groups());
    await settle();
    expect(sent().find(({ event }) => event === "exposure")).toMatchObject({ deviceId: ID, group: "B", epoch: 3 });
  });

  test.each([
    ["of another device", () => text("f".repeat(32))],
    ["of another page", () => text(ID, "/elsewhere", { perPath: true })],
    ["that are no JSON", () => "{"],
    ["as earlier tags kept them", () => JSON.stringify([ID, "", { test: ASSIGNED }, location.pathname, Date.now()])],
  ])("are left where they are %s", async (_, made) => {
    inline(made());
    await start();
    expect(texts()).toEqual(["Loading…", ""]);
  });
});

describe("the groups", () => {
  test("are asked for once, with the device and the page's path, as any page may", async () => {
    await start();
    expect(fetched).toHaveBeenCalledOnce();
    const [url, init] = fetched.mock.lastCall ?? [];
    const { origin, pathname, searchParams } = new URL(String(url));
    expect(origin + pathname).toBe("https://ab.example.com/groups");
    expect(searchParams.get("device_id")).toMatch(/^[0-9a-f]{32}$/);
    expect(searchParams.get("path")).toBe(location.pathname);
    expect(init).toBeUndefined();
  });

  test("decide what is shown", async () => {
    await start();
    expect(texts()[0]).toBe("Loading…");
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test.each<[what: string, response: () => Response | Promise<Response>]>([
    ["no connection", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["500 with JSON", () => new Response('{"test":{"group":"B"}}', { status: 500 })],
    ["404", () => new Response("", { status: 404 })],
    ["HTML", () => new Response("<!doctype html><h1>Captive portal</h1>")],
    ["half of the JSON", () => new Response('{"test":{"active":true,"gro')],
    ["an empty body", () => new Response("")],
    ["null", () => new Response("null")],
    ["a number", () => new Response("7")],
    ["a list", () => new Response("[]")],
    ["a text as group", () => new Response('{"test":"B"}')],
    ["nothing about this experiment", () => new Response("{}")],
  ])("the fallback is shown at once, and nothing is exposed: %s", async (_, response) => {
    await start();
    answer(response());
    await soon();
    expect(texts()).toEqual(["Variant A", "again A"]);
    await settle();
    expect(sent().map(({ event }) => event)).toContain("pageview");
    expect(sent().map(({ event }) => event)).not.toContain("exposure");
  });
});

describe("a placeholder that no experiment is for", () => {
  test("is reported, once, and shows its fallback", async () => {
    await start();
    answer(new Response(JSON.stringify({ other: ASSIGNED })));
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent()).toMatchObject([{ event: "pageview" }, { event: "unknown_placeholder", experiment: "test" }]);
  });
});

describe("the timeout", () => {
  test.each<[options: Options, timeoutMs: number]>([
    [{}, 1000],
    [{ timeout: "250" }, 250],
  ])("shows the fallback when no answer comes: %j", async (options, timeoutMs) => {
    await start(options);
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(texts()[0]).toBe("Loading…");
    await vi.advanceTimersByTimeAsync(1);
    expect(texts()).toEqual(["Variant A", "again A"]);
  });

  test("an answer that comes later changes nothing and exposes nobody", async () => {
    await start();
    await vi.advanceTimersByTimeAsync(1000);
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("that comes after the answer changes nothing", async () => {
    await start();
    answer(groups());
    await vi.advanceTimersByTimeAsync(5000);
    expect(texts()).toEqual(["Variant B x", "again B"]);
    expect(sent().filter(({ event }) => event === "exposure")).toHaveLength(1);
  });
});

describe("what is reported", () => {
  test("a pageview and one exposure per experiment, though two placeholders show it", async () => {
    await start();
    answer(groups());
    await settle();
    expect(sent()).toMatchObject([
      { event: "pageview", path: location.pathname },
      { event: "exposure", experiment: "test", group: "B", epoch: 3 },
    ]);
    expect(new Set(sent().map(({ deviceId }) => deviceId)).size).toBe(1);
  });

  test("no pageview when the page does not want one", async () => {
    await start({ pageview: "off" });
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["exposure"]);
  });

  test.each<[what: string, change: Partial<AssignedGroup>]>([
    ["an experiment that is off", { state: "inactive", value: -1 }],
    ["one that is rolled out", { state: "rollout" }],
    ["a device that does not take part", { value: -1, reason: "route" }],
  ])("no exposure of %s, though a variant is shown", async (_, change) => {
    await start();
    answer(groups(change));
    await settle();
    expect(texts()[0]).toBe("Variant B x");
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("no exposure for an experiment that the page does not show", async () => {
    document.body.innerHTML = "";
    await start();
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("an exposure at once when the variant is clicked on before it was painted", async () => {
    await start();
    answer(groups());
    await soon();
    document.querySelector("button")?.click();
    await settle();
    expect(sent().map(({ event, group }) => [event, group])).toEqual([
      ["pageview", undefined],
      ["exposure", "B"],
      ["buy", "B"],
    ]);
  });

  test("an exposure when the placeholder comes later", async () => {
    document.body.innerHTML = "<main></main>";
    await start();
    answer(groups());
    await settle();
    document.body.insertAdjacentHTML("beforeend", PAGE);
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });

  test("a click with the group and epoch that were shown", async () => {
    await start();
    answer(groups());
    await settle();
    document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await settle();
    expect(sent().at(-1)).toMatchObject({ event: "buy", experiment: "test", group: "B", epoch: 3 });
  });

  test("a click before the groups have come, without a group", async () => {
    document.body.innerHTML = '<button data-exp-click="buy">x</button>';
    await start();
    document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "buy"]);
    expect(sent()[1]).not.toHaveProperty("group");
  });
});

describe("what is forced", () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  const before = location.href;
  const storage = sessionStorage;
  afterEach(() => {
    happyDOM.setURL(before);
    storage.clear();
  });
  /** Opens a page of the site, as by navigation. */
  const open = async (query: string) => {
    // Leave the previous page.
    leave();
    vi.clearAllTimers();
    happyDOM.setURL(`https://shop.example.com/page${query}`);
    delete window.fairsplit;
    document.body.innerHTML = PAGE;
    fetched.mockClear();
    await start();
    // The other part asks in a preview.
    await soon();
    return new URL(String(fetched.mock.calls[0]?.[0])).searchParams.get("force") ?? "";
  };
  const click = () => document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const posts = () => fetched.mock.calls.map(([url]) => url).filter((url) => url.includes("/notes"));

  test("is what the page's address says, on all pages of the session, until one says something else or nothing", async () => {
    expect(await open("")).toBe("");
    expect(await open("?a=b&fairsplit_force=a-token&c#d")).toBe("a-token");
    expect(await open("")).toBe("a-token");
    expect(await open("?my_fairsplit_force=other")).toBe("a-token");
    expect(await open("?fairsplit_force=test%3A%C3%BC%26")).toBe("test:ü&");
    expect(await open("")).toBe("test:ü&");
    expect(await open("?fairsplit_force=")).toBe("");
    expect(await open("")).toBe("");
  });

  test("is for this page only where the page may not store anything", async () => {
    vi.stubGlobal("sessionStorage", undefined);
    expect(await open("?fairsplit_force=a-token")).toBe("a-token");
    expect(await open("")).toBe("");
  });

  test("is shown, and nothing of the page view is reported, though it shows other experiments, too", async () => {
    const exposed = vi.fn();
    document.addEventListener("fairsplit:exposure", exposed, { once: true });
    await open("?fairsplit_force=a-token");
    click();
    answer(new Response(JSON.stringify({ draft: { ...ASSIGNED, reason: "forced" }, test: ASSIGNED })));
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
    click();
    await vi.advanceTimersByTimeAsync(100_000);
    dispatchEvent(new Event("pagehide"));
    expect(posts()).toEqual([]);
    expect(localStorage).toHaveLength(0);
    expect(badge).toHaveBeenCalledExactlyOnceWith({ draft: { ...ASSIGNED, reason: "forced" }, test: ASSIGNED });
    expect(exposed).not.toHaveBeenCalled();
    document.removeEventListener("fairsplit:exposure", exposed);
  });

  test("is nothing that a server can begin by itself", async () => {
    badge.mockClear();
    await open("");
    answer(groups({ reason: "forced" }));
    await settle();
    expect(badge).not.toHaveBeenCalled();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });

  test("makes no difference when the server knows nothing of it", async () => {
    await open("?fairsplit_force=forged");
    answer(groups());
    await settle();
    click();
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure", "buy"]);
  });

  test("lets nothing go before the server has said what it is", async () => {
    await open("?fairsplit_force=a-token");
    await settle();
    dispatchEvent(new Event("pagehide"));
    expect(posts()).toEqual([]);
    answer(groups({ reason: "forced" }));
    await settle();
    expect(posts()).toEqual([]);
  });
});

describe("what a device's next page view takes from the one before", () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  const before = location.href;
  const asked = () => new URL(String(fetched.mock.calls.find(([url]) => url.includes("/groups?"))?.[0])).searchParams;
  /** Opens a page whose request gets `response`, if there is one. */
  const open = async (response?: Response, path = "/") => {
    // Leave the previous page.
    leave();
    happyDOM.setURL(`https://shop.example.com${path}`);
    vi.clearAllTimers();
    delete window.fairsplit;
    document.body.innerHTML = PAGE;
    fetched.mockClear();
    await start();
    if (response) answer(response);
    const atOnce = texts();
    await settle();
    return atOnce;
  };
  const storage = localStorage;
  afterEach(() => {
    happyDOM.setURL(before);
    storage.clear();
    sessionStorage.clear();
    for (const cookie of document.cookie.split("; ")) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
      document.cookie = `${cookie.split("=")[0]}=;path=/;max-age=0`;
    }
  });

  test("the groups are shown at once, and asked for again", async () => {
    expect(await open(groups())).toEqual(["Loading…", ""]);
    expect(await open()).toEqual(["Variant B x", "again B"]);
    expect(fetched.mock.calls.map(([url]) => new URL(url).pathname).sort()).toEqual(["/groups", "/notes"]);
    expect(sent()).toMatchObject([{ event: "pageview" }, { event: "exposure", group: "B", epoch: 3 }]);
  });

  test("another answer is for the view after: what is shown stays, and is what is reported", async () => {
    await open(groups());
    await open(groups({ group: "A", epoch: 4 }));
    expect(texts()).toEqual(["Variant B x", "again B"]);
    document.body.insertAdjacentHTML("beforeend", PAGE);
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B", "Variant B x", "again B"]);
    expect(sent().filter(({ event }) => event === "exposure")).toMatchObject([{ group: "B", epoch: 3 }]);
    expect(await open()).toEqual(["Variant A", "again A"]);
    expect(sent().at(-1)).toMatchObject({ event: "exposure", group: "A", epoch: 4 });
  });

  test("an experiment that is not among them waits for the answer", async () => {
    await open(new Response(JSON.stringify({ another: ASSIGNED })));
    expect(await open()).toEqual(["Loading…", ""]);
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test("what no answer comes for stays as it is: shown from the groups, or the fallback by the timeout", async () => {
    await open(new Response(JSON.stringify({ another: ASSIGNED })));
    await open(new Response("", { status: 500 }));
    expect(texts()).toEqual(["Variant A", "again A"]);
    // The failure did not lose the groups.
    document.body.innerHTML = PAGE.replaceAll('"test"', '"another"');
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test.each<[what: string, path: string, change: Partial<AssignedGroup>, expected: string]>([
    ["on another page", "/other", {}, "Variant B x"],
    ["that depends on the page, on the same", "/", { perPath: true }, "Variant B x"],
    ["that depends on the page, on another", "/other", { perPath: true }, "Loading…"],
  ])("a group %s: %j", async (_, path, change, expected) => {
    await open(groups(change));
    expect((await open(undefined, path))[0]).toBe(expected);
  });

  test("on another page those that hold for every page, while listeners wait for all", async () => {
    await open(groups({ perPath: true }, { another: ASSIGNED }));
    await open(undefined, "/other");
    const tag = window.fairsplit as Fairsplit;
    const heard = vi.fn();
    tag.ready(heard);
    await soon();
    expect(texts()).toEqual(["Loading…", ""]);
    expect(tag.group("another")).toBe("B");
    expect(tag.group("test")).toBeUndefined();
    expect(heard).not.toHaveBeenCalled();
    answer(groups({ group: "A" }, { another: ASSIGNED }));
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(heard).toHaveBeenCalledOnce();
    expect(Object.keys(heard.mock.lastCall?.[0]).sort()).toEqual(["another", "test"]);
  });

  test("nothing that was another device's", async () => {
    await open(groups());
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
    document.cookie = `fairsplit_id=${"a".repeat(32)};path=/`;
    expect(await open()).toEqual(["Loading…", ""]);
    expect(asked().get("device_id")).toBe("a".repeat(32));
  });

  test.each(["", "{", "null", "7", '"x"', "[]", '["id"]', "{}"])("nothing when what is stored is %j", async (text) => {
    storage.fairsplit = text;
    expect(await open(groups())).toEqual(["Loading…", ""]);
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test("a preview neither takes nor leaves any", async () => {
    await open(groups());
    const kept = storage.fairsplit;
    expect(await open(groups({ group: "A", reason: "forced" }), "/?fairsplit_force=a-token")).toEqual(["Loading…", ""]);
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(storage.fairsplit).toBe(kept);
  });

  test("nothing where the page may not store anything", async () => {
    vi.stubGlobal("localStorage", undefined);
    await open(groups());
    expect(texts()[0]).toBe("Variant B x");
    expect(await open()).toEqual(["Loading…", ""]);
  });
});

describe("the page", () => {
  test("hears when the groups are decided and when a variant was exposed", async () => {
    const heard: unknown[] = [];
    for (const name of ["ready", "exposure"]) {
      document.addEventListener(`fairsplit:${name}`, (event) => heard.push([name, (event as CustomEvent).detail]), {
        once: true,
      });
    }
    await start();
    answer(groups());
    await settle();
    expect(heard).toEqual([
      ["ready", { test: ASSIGNED }],
      ["exposure", { experiment: "test", group: "B" }],
    ]);
    expect(window.dataLayer).toBeUndefined();
  });

  test("may have the tag twice: the second does nothing", async () => {
    await start();
    await start({}, "https://other.example.com/tag.js");
    answer(groups());
    await settle();
    expect(fetched.mock.calls.filter(([url]) => url.includes("/groups?"))).toHaveLength(1);
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });
});

describe("consent", () => {
  const forget = () => {
    for (const cookie of document.cookie.split("; ")) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
      document.cookie = `${cookie.split("=")[0]}=;path=/;max-age=0`;
    }
  };
  beforeEach(forget);
  afterEach(forget);
  const expectNothing = () => {
    expect(fetched).not.toHaveBeenCalled();
    expect(document.cookie).toBe("");
    expect(localStorage).toHaveLength(0);
    expect(sessionStorage).toHaveLength(0);
  };
  const click = () => document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const events = () => sent().map(({ event }) => event);

  test("that is required and not given: the fallback, and nothing kept or sent", async () => {
    await start({ consent: "required" });
    expect(texts()).toEqual(["Variant A", "again A"]);
    await vi.advanceTimersByTimeAsync(1_000_000);
    dispatchEvent(new Event("pagehide"));
    expectNothing();
  });

  test("given: what happened meanwhile goes, once, and the group's variant takes the fallback's place", async () => {
    document.body.innerHTML = `${PAGE}<button data-exp-click="buy">x</button>`;
    const tag = await start({ consent: "required" });
    click();
    tag.track("signup", { plan: "x" }, 12.5);
    tag.consent(true);
    tag.consent(true);
    await soon();
    answer(groups());
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(texts()).toEqual(["Variant B x", "again B"]);
    expect(events()).toEqual(["buy", "signup", "pageview", "exposure"]);
    expect(sent()[1]).toMatchObject({ event: "signup", params: { plan: "x" }, value: 12.5 });
    const id = /fairsplit_id=(\w{32})/.exec(document.cookie)?.[1];
    expect(new Set(sent().map(({ deviceId }) => deviceId))).toEqual(new Set([id]));
  });

  test("given: what comes later shows the device's group, and so does the next page at once", async () => {
    document.body.innerHTML = "<main></main>";
    const tag = await start({ consent: "required" });
    tag.consent(true);
    await soon();
    answer(groups());
    await soon();
    document.body.innerHTML = PAGE;
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
    delete window.fairsplit;
    document.body.innerHTML = PAGE;
    await start({ consent: "required" });
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test("refused: nothing goes, and nothing is left", async () => {
    const tag = await start({ consent: "required" });
    tag.track("signup");
    tag.consent(false);
    tag.track("signup");
    await settle();
    expectNothing();
  });

  test("taken back: cookie and storage are gone, and nothing more goes", async () => {
    const tag = await start();
    answer(groups());
    await settle();
    expect(localStorage.length).toBeGreaterThan(0);
    fetched.mockClear();
    tag.track("signup");
    tag.forget();
    tag.track("signup");
    click();
    dispatchEvent(new Event("pagehide"));
    await vi.advanceTimersByTimeAsync(1_000_000);
    expectNothing();
  });

  test("given again after that: another device", async () => {
    const tag = await start();
    answer(groups());
    await settle();
    const [before] = sent();
    tag.forget();
    fetched.mockClear();
    tag.consent(true);
    answer(groups());
    await settle();
    // The new device also sees the variant, which the page still shows.
    expect(events()).toEqual(["pageview", "exposure"]);
    expect(sent()[0].deviceId).not.toBe(before.deviceId);
  });

  test.each<[what: string, name: string, value: unknown]>([
    ["Global Privacy Control", "globalPrivacyControl", true],
    ["Do Not Track", "doNotTrack", "1"],
  ])("%s says no, until the page says yes", async (_, name, value) => {
    Object.defineProperty(navigator, name, { configurable: true, value });
    try {
      const tag = await start();
      expect(texts()).toEqual(["Variant A", "again A"]);
      tag.track("signup");
      await settle();
      expectNothing();
      tag.consent(true);
      answer(groups());
      await settle();
      // The group's variant takes the place of the fallback.
      expect(texts()).toEqual(["Variant B x", "again B"]);
      expect(events()).toEqual(["pageview", "exposure"]);
    } finally {
      Reflect.deleteProperty(navigator, name);
    }
  });
});

describe("what a page may ask and say", () => {
  test("calls that came before the tag are done, in their order, and one's error costs no other", async () => {
    const heard = vi.fn();
    window.fairsplit = [["track", "one"], ["nonsense"], 7 as never, ["ready", heard], ["track", "two", { a: 1 }, 2]];
    await start();
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "one", "two", "exposure"]);
    expect(heard).toHaveBeenCalledExactlyOnceWith({ test: ASSIGNED });
  });

  test("later ones are done at once, also as a list", async () => {
    const tag = await start();
    tag.push(["track", "one"], ["track", "two"]);
    tag.track("three");
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "one", "two", "three", "exposure"]);
  });

  test("a device's group and payload, when they are known", async () => {
    const tag = await start();
    expect(tag.group("test")).toBeUndefined();
    answer(groups({ payload: { price: 3 } }));
    await tag.ready();
    expect(tag.group("test")).toBe("B");
    expect(tag.payload("test")).toEqual({ price: 3 });
    expect(tag.group("constructor")).toBeUndefined();
  });

  test("is ready when no answer comes, too", async () => {
    const heard = vi.fn();
    (await start()).ready(heard);
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toHaveBeenCalledExactlyOnceWith({});
  });

  test("tells its data layer and its listeners who was exposed, and listeners what failed", async () => {
    const entries: object[] = [];
    window.dataLayer = entries as never;
    const failed = vi.fn();
    document.addEventListener("fairsplit:error", failed, { once: true });
    await start();
    answer(new Response("", { status: 500 }));
    await soon();
    expect(failed.mock.lastCall?.[0].detail).toBe(500);
    leave();
    delete window.fairsplit;
    document.body.innerHTML = PAGE;
    await start();
    answer(groups());
    await settle();
    expect(entries).toEqual([{ event: "experiment_viewed", experiment_id: "test", variation_id: "B" }]);
    delete window.dataLayer;
  });
});

describe("a page that changes its address without loading", () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  const before = location.href;
  afterEach(() => happyDOM.setURL(before));
  const go = (path: string, html = PAGE) => {
    happyDOM.setURL(`https://shop.example.com${path}`);
    document.body.innerHTML = html;
  };

  test("has another view: reported, with groups of its own, and another exposure", async () => {
    go("/one");
    await start();
    answer(groups({ perPath: true }));
    await settle();
    go("/two");
    await soon();
    expect(texts()).toEqual(["Loading…", ""]);
    answer(groups({ perPath: true, group: "A" }));
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent().map(({ event, path, group }) => [event, path, group])).toEqual([
      ["pageview", "/one", undefined],
      ["exposure", "/one", "B"],
      ["pageview", "/two", undefined],
      ["exposure", "/two", "A"],
    ]);
  });

  test("shows the stored groups at once where they hold for every page", async () => {
    go("/one");
    await start();
    answer(groups());
    await settle();
    go("/two");
    await soon();
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });

  test("an answer for the page before decides nothing here", async () => {
    go("/one");
    await start();
    const late = answer;
    go("/two");
    await soon();
    late(new Response(JSON.stringify({ another: { ...ASSIGNED, perPath: true } })));
    await soon();
    expect(texts()).toEqual(["Loading…", ""]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual(["Variant A", "again A"]);
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "pageview"]);
  });

  test("comes to an end where a script answers each rendering with a new placeholder", async () => {
    await start();
    answer(groups());
    await settle();
    let rounds = 0;
    document.body.innerHTML = PAGE;
    const observer = new MutationObserver(() => {
      if (!document.querySelector("[data-exp] > button") || rounds >= 5000) return;
      rounds += 1;
      document.body.innerHTML = PAGE;
    });
    observer.observe(document.body, { childList: true, subtree: true });
    document.body.append("start");
    await settle();
    observer.disconnect();
    expect(rounds).toBeGreaterThan(100);
    expect(rounds).toBeLessThan(5000);
  });

  test("a view that comes back from the browser's memory is one more", async () => {
    await start();
    answer(groups());
    await settle();
    fetched.mockClear();
    dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    await settle();
    expect(fetched).not.toHaveBeenCalled();
    dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
    expect(texts()).toEqual(["Variant B x", "again B"]);
  });
});

describe("the server's address", () => {
  const asked = () => String(fetched.mock.calls[0]?.[0]).split("/groups?")[0];
  test.each<[options: Options, source: string, expected: string]>([
    [{}, "https://ab.example.com/tag.js", "https://ab.example.com"],
    [{}, "https://cdn.example.com/ab/tag.js?v=1", "https://cdn.example.com/ab"],
    [{}, "https://cdn.example.com/ab/tag.abc.js#x", "https://cdn.example.com/ab"],
    [{ api: "https://api.example.com" }, "https://cdn.example.com/tag.js", "https://api.example.com"],
    [{ api: "https://api.example.com/ab/" }, "https://cdn.example.com/tag.js", "https://api.example.com/ab"],
    [{ api: "/ab" }, "https://cdn.example.com/tag.js", "/ab"],
    [{ api: "" }, "https://cdn.example.com/tag.js", ""],
  ])("by %j of %s is %s", async (options, source, expected) => {
    await start(options, source);
    expect(asked()).toBe(expected);
  });

  test.each<[timeout: Options["timeout"], timeoutMs: number]>([
    ["0", 0],
    [250, 250],
    ["-1", 1000],
    ["soon", 1000],
  ])("the timeout %j is %i ms", async (timeout, timeoutMs) => {
    await start({ timeout });
    if (timeoutMs > 0) await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(texts()[0]).toBe("Loading…");
    await vi.advanceTimersByTimeAsync(1);
    expect(texts()[0]).toBe("Variant A");
  });
});
