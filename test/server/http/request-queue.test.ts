import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { requestQueue } from "../../../server/http/request-queue.ts";

/**
 * A queue in a simulated event loop with its own clock.
 *
 * @param share of the time in which the process has a processor
 */
function loop({ random = (): number => 0, share = 1 } = {}) {
  let time = 0;
  let callbacks: (() => void)[] = [];
  const begun: string[] = [];
  const shed: { url: string; waitedMs: number; status: number; retryAfter: string }[] = [];
  let costMs = 0;
  const queue = requestQueue(
    ({ url = "" }) => {
      begun.push(url);
      time += costMs;
    },
    {
      onShed: () => undefined,
      now: () => time,
      usedMs: () => time * share,
      inNextTurn: (callback) => callbacks.push(callback),
      random,
    },
  );
  return {
    begun,
    shed,
    turnAway: queue.turnAway,
    /** A request comes; returns how its connection can be closed. */
    come(url: string, method = "POST", socket = newSocket()) {
      const since = time;
      const response = {
        destroyed: false,
        writeHead(status: number, headers: Record<string, string>) {
          shed.push({ url, waitedMs: time - since, status, retryAfter: headers["retry-after"] ?? "" });
          time += 0.02;
          return response;
        },
        end: () => undefined,
      };
      queue.listener({ url, method, socket } as unknown as IncomingMessage, response as unknown as ServerResponse);
      return () => {
        socket.destroyed = true;
      };
    },
    /** One turn, in which each request takes some milliseconds; returns the number begun. */
    turn(ms: number): number {
      const before = begun.length;
      costMs = ms;
      const due = callbacks;
      callbacks = [];
      for (const callback of due) callback();
      return begun.length - before;
    },
    wait(ms: number) {
      time += ms;
    },
  };
}

function newSocket() {
  return {
    destroyed: false,
    destroy() {
      this.destroyed = true;
    },
  };
}

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `/events?${from + n}`);

/** Five times as many requests as can be done, until some are turned away. */
function overload({ come, turn }: Pick<ReturnType<typeof loop>, "come" | "turn">) {
  for (let n = 0, url = 0; n < 300; n += 1) {
    for (let more = 0; more < 15; more += 1, url += 1) come(`/events?${url}`);
    turn(1);
  }
}

test("requests are begun in the order in which they came, 32 in a turn at most", () => {
  const { come, turn, begun } = loop();
  for (const url of names(0, 70)) come(url);
  expect([turn(0), turn(0), turn(0), turn(0)]).toEqual([32, 32, 6, 0]);
  expect(begun).toEqual(names(0, 70));
});

test("a turn ends after 3 ms, whatever came", () => {
  const { come, turn } = loop();
  for (const url of names(0, 10)) come(url);
  expect([turn(1), turn(1), turn(1)]).toEqual([4, 4, 2]);
});

test("of the requests of a connection only one is in the queue at a time", () => {
  const { come, turn, begun } = loop();
  const greedy = newSocket();
  for (const url of ["/a1", "/a2", "/a3"]) come(url, "GET", greedy);
  come("/b", "GET");
  come("/c", "GET");
  while (turn(0) > 0);
  expect(begun).toEqual(["/a1", "/b", "/c", "/a2", "/a3"]);
});

test("a single burst is taken as a whole", () => {
  const { come, turn, shed, begun } = loop();
  for (const url of names(0, 150)) come(url);
  for (let n = 0; n < 200; n += 1) turn(1);
  expect(begun).toEqual(names(0, 150));
  expect(shed).toEqual([]);
});

test.each([
  ["POST", 30],
  ["GET", 160],
] as const)("while more comes than can be done, no %s waits for longer than %i ms, and the work goes on", (method, most) => {
  const { come, turn, shed, begun } = loop();
  // Five requests come in the time that one takes.
  for (let n = 0, url = 0; n < 1000; n += 1) {
    for (let more = 0; more < 20; more += 1, url += 1) come(`/events?${url}`, method);
    turn(1);
  }
  const later = shed.slice(shed.length >> 1);
  // Posts wait for a turn or two; what expects more is turned away as it comes.
  if (method === "POST")
    expect(later.filter(({ waitedMs }) => waitedMs === 0).length).toBeGreaterThan(0.9 * later.length);
  expect(later.length).toBeGreaterThan(1000);
  expect(Math.max(...later.map(({ waitedMs }) => waitedMs))).toBeLessThan(most);
  expect(new Set(shed.map(({ status }) => status))).toEqual(new Set([503]));
  expect(begun.length).toBeGreaterThan(1000);
});

test("posts are done beside a flood of other requests, as often as those", () => {
  const { come, turn, begun } = loop();
  let [posts, others] = [0, 0];
  for (let n = 0; n < 1000; n += 1) {
    for (let more = 0; more < 20; more += 1) {
      if (more % 7 === n % 7) come(`/events?${posts++}`);
      else come(`/groups?${others++}`, "GET");
    }
    turn(1);
  }
  const begunPosts = begun.filter((url) => url.startsWith("/events?")).length;
  const shareOfPosts = begunPosts / posts;
  const shareOfOthers = (begun.length - begunPosts) / others;
  expect(shareOfPosts / shareOfOthers).toBeGreaterThan(0.5);
});

test("the admin's pages and health checks are never turned away", () => {
  const { come, turn, shed, begun, wait } = loop();
  const kept = [
    "/experiments",
    "/experiments/settings?change=1",
    "/api/admin/settings",
    "/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/admin.css",
  ];
  const others = ["/events", "/api/expgroups?device_id=a", "/tag.js", "/experimentsx", "/api/experiments", "/"];
  overload({ come, turn });
  const [before, shedBefore] = [begun.length, shed.length];
  for (const url of [...kept, ...others]) come(url);
  wait(180);
  while (turn(0) > 0);
  expect(begun.slice(before).filter((url) => !url.startsWith("/events?"))).toEqual(kept);
  expect(shed.slice(shedBefore).map(({ url }) => url)).toEqual(expect.arrayContaining(others));
});

test("a flood of requests that are never turned away keeps no visitor out, and neither the other way round", () => {
  const { come, turn, shed, begun } = loop();
  for (let n = 0; n < 1000; n += 1) {
    // Five times as many as can be done.
    for (let more = 0; more < 20; more += 1) come("/login", "GET");
    if (n % 2 === 0) come(`/groups?${n}`, "GET");
    turn(1);
  }
  expect(shed).toEqual([]);
  expect(begun.filter((url) => url !== "/login")).toHaveLength(500);
  for (let n = 0; n < 1000; n += 1) {
    for (let more = 0; more < 20; more += 1) come("/groups", "GET");
    turn(1);
  }
  const last = begun.slice(-800);
  expect(last.filter((url) => url === "/login")).toHaveLength(100);
});

test("a pause of the process is no overload: what waited meanwhile is begun", () => {
  const { come, turn, shed, begun, wait } = loop();
  for (const url of names(0, 40)) come(url);
  wait(2000);
  for (const url of names(40, 80)) come(url);
  for (let n = 0; n < 100; n += 1) turn(1);
  expect(begun).toEqual(names(0, 80));
  expect(shed).toEqual([]);
});

test("on a machine that is busy otherwise, a few clients at once are served, however long it takes", () => {
  const { come, turn, shed, begun, wait } = loop();
  for (let n = 0, url = 0; n < 200; n += 1) {
    while (url - begun.length < 30) come(`/events?${url++}`);
    wait(40);
    turn(2);
  }
  expect(begun.length).toBeGreaterThan(200);
  expect(shed).toEqual([]);
});

test.each([
  [0.2, 1000],
  [0.45, 1000],
  [0.55, 150],
  [1, 150],
])("a process that has a processor for %s of the time turns away what waits for %s ms", (share, expected) => {
  const { come, turn, shed } = loop({ share });
  for (let n = 0; shed.length === 0 && n < 1000; n += 1) {
    for (let more = 0; more < 15; more += 1) come(`/groups?${n}-${more}`, "GET");
    turn(1);
  }
  const [{ waitedMs } = { waitedMs: 0 }] = shed;
  expect(waitedMs).toBeGreaterThan(expected);
  expect(waitedMs).toBeLessThan(expected + 200);
});

test("clients are asked to come back at different times", () => {
  let turn = 0;
  const queue = loop({ random: () => (turn++ % 4) / 4 });
  overload(queue);
  const seconds = queue.shed.slice(0, 8).map(({ retryAfter }) => retryAfter);
  expect(seconds).toEqual(["1", "2", "3", "4", "1", "2", "3", "4"]);
});

test("a request whose connection was closed is not begun", () => {
  const { come, turn, begun } = loop();
  come("/a");
  come("/b")();
  come("/c");
  turn(0);
  expect(begun).toEqual(["/a", "/c"]);
});

test.each([
  ["POST", 256],
  ["GET", 20_000],
])("of all waiting requests of method %s, those beyond %i are turned away at once", (method, most) => {
  const { come, shed } = loop();
  for (const url of names(0, most + 1)) come(url, method);
  come("/experiments", method);
  expect(shed.map(({ url }) => url)).toEqual([`/events?${most}`]);
});

test("requests behind others of their connection count as waiting", () => {
  const { come, shed } = loop();
  let greedy = newSocket();
  for (const [n, url] of names(0, 257).entries()) {
    if (n % 32 === 0) greedy = newSocket();
    come(url, "POST", greedy);
  }
  expect(shed.map(({ url }) => url)).toEqual(["/events?256"]);
});

test.each([
  ["GET", "/healthz"],
  ["POST", "/experiments/one/state"],
  ["GET", "/api/expgroups"],
])("a connection with 34 requests that wait is closed, and keeps nobody else out: %s %s", (method, path) => {
  const { come, turn, shed, begun } = loop();
  const greedy = newSocket();
  for (let n = 0; n < 33; n += 1) come(path, method, greedy);
  expect(greedy.destroyed).toBe(false);
  for (let n = 0; n < 30_000; n += 1) come(path, method, greedy);
  expect(greedy.destroyed).toBe(true);
  for (const url of names(0, 30)) come(url);
  while (turn(0) > 0);
  expect({ begun, shed }).toEqual({ begun: names(0, 30), shed: [] });
});

test("what is asked for on the raw connection is turned away as in the queue, and never the admin's", () => {
  const { come, turn, turnAway } = loop();
  expect(turnAway("POST", "/events")).toBeNull();
  overload({ come, turn });
  for (const url of names(0, 32)) come(url);
  expect(turnAway("POST", "/events")).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(turnAway("POST", "/login")).toBeNull();
  expect(turnAway("GET", "/healthz")).toBeNull();
});

test("it is calm again when the queue was empty and nothing was turned away for 200 ms", () => {
  const { come, turn, shed, wait } = loop();
  for (let n = 0; n < 300; n += 1) {
    for (const url of names(0, 10)) come(url);
    turn(1);
  }
  for (let n = 0; n < 5000; n += 1) turn(1);
  wait(201);
  const before = shed.length;
  for (const url of names(0, 60)) come(url);
  wait(25);
  for (let n = 0; n < 60; n += 1) turn(1);
  expect(before).toBeGreaterThan(0);
  expect(shed.length).toBe(before);
});
