// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import { start } from "../../tag/start.ts";

const badge = vi.fn();
vi.mock("https://ab.example.com/badge.js", () => {
  badge(document.fairsplitTag);
  return {};
});

const ASSIGNED: AssignedGroup = {
  active: true,
  state: "active",
  group: "B",
  fallback: "A",
  epoch: 3,
  value: 1,
  payload: null,
  html: null,
  reason: "hash",
};
const PAGE = `
  <div data-exp="test">Loading…<template data-group="A">Variant A</template><template data-group="B">Variant B <button data-exp-click="buy">x</button></template></div>
  <div data-exp="test"><template data-group="A">again A</template><template data-group="B">again B</template></div>`;

let answer: (response: Response | Promise<Response>) => void;
let fetched: Mock<(url: string, init?: RequestInit) => Promise<Response>>;
const cleanUps: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-31T12:00:00.000Z") });
  fetched = vi.fn(async (url) =>
    String(url).includes("/api/expgroups")
      ? new Promise<Response>((resolve) => {
          answer = resolve;
        })
      : new Response("{}"),
  );
  vi.stubGlobal("fetch", fetched);
  // Observers and listeners outlive a test.
  const RealObserver = MutationObserver;
  vi.stubGlobal(
    "MutationObserver",
    class extends RealObserver {
      constructor(callback: MutationCallback) {
        super(callback);
        cleanUps.push(() => this.disconnect());
      }
    },
  );
  const add = window.addEventListener.bind(window);
  vi.stubGlobal("addEventListener", (...args: Parameters<typeof addEventListener>) => {
    cleanUps.push(() => window.removeEventListener(...args));
    add(...args);
  });
  delete document.fairsplitTag;
  localStorage.clear();
  document.body.innerHTML = PAGE;
});
afterEach(async () => {
  await vi.runOnlyPendingTimersAsync();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function script(attributes: Record<string, string> = {}): HTMLScriptElement {
  const element = document.createElement("script");
  for (const [name, value] of Object.entries({ src: "https://ab.example.com/tag.js", ...attributes })) {
    element.setAttribute(name, value);
  }
  return element;
}

const groups = (change: Partial<AssignedGroup> = {}) =>
  new Response(JSON.stringify({ test: { ...ASSIGNED, ...change } }));
const settle = () => vi.advanceTimersByTimeAsync(0);
const sent = () =>
  fetched.mock.calls.flatMap(([url, init]) =>
    new URL(url).pathname === "/events" ? JSON.parse(String(init?.body)) : [],
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

describe("the groups", () => {
  test("are asked for once, with the device and the page's path, without cookies", async () => {
    start(script());
    expect(fetched).toHaveBeenCalledOnce();
    const [url, init] = fetched.mock.lastCall ?? [];
    const { origin, pathname, searchParams } = new URL(String(url));
    expect(origin + pathname).toBe("https://ab.example.com/api/expgroups");
    expect(searchParams.get("device_id")).toMatch(/^[0-9a-f]{32}$/);
    expect(searchParams.get("path")).toBe(location.pathname);
    expect(init).toEqual({ credentials: "omit" });
  });

  test("decide what is shown", async () => {
    start(script());
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
    start(script());
    answer(response());
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent().map(({ event }) => event)).toContain("pageview");
    expect(sent().map(({ event }) => event)).not.toContain("exposure");
  });
});

describe("a placeholder that no experiment is for", () => {
  test("is reported, once, and shows its fallback", async () => {
    start(script());
    answer(new Response(JSON.stringify({ other: ASSIGNED })));
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent()).toMatchObject([{ event: "pageview" }, { event: "no_experiment", experiment: "test" }]);
  });
});

describe("the timeout", () => {
  test.each<[attributes: Record<string, string>, timeoutMs: number]>([
    [{}, 1000],
    [{ "data-timeout": "250" }, 250],
  ])("shows the fallback when no answer comes: %j", async (attributes, timeoutMs) => {
    start(script(attributes));
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(texts()[0]).toBe("Loading…");
    await vi.advanceTimersByTimeAsync(1);
    expect(texts()).toEqual(["Variant A", "again A"]);
  });

  test("an answer that comes later changes nothing and exposes nobody", async () => {
    start(script());
    await vi.advanceTimersByTimeAsync(1000);
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant A", "again A"]);
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("that comes after the answer changes nothing", async () => {
    start(script());
    answer(groups());
    await vi.advanceTimersByTimeAsync(5000);
    expect(texts()).toEqual(["Variant B x", "again B"]);
    expect(sent().filter(({ event }) => event === "exposure")).toHaveLength(1);
  });
});

describe("what is reported", () => {
  test("a pageview and one exposure per experiment, though two placeholders show it", async () => {
    start(script());
    answer(groups());
    await settle();
    expect(sent()).toMatchObject([
      { event: "pageview", path: location.pathname },
      { event: "exposure", experiment: "test", group: "B", epoch: 3 },
    ]);
    expect(new Set(sent().map(({ deviceId }) => deviceId)).size).toBe(1);
  });

  test("no pageview when the page does not want one", async () => {
    start(script({ "data-pageview": "off" }));
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["exposure"]);
  });

  test.each<[what: string, change: Partial<AssignedGroup>]>([
    ["an experiment that is off", { state: "inactive", value: -1 }],
    ["one that is rolled out", { state: "rollout" }],
    ["a device that does not take part", { value: -1, reason: "route" }],
  ])("no exposure of %s, though a variant is shown", async (_, change) => {
    start(script());
    answer(groups(change));
    await settle();
    expect(texts()[0]).toBe("Variant B x");
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("no exposure for an experiment that the page does not show", async () => {
    document.body.innerHTML = "";
    start(script());
    answer(groups());
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview"]);
  });

  test("an exposure when the placeholder comes later", async () => {
    document.body.innerHTML = "<main></main>";
    start(script());
    answer(groups());
    await settle();
    document.body.insertAdjacentHTML("beforeend", PAGE);
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });

  test("a click with the group and epoch that were shown", async () => {
    start(script());
    answer(groups());
    await settle();
    document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await settle();
    expect(sent().at(-1)).toMatchObject({ event: "buy", experiment: "test", group: "B", epoch: 3 });
  });

  test("a click before the groups have come, without a group", async () => {
    document.body.innerHTML = '<button data-exp-click="buy">x</button>';
    start(script());
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
  /** Opens a page of the site, as if the browser had gone there. */
  const open = (query: string) => {
    happyDOM.setURL(`https://shop.example.com/page${query}`);
    delete document.fairsplitTag;
    document.body.innerHTML = PAGE;
    fetched.mockClear();
    start(script());
    return new URL(String(fetched.mock.calls[0]?.[0])).searchParams.get("force");
  };
  const click = () => document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const posts = () => fetched.mock.calls.map(([url]) => url).filter((url) => url.includes("/events"));

  test("is what the page's address says, on all pages of the session, until one says something else or nothing", () => {
    expect(open("")).toBe("");
    expect(open("?a=b&fairsplit_force=a-token&c#d")).toBe("a-token");
    expect(open("")).toBe("a-token");
    expect(open("?my_fairsplit_force=other")).toBe("a-token");
    expect(open("?fairsplit_force=test%3A%C3%BC%26")).toBe("test:ü&");
    expect(open("")).toBe("test:ü&");
    expect(open("?fairsplit_force=")).toBe("");
    expect(open("")).toBe("");
  });

  test("is for this page only where the page may not store anything", () => {
    vi.stubGlobal("sessionStorage", undefined);
    expect(open("?fairsplit_force=a-token")).toBe("a-token");
    expect(open("")).toBe("");
  });

  test("is shown, and nothing of the page view is reported, though it shows other experiments, too", async () => {
    const exposed = vi.fn();
    document.addEventListener("fairsplit:exposure", exposed, { once: true });
    open("?fairsplit_force=a-token");
    click();
    answer(new Response(JSON.stringify({ draft: { ...ASSIGNED, reason: "forced" }, test: ASSIGNED })));
    await settle();
    expect(texts()).toEqual(["Variant B x", "again B"]);
    click();
    await vi.advanceTimersByTimeAsync(100_000);
    dispatchEvent(new Event("pagehide"));
    expect(posts()).toEqual([]);
    expect(badge).toHaveBeenCalledExactlyOnceWith({ draft: { ...ASSIGNED, reason: "forced" }, test: ASSIGNED });
    expect(exposed).not.toHaveBeenCalled();
    document.removeEventListener("fairsplit:exposure", exposed);
  });

  test("is nothing that a server can begin by itself", async () => {
    badge.mockClear();
    open("");
    answer(groups({ reason: "forced" }));
    await settle();
    expect(badge).not.toHaveBeenCalled();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });

  test("makes no difference when the server knows nothing of it", async () => {
    open("?fairsplit_force=forged");
    answer(groups());
    await settle();
    click();
    await settle();
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure", "buy"]);
    expect(new Set(posts())).toEqual(new Set(["https://ab.example.com/events?force=forged"]));
  });

  test("goes with what has to be sent before the groups are there: the server knows what to do with it", async () => {
    open("?fairsplit_force=a-token");
    dispatchEvent(new Event("pagehide"));
    expect(posts()).toEqual(["https://ab.example.com/events?force=a-token"]);
    answer(groups({ reason: "forced" }));
    await settle();
  });
});

describe("what a device's next page view takes from the one before", () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  const before = location.href;
  const asked = () => new URL(String(fetched.mock.lastCall?.[0])).searchParams;
  /** Opens a page whose question `response` answers, when there is one. */
  const open = async (response?: Response, path = "/") => {
    // The page before is left.
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
    happyDOM.setURL(`https://shop.example.com${path}`);
    delete document.fairsplitTag;
    document.body.innerHTML = PAGE;
    fetched.mockClear();
    start(script());
    if (response) answer(response);
    const atOnce = texts();
    await settle();
    return atOnce;
  };
  const withToken = async (response: Response, token: string) =>
    new Response(await response.text(), { headers: { "Fairsplit-Sticky": token } });
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
    expect(fetched.mock.calls.map(([url]) => new URL(url).pathname).sort()).toEqual(["/api/expgroups", "/events"]);
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
    // The failure did not cost the groups.
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

  test("nothing that was another device's", async () => {
    await open(groups());
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
    document.cookie = "device_id=another;path=/";
    expect(await open()).toEqual(["Loading…", ""]);
    expect(asked().get("device_id")).toBe("another");
    expect(asked().get("sticky")).toBe("");
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

  test("the token by which it keeps its groups goes with the next question", async () => {
    await open(await withToken(groups(), "a-token"));
    await open();
    expect(asked().get("sticky")).toBe("a-token");
  });

  test("the token stays when the answer brings none", async () => {
    await open(await withToken(groups(), "a-token"));
    await open(groups());
    await open(new Response("", { status: 503 }));
    await open();
    expect(asked().get("sticky")).toBe("a-token");
  });

  test("nothing where the page may not store anything", async () => {
    vi.stubGlobal("localStorage", undefined);
    await open(await withToken(groups(), "a-token"));
    expect(texts()[0]).toBe("Variant B x");
    expect(await open()).toEqual(["Loading…", ""]);
    expect(asked().get("sticky")).toBe("");
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
    start(script());
    answer(groups());
    await settle();
    expect(heard).toEqual([
      ["exposure", { experiment: "test", group: "B" }],
      ["ready", { test: ASSIGNED }],
    ]);
  });

  test("may have the tag twice: the second does nothing", async () => {
    start(script());
    start(script({ src: "https://other.example.com/tag.js" }));
    answer(groups());
    await settle();
    expect(fetched.mock.calls.filter(([url]) => url.includes("/api/expgroups"))).toHaveLength(1);
    expect(sent().map(({ event }) => event)).toEqual(["pageview", "exposure"]);
  });
});
