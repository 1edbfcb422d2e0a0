// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import { parseEvent } from "../../core/event.ts";
import { createOutbox, type Outbox } from "../../tag/outbox.ts";

type Sent = { id: string; event: string; params?: unknown };

let fetched: Mock<(url: string, init: RequestInit) => Promise<Response>>;
const outboxes: Outbox[] = [];

const ok = async () => new Response('{"status":"ok"}');
const status = (code: number) => async () => new Response("", { status: code });
const offline = async () => {
  throw new TypeError("Failed to fetch");
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-31T12:00:00.000Z") });
  fetched = vi.fn(ok);
  vi.stubGlobal("fetch", fetched);
});
afterEach(async () => {
  // Its listeners outlive a test: nothing may be left to send.
  fetched.mockImplementation(ok);
  for (const outbox of outboxes.splice(0)) outbox.open();
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, "hidden");
});

function create(): Outbox {
  const outbox = createOutbox("https://ab.example.com/events", "device-1");
  outboxes.push(outbox);
  return outbox;
}

const batches = (): Sent[][] => fetched.mock.calls.map(([, { body }]) => JSON.parse(String(body)));
const names = () => batches().map((batch) => batch.map(({ event }) => event));
const add = (outbox: Outbox, ...events: string[]) => {
  for (const event of events) outbox.add({ event });
};

describe("an event", () => {
  test("carries an id, the time, the device and the page's path, and the server takes it as it is", async () => {
    const outbox = create();
    outbox.add({ event: "exposure", experiment: "test", group: "A", epoch: 1, params: { plan: "x" } });
    outbox.open();
    const [event] = batches()[0] ?? [];
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ts: "2026-01-31T12:00:00.000Z",
      deviceId: "device-1",
      path: location.pathname,
      event: "exposure",
      experiment: "test",
      group: "A",
      epoch: 1,
      params: { plan: "x" },
    });
    const never = () => expect.fail("the tag leaves nothing to fill in");
    expect(parseEvent(event, { id: never, ts: never, run: null })).toMatchObject(event ?? {});
  });

  test("goes as text that needs no preflight, outlives the page, and takes no cookies along", () => {
    const outbox = create();
    add(outbox, "pageview");
    outbox.open();
    expect(fetched).toHaveBeenCalledWith("https://ab.example.com/events", {
      method: "POST",
      body: expect.any(String),
      keepalive: true,
      credentials: "omit",
    });
  });

  test("has the time at which it happened, not that of the sending", async () => {
    const outbox = create();
    add(outbox, "pageview");
    vi.setSystemTime("2026-01-31T12:00:09.000Z");
    outbox.open();
    expect(batches()[0]?.[0]).toMatchObject({ ts: "2026-01-31T12:00:00.000Z" });
  });
});

describe("batches", () => {
  test("nothing goes before the outbox is open, then all of it at once", async () => {
    const outbox = create();
    add(outbox, "one", "two");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fetched).not.toHaveBeenCalled();
    outbox.open();
    expect(names()).toEqual([["one", "two"]]);
  });

  test("events of one moment go together, those of the next by themselves", async () => {
    const outbox = create();
    outbox.open();
    add(outbox, "one", "two");
    expect(fetched).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(0);
    add(outbox, "three");
    await vi.advanceTimersByTimeAsync(0);
    expect(names()).toEqual([["one", "two"], ["three"]]);
  });

  test("an empty outbox sends nothing", async () => {
    create().open();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(fetched).not.toHaveBeenCalled();
  });

  test("at most 100 at once, the next when those are stored", async () => {
    const outbox = create();
    for (let i = 0; i < 250; i += 1) add(outbox, `e${i}`);
    outbox.open();
    expect(batches().map(({ length }) => length)).toEqual([100]);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches().map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(names().flat()).toEqual(Array.from({ length: 250 }, (_, i) => `e${i}`));
  });

  test("at most 64 KiB at once, which is what the server and the browser take", async () => {
    const outbox = create();
    for (let i = 0; i < 90; i += 1) outbox.add({ event: `e${i}`, params: { text: "é".repeat(500) } });
    outbox.open();
    await vi.advanceTimersByTimeAsync(0);
    for (const [, { body }] of fetched.mock.calls) expect(Buffer.byteLength(String(body))).toBeLessThan(64 * 1024);
    expect(fetched.mock.calls.length).toBe(2);
    expect(names().flat()).toHaveLength(90);
  });

  test("an event that no server takes holds up none of the others", async () => {
    const outbox = create();
    add(outbox, "before");
    outbox.add({ event: "huge", params: { text: "x".repeat(70_000) } });
    add(outbox, "after");
    outbox.open();
    expect(names()).toEqual([["before", "after"]]);
  });
});

describe("an event is kept until the server has stored it", () => {
  test.each([
    ["no connection", offline],
    ["408", status(408)],
    ["425", status(425)],
    ["429", status(429)],
    ["500", status(500)],
    ["503", status(503)],
  ])("%s: sent again with the same ids", async (_, answer) => {
    fetched.mockImplementationOnce(answer);
    const outbox = create();
    add(outbox, "one", "two");
    outbox.open();
    await vi.advanceTimersByTimeAsync(999);
    expect(fetched).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches()[1]).toEqual(batches()[0]);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  test.each([400, 403, 404, 413, 415])("%i will never become better: not sent again", async (code) => {
    fetched.mockImplementationOnce(status(code));
    const outbox = create();
    add(outbox, "one");
    outbox.open();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).toHaveBeenCalledTimes(1);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(0);
    expect(names()).toEqual([["one"], ["two"]]);
  });

  test("waits twice as long each time, at most a minute, and from the beginning after a success", async () => {
    fetched.mockImplementation(offline);
    const outbox = create();
    add(outbox, "one");
    outbox.open();
    const times = [];
    for (let calls = 1; calls < 10; calls += 1) {
      const before = Date.now();
      while (fetched.mock.calls.length === calls) await vi.advanceTimersByTimeAsync(500);
      times.push(Math.round((Date.now() - before) / 1000));
    }
    expect(times).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    fetched.mockImplementation(ok);
    await vi.advanceTimersByTimeAsync(60_000);
    fetched.mockClear().mockImplementationOnce(offline);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(1000);
    expect(names()).toEqual([["two"], ["two"]]);
  });

  test("what happens meanwhile waits for the next try, and keeps its order", async () => {
    fetched.mockImplementationOnce(offline);
    const outbox = create();
    add(outbox, "one");
    outbox.open();
    await vi.advanceTimersByTimeAsync(500);
    add(outbox, "two");
    await vi.advanceTimersByTimeAsync(400);
    expect(names()).toEqual([["one"]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(names()).toEqual([["one"], ["one", "two"]]);
  });
});

describe("when the visitor leaves", () => {
  test.each<[what: string, leave: () => void]>([
    ["the page is left", () => dispatchEvent(new Event("pagehide"))],
    [
      "the page is hidden",
      () => {
        Object.defineProperty(document, "hidden", { configurable: true, value: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      },
    ],
  ])("everything goes at once, though the groups have not come: %s", (_, leave) => {
    const outbox = create();
    add(outbox, "pageview", "button_click");
    leave();
    expect(names()).toEqual([["pageview", "button_click"]]);
  });

  test("nothing goes when the page becomes visible", () => {
    add(create(), "pageview");
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    expect(fetched).not.toHaveBeenCalled();
  });

  test("does not wait for a retry", async () => {
    fetched.mockImplementationOnce(offline);
    const outbox = create();
    add(outbox, "one");
    outbox.open();
    await vi.advanceTimersByTimeAsync(10);
    dispatchEvent(new Event("pagehide"));
    expect(names()).toEqual([["one"], ["one"]]);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});

describe("of a preview nothing goes", () => {
  test.each<[what: string, then: (outbox: Outbox) => unknown]>([
    ["neither what waited", () => undefined],
    ["nor what comes later", (outbox) => add(outbox, "button_click")],
    [
      "nor what happens while the page is left",
      (outbox) => [add(outbox, "goodbye"), dispatchEvent(new Event("pagehide"))],
    ],
  ])("%s", async (_, then) => {
    const outbox = create();
    add(outbox, "pageview");
    outbox.open(true);
    then(outbox);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(fetched).not.toHaveBeenCalled();
  });
});
