// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import type { Fairsplit } from "../../tag/fairsplit.ts";
import type { Options } from "../../tag/options.ts";
import { ASSIGNED } from "./assigned.ts";
import { ownPage } from "./own-page.ts";

// The time between the tag's first part and the other one, which this test lets come when it wants.

const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
const BOTH =
  '<template data-group="A"><p>Variant A</p></template><template data-group="B"><p>Variant B <button data-exp-click="buy">x</button></p></template>';
const PAGE = `<div data-exp="test"><i>Own</i>${BOTH}</div>`;

let answer: (response: Response) => void;
let fetched: Mock<(url: string, init?: RequestInit) => Promise<Response>>;
/** The server's answer to events. */
let stored: () => Promise<Response>;
let arrive: () => Promise<void>;
let tag: Fairsplit;
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-31T12:00:00.000Z") });
  stored = async () => new Response("{}");
  fetched = vi.fn(async (url) =>
    url.includes("/groups?")
      ? new Promise<Response>((resolve) => {
          answer = resolve;
        })
      : stored(),
  );
  vi.stubGlobal("fetch", fetched);
  happyDOM.setURL("https://shop.example.com/one");
  end = ownPage(PAGE);
});
afterEach(() => {
  vi.clearAllTimers();
  end();
  for (const cookie of document.cookie.split("; ")) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
    document.cookie = `${cookie.split("=")[0]}=;path=/;max-age=0`;
  }
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Starts the first part; the other one comes with `arrive`. */
async function start(options: Options = {}): Promise<void> {
  vi.resetModules();
  const first = await import("../../tag/start.ts");
  const more = await import("../../tag/more.ts");
  let come: (other: typeof more) => void = () => undefined;
  const promise = new Promise<typeof more>((resolve) => {
    come = resolve;
  });
  arrive = async () => {
    come(more);
    await vi.advanceTimersByTimeAsync(0);
  };
  first.start(options, "https://ab.example.com/tag.js", () => promise);
  tag = window.fairsplit as Fairsplit;
}

const groups = (change: Partial<AssignedGroup> = {}) =>
  new Response(JSON.stringify({ test: { ...ASSIGNED, ...change } }));
/** Longer than a paint and than events are gathered, shorter than the timeout. */
const settle = () => vi.advanceTimersByTimeAsync(350);
/** Starts the first part, and lets it show and report the variant. */
const begin = async (options: Options = {}) => {
  await start(options);
  answer(groups());
  await settle();
};
const posts = () => fetched.mock.calls.filter(([url]) => new URL(url).pathname === "/notes");
const sent = (): Record<string, unknown>[] => posts().flatMap(([, init]) => JSON.parse(String(init?.body)));
const events = () => sent().map(({ event, path }) => `${event} ${path}`);
const texts = () =>
  [...document.querySelectorAll("[data-exp]")].map((element) =>
    [...element.childNodes].map((node) => (node.nodeName === "TEMPLATE" ? "" : node.textContent?.trim())).join(""),
  );
const placeholder = () => document.querySelector("[data-exp]") as HTMLElement;

describe("before the other part has come", () => {
  test("the variant is shown, exposed and clicked on, and the cookie is there", async () => {
    await begin();
    document.querySelector("button")?.click();
    await settle();
    expect(texts()).toEqual(["Variant B x"]);
    expect(events()).toEqual(["pageview /one", "exposure /one", "buy /one"]);
    expect(document.cookie).toContain(`fairsplit_id=${sent()[0]?.deviceId}`);
  });

  test("all of it is so if the other part never comes, also what later posts say", async () => {
    await begin();
    stored = async () => new Response("", { status: 503 });
    tag.track("one");
    await settle();
    stored = async () => new Response("{}");
    tag.track("two");
    await settle();
    expect(events()).toEqual(["pageview /one", "exposure /one", "one /one", "one /one", "two /one"]);
    expect(sent()[2]?.id).toBe(sent()[3]?.id);
    expect(Object.keys(localStorage)).toEqual([]);
  });

  test("a placeholder that needs it waits for the timeout, and is then not counted, nor changed late", async () => {
    document.body.innerHTML = `<b data-exp="test" data-exp-class="A:white B:gold">Own</b>`;
    await begin();
    expect(placeholder().hasAttribute("data-exp-shown")).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    await arrive();
    await settle();
    expect(placeholder().className).toBe("");
    expect(events()).toEqual(["pageview /one"]);
  });

  test("forget ends everything at once, and deletes what earlier pages left when it comes", async () => {
    const left = '\n{"id":"00000000"}';
    Object.assign(localStorage, { fairsplit_consent: "1", fairsplit: "[]", [left]: "", theme: "dark" });
    await start({ consent: "required" });
    expect(document.cookie).toContain("fairsplit_id=");
    fetched.mockClear();
    tag.forget();
    tag.track("one");
    await settle();
    expect(document.cookie).toBe("");
    expect(Object.keys(localStorage).sort()).toEqual([left, "theme"]);
    await arrive();
    await settle();
    expect(sent()).toEqual([]);
    expect(document.cookie).toBe("");
    expect(Object.keys(localStorage)).toEqual(["theme"]);
  });
});

test("forget leaves a site's own cookie of the device's name", async () => {
  // biome-ignore lint/suspicious/noDocumentCookie: as a site writes it
  document.cookie = "device_id=visitor-17;path=/";
  await begin({ cookie: "device_id" });
  tag.forget();
  expect(document.cookie).toBe("device_id=visitor-17");
});

describe("when the other part comes,", () => {
  test("a variant that was undone meanwhile is put back, and exposed once", async () => {
    await begin();
    placeholder().innerHTML = `<i>Own</i>${BOTH}`;
    await settle();
    await arrive();
    await settle();
    expect(texts()).toEqual(["Variant B x"]);
    expect(events()).toEqual(["pageview /one", "exposure /one"]);
  });

  test("content of its own that the page has put there meanwhile stays", async () => {
    await begin();
    const { aside } = tag.shows.get(placeholder()) as { aside: DocumentFragment };
    aside.replaceChildren(document.createElement("strong"));
    await arrive();
    await settle();
    expect(placeholder().querySelector(":scope>strong")).not.toBeNull();
  });

  test("an experiment that the page has written there meanwhile is shown", async () => {
    document.body.innerHTML = PAGE + PAGE.replace('"test"', '"elsewhere"');
    await start();
    answer(new Response(JSON.stringify({ test: ASSIGNED, next: { ...ASSIGNED, group: "A" } })));
    await settle();
    placeholder().setAttribute("data-exp", "next");
    await settle();
    expect(texts()[0]).toBe("Variant B x");
    await arrive();
    await settle();
    expect(texts()[0]).toBe("Variant A");
    expect(sent().map(({ event, experiment }) => [event, experiment])).toEqual([
      ["pageview", undefined],
      ["exposure", "test"],
      ["unknown_placeholder", "elsewhere"],
      ["exposure", "next"],
    ]);
  });

  test("the view that the page has changed to meanwhile is begun", async () => {
    await begin();
    happyDOM.setURL("https://shop.example.com/two");
    document.body.innerHTML = PAGE;
    await settle();
    expect(texts()).toEqual(["Own"]);
    await arrive();
    answer(groups({ group: "A" }));
    await settle();
    expect(events()).toEqual(["pageview /one", "exposure /one", "pageview /two", "exposure /two"]);
  });

  test("an answer that came before is stored for the next view", async () => {
    await begin();
    expect(localStorage.fairsplit).toBeUndefined();
    await arrive();
    expect(JSON.parse(localStorage.fairsplit)[2]).toEqual({ test: ASSIGNED });
  });

  test("an answer that comes after it is shown and stored", async () => {
    document.body.innerHTML = PAGE.replace("<i>", "<input><i>");
    await start();
    await arrive();
    expect(texts()).toEqual(["Own"]);
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant B x"]);
    expect(JSON.parse(localStorage.fairsplit)[2]).toEqual({ test: ASSIGNED });
  });

  test.each([
    ["answered with 503", async () => new Response("", { status: 503 })],
    ["lost", async () => Promise.reject(new TypeError("Failed to fetch"))],
  ])("events whose post was %s are sent again, with the same ids", async (_, failing) => {
    stored = failing;
    await begin();
    const first = sent().slice(0, 2);
    fetched.mockClear();
    stored = async () => new Response("{}");
    await arrive();
    await settle();
    expect(sent()).toEqual(first);
    expect(Object.keys(localStorage)).toEqual(["fairsplit"]);
  });

  test("events whose post fails only then are sent again, too", async () => {
    let fail: (error: Error) => void = () => undefined;
    stored = () => new Promise((_, reject) => (fail = reject));
    await begin();
    await arrive();
    const first = sent();
    stored = async () => new Response("{}");
    fail(new TypeError("Failed to fetch"));
    await settle();
    expect(sent().slice(first.length)).toEqual(first);
  });

  test("events whose post fails once the visitor has been forgotten are not", async () => {
    let fail: (error: Error) => void = () => undefined;
    stored = () => new Promise((_, reject) => (fail = reject));
    await begin();
    await arrive();
    tag.forget();
    const before = sent().length;
    stored = async () => new Response("{}");
    fail(new TypeError("Failed to fetch"));
    await settle();
    tag.consent(true);
    answer(groups());
    await settle();
    const later = sent().slice(before);
    expect(later.map(({ event }) => event)).toEqual(["pageview", "exposure"]);
    expect(later[0]?.deviceId).not.toBe(sent()[0]?.deviceId);
  });

  test("an event too large for a request loses the params that make it so", async () => {
    stored = async () => Promise.reject(new TypeError("Failed to fetch"));
    await begin();
    const texts = Array.from({ length: 100 }, (_, index) => [`p${index}`, "é".repeat(1000)]);
    tag.track("huge", Object.fromEntries(texts));
    await settle();
    stored = async () => new Response("{}");
    await arrive();
    await vi.advanceTimersByTimeAsync(2000);
    const huge = sent().filter(({ event }) => event === "huge");
    expect(huge).toHaveLength(2);
    expect(JSON.stringify(huge[1]).length).toBeLessThan(20_000);
    expect(huge[1]).toMatchObject({
      params: { p0: "é".repeat(1000) },
      dropped: expect.arrayContaining(["params.p25"]),
    });
  });

  test("the account named last decides what had none", async () => {
    await start();
    const none = { group: "", value: -1, reason: "no_unit" } as const;
    answer(groups(none));
    await settle();
    tag.identify("a1");
    tag.identify("a2");
    await arrive();
    await settle();
    const asked = fetched.mock.calls.map(([url]) => new URL(url).searchParams.get("account_id"));
    expect(asked.filter(Boolean)).toEqual(["a1", "a2"]);
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant B x"]);
    expect(sent().at(-1)).toMatchObject({ event: "exposure", accountId: "a2" });
  });

  test("consent that was given is acted on", async () => {
    await start({ consent: "required" });
    await settle();
    tag.consent(true);
    await settle();
    expect(fetched).not.toHaveBeenCalled();
    await arrive();
    answer(groups());
    await settle();
    expect(texts()).toEqual(["Variant B x"]);
    expect(events()).toEqual(["pageview /one", "exposure /one"]);
  });

  test("the data layer is told of exposures that listeners heard of before", async () => {
    const heard = vi.fn();
    document.addEventListener("fairsplit:exposure", heard, { once: true });
    const entries: object[] = [];
    window.dataLayer = entries as never;
    await begin();
    expect(heard).toHaveBeenCalledOnce();
    await arrive();
    await settle();
    expect(entries).toEqual([{ event: "experiment_viewed", experiment_id: "test", variation_id: "B" }]);
    delete window.dataLayer;
  });
});
