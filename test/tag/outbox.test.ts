// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, onTestFinished, test, vi } from "vitest";
import { parseEvent } from "../../core/event.ts";

type Sent = { id: string; event: string; lost?: number; params?: unknown };
type Outbox = typeof import("../../tag/outbox.ts");

const URL_OF_EVENTS = "https://ab.example.com/notes";
/** Longer than events are gathered. */
const GATHERED_MS = 100;

let fetched: Mock<(url: string, init: RequestInit) => Promise<Response>>;
const storage = localStorage;

const ok = async () => new Response('{"status":"ok"}');
const status = (code: number) => async () => new Response("", { status: code });
const asksToWait = (text: string) => async () => new Response("", { status: 503, headers: { "retry-after": text } });
const offline = async () => {
  throw new TypeError("Failed to fetch");
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-31T12:00:00.000Z") });
  fetched = vi.fn(ok);
  vi.stubGlobal("fetch", fetched);
  storage.clear();
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The outbox of a new page: only the browser's storage survives from the previous page. */
async function openPage({ isOpen = true } = {}): Promise<Outbox> {
  vi.resetModules();
  const outbox = await import("../../tag/outbox.ts");
  if (isOpen) outbox.openOutbox(URL_OF_EVENTS);
  return outbox;
}
/** Ends a page like a crash: none of its code runs any more. */
const crash = () => vi.clearAllTimers();

/** Hides the page; returns its `sendBeacon`. */
function hidePage() {
  const sendBeacon = vi.fn(() => true);
  vi.stubGlobal("navigator", { sendBeacon });
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  return sendBeacon;
}

const batches = (): Sent[][] => fetched.mock.calls.map(([, { body }]) => JSON.parse(String(body)));
const names = () => batches().map((batch) => batch.map(({ event }) => event));
const add = (outbox: Outbox, ...events: string[]) => {
  for (const event of events) outbox.add({ event });
};
const stored = (): Sent[] =>
  Object.keys(storage)
    .filter((name) => name !== "fairsplit")
    .map((name) => JSON.parse(name.replace("fairsplit", "")));

describe("an event", () => {
  test("carries an id and its time, and the server takes it as it is", async () => {
    const outbox = await openPage();
    const given = {
      deviceId: "d",
      path: "/",
      event: "exposure",
      experiment: "test",
      group: "A",
      epoch: 1,
      params: { plan: "x" },
    };
    outbox.add(given);
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    const [event] = batches()[0] ?? [];
    expect(event).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), ts: "2026-01-31T12:00:00.000Z", ...given });
    const never = () => expect.fail("the tag leaves nothing to fill in");
    expect(parseEvent({ source: "browser", ...event }, { id: never, ts: never, run: null })).toMatchObject(event ?? {});
  });

  test("goes as text that needs no preflight, with the clock's time, and outlives the page", async () => {
    let sentAt = 0;
    fetched.mockImplementationOnce(async () => {
      sentAt = Date.now();
      return ok();
    });
    add(await openPage(), "pageview");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(fetched).toHaveBeenCalledExactlyOnceWith(`${URL_OF_EVENTS}?sent=${sentAt}`, {
      method: "POST",
      body: expect.any(String),
      keepalive: true,
    });
  });

  test("is stored before it is sent, and until the server has it", async () => {
    const outbox = await openPage();
    add(outbox, "one");
    expect(stored()).toMatchObject([{ event: "one" }]);
    let take: (response: Response) => void = () => undefined;
    fetched.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          take = resolve;
        }),
    );
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(fetched).toHaveBeenCalledOnce();
    expect(stored()).toMatchObject([{ event: "one" }]);
    take(new Response("{}"));
    await vi.advanceTimersByTimeAsync(0);
    expect(stored()).toEqual([]);
  });
});

describe("an event that JSON cannot say goes all the same", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const throwing = {
    get bad() {
      throw new Error("the page's own");
    },
    plan: "x",
  };
  test.each<[what: string, params: unknown, sent: object]>([
    ["params that hold themselves", cyclic, { params: {}, dropped: ["params.self"] }],
    ["one of its params", { plan: "x", note: cyclic }, { params: { plan: "x" }, dropped: ["params.note"] }],
    ["one that throws", throwing, { params: { plan: "x" }, dropped: ["params.bad"] }],
    ["params that are a text", "pro", { params: "pro" }],
    ["a number beyond the largest", { order: 1n }, { params: { order: "1" } }],
    [
      "a text that is too long: one character more than is stored",
      { a: "x".repeat(2000) },
      { params: { a: "x".repeat(1025) } },
    ],
    ["a moment", { at: new Date(0) }, { params: { at: "1970-01-01T00:00:00.000Z" } }],
  ])("%s", async (_, params, sent) => {
    const outbox = await openPage();
    outbox.add({ event: "buy", value: 7, params });
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(batches()).toMatchObject([[{ event: "buy", value: 7, ...sent }]]);
  });

  test.each(["Object", "Array", "String", "Number"])("on a page whose %ss make JSON of themselves", async (name) => {
    const { prototype } = globalThis[name as "Object"];
    Object.assign(prototype, { toJSON: () => "patched" });
    onTestFinished(() => void Reflect.deleteProperty(prototype, "toJSON"));
    const outbox = await openPage();
    outbox.add({ event: "buy", value: 7, params: { list: ["a", 1] } });
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(batches()).toMatchObject([[{ event: "buy", value: 7, params: { list: ["a", 1] } }]]);
  });
});

describe("batches", () => {
  const texts = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, "x".repeat(1000)]));

  test("events of one moment go together, those of the next by themselves", async () => {
    const outbox = await openPage();
    add(outbox, "one", "two");
    expect(fetched).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    add(outbox, "three");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names()).toEqual([["one", "two"], ["three"]]);
  });

  test("an empty outbox sends nothing", async () => {
    await openPage();
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(fetched).not.toHaveBeenCalled();
  });

  test("have at most 16 KiB, the next goes when one is stored, and all come in their order", async () => {
    const outbox = await openPage();
    for (let i = 0; i < 90; i += 1) outbox.add({ event: `e${i}`, params: { text: "é€".repeat(100) } });
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    for (const [, { body }] of fetched.mock.calls) expect(Buffer.byteLength(String(body))).toBeLessThan(16 * 1024);
    expect(names().flat()).toEqual(Array.from({ length: 90 }, (_, i) => `e${i}`));
  });

  test("an event that is larger goes by itself, and without the params that no request would take", async () => {
    const outbox = await openPage();
    add(outbox, "before");
    outbox.add({ event: "large", params: texts(10) });
    outbox.add({ event: "huge", params: texts(30) });
    add(outbox, "after");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names()).toEqual([["before"], ["large"], ["huge"], ["after"]]);
    const dropped = Array.from({ length: 11 }, (_, index) => `params.p${index + 19}`);
    expect(batches().map(([event]) => event)).toMatchObject([
      {},
      { params: texts(10) },
      { params: texts(19), dropped },
      {},
    ]);
  });
});

describe("an event is kept until the server has stored it", () => {
  test.each([
    ["no connection", offline],
    [
      "a fetch that throws",
      () => {
        throw new Error("patched by the page");
      },
    ],
    ["408", status(408)],
    ["425", status(425)],
    ["429", status(429)],
    ["500", status(500)],
    ["503", status(503)],
  ])("%s: sent again with the same ids", async (_, answer) => {
    fetched.mockImplementationOnce(answer);
    add(await openPage(), "one", "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(fetched).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(batches()[1]).toEqual(batches()[0]);
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(stored()).toEqual([]);
  });

  test.each([400, 403, 404, 413, 415])("%i will never become better: not sent again", async (code) => {
    fetched.mockImplementationOnce(status(code));
    const outbox = await openPage();
    add(outbox, "one");
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(stored()).toEqual([]);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names()).toEqual([["one"], ["two"]]);
  });

  test("waits more than twice as long each time, at most a minute, and from the beginning after a success", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    fetched.mockImplementation(offline);
    const outbox = await openPage();
    add(outbox, "one");
    const times = [];
    for (let calls = 0; calls < 11; calls += 1) {
      const before = Date.now();
      while (fetched.mock.calls.length === calls) await vi.advanceTimersByTimeAsync(100);
      times.push(Math.round((Date.now() - before) / 100) / 10);
    }
    expect(times).toEqual([0.1, 0.4, 1.4, 3, 6.5, 13.3, 27.2, 54.6, 60, 60, 60]);
    fetched.mockImplementation(ok);
    await vi.advanceTimersByTimeAsync(60_000);
    fetched.mockClear();
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(200);
    expect(names()).toEqual([["two"]]);
  });

  test.each([
    ["4", 4000],
    ["0", 0],
    ["86400", 60_000],
    ["Sun, 29 Nov 2026 12:00:00 GMT", 0],
  ])("waits for a Retry-After of %s, %i ms, and then for its own time", async (text, ms) => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const outbox = await openPage();
    fetched.mockImplementation(asksToWait(text));
    add(outbox, "one");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(fetched).toHaveBeenCalledTimes(1);
    fetched.mockImplementation(ok);
    await vi.advanceTimersByTimeAsync(ms);
    expect(fetched).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(600);
    expect(names()).toEqual([["one"], ["one"]]);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names()).toHaveLength(3);
  });

  test("browsers that failed together do not come back together", async () => {
    fetched.mockImplementation(offline);
    const times = new Set<number>();
    for (let page = 0; page < 5; page += 1) {
      storage.clear();
      fetched.mockClear();
      const before = Date.now();
      add(await openPage(), "one");
      while (fetched.mock.calls.length < 5) await vi.advanceTimersByTimeAsync(10);
      times.add(Date.now() - before);
      crash();
    }
    expect(times.size).toBe(5);
  });

  test("what happens meanwhile waits for the next try, and keeps its order", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    fetched.mockImplementationOnce(offline);
    const outbox = await openPage();
    add(outbox, "one");
    await vi.advanceTimersByTimeAsync(30);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(459);
    expect(names()).toEqual([["one"]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(names()).toEqual([["one"], ["one", "two"]]);
  });

  test.each<[what: string, localStorage: unknown]>([
    ["may not store anything", undefined],
    ["has no room", { get: () => undefined, set: () => expect.fail() }],
  ])("though the page %s", async (_, area) => {
    vi.stubGlobal("localStorage", area && new Proxy({}, area));
    fetched.mockImplementationOnce(offline);
    add(await openPage(), "one");
    await vi.advanceTimersByTimeAsync(200_000);
    expect(names()).toEqual([["one"], ["one"]]);
  });
});

describe("what a page left behind", () => {
  const YOUNG_MS = 30_000;
  const OLD_MS = 200_000;

  test("goes with the next page that is opened later, with the same ids", async () => {
    fetched.mockImplementation(offline);
    add(await openPage(), "one", "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    crash();
    fetched.mockReset().mockImplementation(ok);
    const before = stored();
    vi.setSystemTime(Date.now() + OLD_MS);
    await openPage();
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(batches()).toEqual([before]);
    expect(stored()).toEqual([]);
  });

  test("goes once it is old, with a page that was opened before", async () => {
    add(await openPage(), "one");
    crash();
    vi.setSystemTime(Date.now() + YOUNG_MS);
    add(await openPage(), "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names()).toEqual([["two"]]);
    await vi.advanceTimersByTimeAsync(OLD_MS);
    expect(names()).toEqual([["two"], ["one"]]);
    await vi.advanceTimersByTimeAsync(OLD_MS);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  test("what another page that is open is about to send is its own, and stays stored", async () => {
    add(await openPage(), "one");
    vi.setSystemTime(Date.now() + YOUNG_MS);
    add(await openPage(), "two");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    expect(names().sort()).toEqual([["one"], ["two"]]);
    expect(stored()).toEqual([]);
  });

  test("a page that waits for an answer sends nothing of it twice by itself", async () => {
    fetched.mockImplementation(() => new Promise(() => undefined));
    const outbox = await openPage();
    add(outbox, "one");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    outbox.flush();
    await vi.advanceTimersByTimeAsync(YOUNG_MS);
    expect(names()).toEqual([["one"]]);
  });
});

describe("beyond 200 events or 64 Ki characters", () => {
  test("the oldest are dropped, and the next say how many", async () => {
    fetched.mockImplementation(offline);
    const outbox = await openPage();
    for (let i = 0; i < 205; i += 1) outbox.add({ event: `e${i}` });
    expect(stored()).toHaveLength(200);
    fetched.mockReset().mockImplementation(ok);
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    const all = batches().flat();
    expect(all.map(({ event }) => event)).toEqual(Array.from({ length: 200 }, (_, i) => `e${i + 5}`));
    expect(all[0]).not.toHaveProperty("lost");
    expect(all.at(-1)?.lost).toBe(4);
  });

  test("large ones count by their size", async () => {
    const outbox = await openPage();
    for (let i = 0; i < 20; i += 1) outbox.add({ event: `e${i}`, params: { text: "x".repeat(10_000) } });
    expect(Object.keys(storage).join("").length).toBeLessThan(65_536);
    expect(stored().at(-1)?.event).toBe("e19");
  });
});

describe("when the visitor leaves", () => {
  test("everything goes at once", async () => {
    const outbox = await openPage();
    add(outbox, "pageview", "button_click");
    outbox.flush();
    expect(names()).toEqual([["pageview", "button_click"]]);
  });

  test("in as many requests as it takes", async () => {
    const outbox = await openPage();
    for (let i = 0; i < 90; i += 1) outbox.add({ event: `e${i}`, params: { text: "x".repeat(300) } });
    outbox.flush();
    expect(names().flat()).toHaveLength(90);
    expect(names().length).toBeGreaterThan(1);
  });

  test.each([
    ["throws", () => expect.fail("patched by the page")],
    ["is not there", undefined],
  ])("each event is tried once where fetch %s", async (_, broken) => {
    const outbox = await openPage();
    add(outbox, "one");
    const tried = vi.fn(broken);
    vi.stubGlobal("fetch", broken && tried);
    outbox.flush();
    outbox.flush();
    expect(tried.mock.calls.length).toBeLessThan(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(stored()).toMatchObject([{ event: "one" }]);
  });

  test("does not wait for a retry", async () => {
    fetched.mockImplementationOnce(offline);
    const outbox = await openPage();
    add(outbox, "one");
    await vi.advanceTimersByTimeAsync(GATHERED_MS);
    outbox.flush();
    expect(names()).toEqual([["one"], ["one"]]);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  test("and fetch fails, a beacon takes it, and the next page sends it again in case it got lost", async () => {
    const sendBeacon = hidePage();
    fetched.mockImplementation(offline);
    const outbox = await openPage();
    add(outbox, "one");
    outbox.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(sendBeacon).toHaveBeenCalledExactlyOnceWith(
      ...[fetched.mock.lastCall?.[0], fetched.mock.lastCall?.[1].body],
    );
    expect(stored()).toMatchObject([{ event: "one" }]);
  });
});

test("what is held goes with what comes next, or with a flush", async () => {
  const outbox = await openPage();
  outbox.add({ event: "pageview" }, true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fetched).not.toHaveBeenCalled();
  add(outbox, "exposure");
  await vi.advanceTimersByTimeAsync(GATHERED_MS);
  outbox.add({ event: "pageview" }, true);
  outbox.flush();
  expect(names()).toEqual([["pageview", "exposure"], ["pageview"]]);
});

describe("before it is open", () => {
  test("nothing is sent or stored; then all of it, once", async () => {
    const outbox = await openPage({ isOpen: false });
    add(outbox, "one", "two");
    outbox.flush();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fetched).not.toHaveBeenCalled();
    expect(storage).toHaveLength(0);
    outbox.openOutbox(URL_OF_EVENTS);
    outbox.flush();
    expect(names()).toEqual([["one", "two"]]);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(fetched).toHaveBeenCalledOnce();
    expect(stored()).toEqual([]);
  });
});

test("closed, it sends nothing", async () => {
  const outbox = await openPage();
  add(outbox, "one");
  outbox.closeOutbox();
  outbox.flush();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(fetched).not.toHaveBeenCalled();
});

test("closed while events are on their way that fail, it forgets them, too", async () => {
  const sendBeacon = hidePage();
  fetched.mockImplementationOnce(offline);
  const outbox = await openPage();
  add(outbox, "one");
  outbox.flush();
  outbox.closeOutbox();
  storage.clear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(sendBeacon).not.toHaveBeenCalled();
  outbox.openOutbox(URL_OF_EVENTS);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(fetched).toHaveBeenCalledOnce();
  expect(storage).toHaveLength(0);
});
