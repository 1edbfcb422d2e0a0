import { expect, onTestFinished, test } from "vitest";
import { transition } from "../../../../core/transition.ts";
import { LiveStreams } from "../../../../server/admin/shell/live-streams.ts";
import { logIn, TOKEN } from "../../rig/logged-in.ts";
import { active, NOW, openApp, TESTER } from "../../rig/open-app.ts";
import { visitsOf } from "../../rig/visits-of.ts";

const KEY = "headline_test";
const PATH = `/experiments/${KEY}/results/live`;
const ACCEPT = { accept: "text/event-stream" };
const AB = [
  { group: "A", devices: 20, converted: 2 },
  { group: "B", devices: 20, converted: 3 },
];

type Served = Pick<Awaited<ReturnType<typeof openApp>>, "app">;

/** Opens the stream and reads it event by event; null when it has ended. */
async function watch({ app }: Served, query = "", headers: Record<string, string> = {}) {
  const response = await app.request(PATH + query, { headers: { ...ACCEPT, ...headers } });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  onTestFinished(() => reader.cancel());
  let text = "";
  const next = async (): Promise<{ event: string; data: string } | null> => {
    while (!text.includes("\n\n")) {
      const { value, done } = await reader.read();
      if (done) return null;
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf("\n\n");
    const lines = text.slice(0, end).split("\n");
    text = text.slice(end + 2);
    const of = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    return { event: of("event").join(), data: of("data").join("\n") };
  };
  return {
    next,
    cancel: () => reader.cancel(),
    /** The next event of that name. */
    async until(name: string) {
      for (let event = await next(); event !== null; event = await next()) if (event.event === name) return event.data;
      return null;
    },
  };
}

test("the live results come at once, and again when there is something new", async () => {
  const served = await openApp([active(KEY)]);
  const { next, until } = await watch(served);
  expect((await next())?.data).toContain("Waiting for visitors");
  expect(await next()).toMatchObject({ event: "checked" });
  await served.log.append(visitsOf("another", AB));
  await served.log.append(visitsOf(KEY, AB));
  const report = await until("report");
  expect(report).toContain("Too early to tell");
  expect(report).toMatch(/^<div class="report" id="report">/);
});

test("are of the run or the epoch that is asked for", async () => {
  const served = await openApp([active(KEY)]);
  await served.log.append(visitsOf(KEY, AB, { run: "run_1" }));
  expect((await (await watch(served, "?run=run_1")).next())?.data).toContain("40\u00a0visitors so far");
  expect((await (await watch(served, "?epoch=1")).next())?.data).toContain("Waiting for visitors");
});

test.each<[path: string, headers: Record<string, string>, status: number]>([
  [PATH, { accept: "text/html" }, 406],
  [PATH, {}, 406],
  [`${PATH}?epoch=x`, ACCEPT, 400],
  [`${PATH}?epoch=7`, ACCEPT, 400],
  ["/experiments/other/results/live", ACCEPT, 404],
])("%s with %j is answered %i, without a stream", async (path, headers, status) => {
  const { app, streams } = await openApp([active(KEY)]);
  expect((await app.request(path, { headers })).status).toBe(status);
  expect(streams.open).toBe(0);
});

test("a HEAD request keeps no stream", async () => {
  const { app, streams } = await openApp([active(KEY)]);
  expect((await app.request(PATH, { method: "HEAD", headers: ACCEPT })).status).toBe(200);
  expect(streams.open).toBe(0);
});

test("there are no more of them than allowed, and one that was left makes room", async () => {
  const streams = new LiveStreams({ maxOpen: 1, everyMs: 20 });
  const served = await openApp([active(KEY)], { streams });
  const first = await watch(served);
  await first.next();
  const refused = await served.app.request(PATH, { headers: ACCEPT });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("30");
  await first.cancel();
  await expect.poll(() => streams.open).toBe(0);
  await (await watch(served)).next();
});

test("all of them end when the server stops, and none begins", async () => {
  const served = await openApp([active(KEY)]);
  const { next, until } = await watch(served);
  await next();
  served.streams.close();
  expect(await until("never")).toBe(null);
  expect(served.streams.open).toBe(0);
  expect((await served.app.request(PATH, { headers: ACCEPT })).status).toBe(503);
});

test("one ends when its browser logs out", async () => {
  const served = await openApp([active(KEY)], { adminToken: TOKEN });
  const { id, cookie } = logIn(served.sessions);
  const { next, until } = await watch(served, "", cookie);
  await next();
  served.sessions.close(id);
  expect(await until("never")).toBe(null);
  expect((await served.app.request(PATH, { headers: { ...ACCEPT, ...cookie } })).status).toBe(401);
});

test("one ends when its experiment is removed, or all are switched off", async () => {
  const removed = await openApp([active(KEY)]);
  const first = await watch(removed);
  await first.next();
  await removed.registry.update(KEY, (before) => transition(before, { ...TESTER, state: "inactive" }, NOW));
  await removed.registry.remove(KEY, TESTER);
  expect(await first.until("never")).toBe(null);

  const off = await openApp([active(KEY)]);
  const second = await watch(off);
  await second.next();
  await off.registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
  expect(await second.until("never")).toBe(null);
});
