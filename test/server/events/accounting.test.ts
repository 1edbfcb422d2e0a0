import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type EventLog, openEventLog, StorageFailed } from "../../../server/events/log.ts";
import { failingLog, openApp, temporaryFolder } from "../rig/open-app.ts";

const event = (n: number, more = {}) => ({ id: `e-${n}`, deviceId: "d1", event: "pageview", ...more });

function counts(log: EventLog) {
  const { received, stored, duplicate, rejected, shed, waiting } = log.state();
  expect(stored + duplicate + rejected + shed + waiting).toBe(received);
  return { received, stored, duplicate, rejected, shed };
}

async function metrics(app: Awaited<ReturnType<typeof openApp>>["app"]): Promise<Map<string, number>> {
  const text = await (await app.request("/metrics")).text();
  return new Map([...text.matchAll(/^(\S+) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));
}

describe("received = stored + duplicate + rejected + shed", () => {
  test("after events of every kind, on the page and in the metrics too", async () => {
    const { app, post, log } = await openApp();
    await post([event(0), event(1), event(1), event(2, { deviceId: "" }), 7]);
    await post([event(0)]);
    await post("{not JSON");
    expect(counts(log)).toEqual({ received: 7, stored: 2, duplicate: 2, rejected: 3, shed: 0 });
    const metric = await metrics(app);
    expect(metric.get("fairsplit_events_received_total")).toBe(7);
    expect(metric.get('fairsplit_events_total{outcome="stored"}')).toBe(2);
    expect(metric.get('fairsplit_events_total{outcome="duplicate"}')).toBe(2);
    expect(metric.get('fairsplit_events_total{outcome="rejected"}')).toBe(3);
    expect(metric.get("fairsplit_log_bytes")).toBe(log.state().logBytes);
    expect(metric.get("process_resident_memory_bytes")).toBeGreaterThan(0);
    const page = await (await app.request("/experiments")).text();
    for (const [name, value] of [
      ["Received", 7],
      ["Stored", 2],
      ["Duplicates", 2],
      ["Rejected", 3],
    ]) {
      expect(page).toContain(`<dt>${name}</dt><dd>${value}</dd>`);
    }
    expect(page).toContain("No errors since start.");
  });

  test("metrics that are read twice do not count twice", async () => {
    const { app, post } = await openApp();
    await post(event(0));
    await metrics(app);
    expect((await metrics(app)).get("fairsplit_events_received_total")).toBe(1);
  });

  test("events that nobody waits for are on their way until they are stored", async () => {
    const log = await openEventLog(await temporaryFolder());
    const stored = log.append([{ ...event(0), ts: "", source: "", params: {} }]);
    expect(log.state()).toMatchObject({ received: 1, waiting: 1, stored: 0 });
    await stored;
    expect(log.state()).toMatchObject({ received: 1, waiting: 0, stored: 1 });
    await log.close();
  });
});

test("metrics need the admin's token", async () => {
  const { app } = await openApp([], { adminToken: "a-token-of-24-characters" });
  expect((await app.request("/metrics")).status).toBe(401);
  const headers = { authorization: "Bearer a-token-of-24-characters" };
  expect((await app.request("/metrics", { headers })).headers.get("content-type")).toContain("text/plain");
});

test("the page says the last error, as text", async () => {
  const log = await failingLog(new StorageFailed(""));
  const state = { ...log.state(), lastError: { at: "2026-01-31T12:00:00.000Z", message: "EIO <b>" } };
  const { app } = await openApp([], { log: { ...log, state: () => state } });
  expect(await (await app.request("/experiments")).text()).toContain("EIO &lt;b&gt;");
});

describe("a restart", () => {
  const plain = (n: number) => ({ ...event(n), ts: "2026-01-31T12:00:00.000Z", source: "test", params: {} });

  test("keeps all counts after a clean stop", async () => {
    const folder = await temporaryFolder();
    const before = await openEventLog(folder);
    await before.append([plain(0), plain(1), plain(1)]);
    before.reject([{ reason: "epoch is -1", text: "{}" }]);
    const expected = counts(before);
    await before.close();
    const log = await openEventLog(folder);
    expect(counts(log)).toEqual(expected);
    expect(counts(log)).toEqual({ received: 4, stored: 2, duplicate: 1, rejected: 1, shed: 0 });
    await log.close();
  });

  test("after a kill counts what the log holds, and forgets the rest together with its share of what was received", async () => {
    const folder = await temporaryFolder();
    const killed = await openEventLog(folder);
    await killed.append([plain(0), plain(1), plain(1)]);
    const log = await openEventLog(folder);
    expect(counts(log)).toEqual({ received: 2, stored: 2, duplicate: 0, rejected: 0, shed: 0 });
    await Promise.all([log.close(), killed.close()]);
  });

  test.each([
    "",
    "{}",
    "null",
    "garbage",
    '{"version":1,"stored":-1}',
  ])("survives counters that are %j", async (content) => {
    const folder = await temporaryFolder();
    await (await openEventLog(folder)).close();
    await writeFile(join(folder, "counters.json"), content);
    const log = await openEventLog(folder);
    expect(counts(log)).toEqual({ received: 0, stored: 0, duplicate: 0, rejected: 0, shed: 0 });
    await log.close();
  });

  test("reads counters of a version that called rejected events refused", async () => {
    const folder = await temporaryFolder();
    await (await openEventLog(folder)).close();
    const saved = { version: 1, upTo: { segment: 1, offset: 0 }, stored: 0, duplicate: 4, refused: 7, shed: 2, bot: 1 };
    await writeFile(join(folder, "counters.json"), JSON.stringify(saved));
    const log = await openEventLog(folder);
    expect(log.state()).toMatchObject({ received: 14, duplicate: 4, rejected: 7, shed: 2, bot: 1 });
    await log.close();
  });

  test("says so when the log holds less than was stored", async () => {
    const folder = await temporaryFolder();
    const before = await openEventLog(folder);
    await before.append([plain(0), plain(1)]);
    await before.close();
    await writeFile(join(folder, "00000001.ndjson"), "");
    const log = await openEventLog(folder);
    expect(log.state().lastError?.message).toBe(
      "the log holds 0 events, but 2 were stored when the counters were last saved",
    );
    await log.close();
  });
});

describe("what is rejected", () => {
  test("is kept with its reason and its text, also that of a body that is no JSON", async () => {
    const { post, log, folder } = await openApp();
    await post([event(0), event(1, { deviceId: "" })]);
    await post("{not JSON");
    await log.close();
    const lines = (await readFile(join(folder, "events/rejected.bad.ndjson"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-/),
        reason: 'deviceId is "": allowed is a device id of 1 to 256 characters, or instead an accountId of as many',
        text: JSON.stringify(event(1, { deviceId: "" })),
      },
      { at: expect.anything(), reason: expect.stringContaining("the body is not JSON"), text: "{not JSON" },
    ]);
  });

  test("is cut and bounded, so that nobody fills the disk with it, and still counted", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "rejected.bad.ndjson"), Buffer.alloc(16 * 1024 * 1024 - 3000));
    const log = await openEventLog(folder);
    log.reject(Array.from({ length: 5 }, () => ({ reason: "x".repeat(5000), text: "y".repeat(60_000) })));
    expect(log.state()).toMatchObject({ received: 5, rejected: 5, rejectedNotKept: 0 });
    await log.close();
    // The earlier content is in the older file now.
    expect((await readFile(join(folder, "rejected.1.bad.ndjson"))).length).toBe(16 * 1024 * 1024 - 3000);
    const kept = await readFile(join(folder, "rejected.bad.ndjson"));
    expect(kept.length).toBeLessThan(10_000);
    expect(kept.toString().trimEnd().split("\n")).toHaveLength(5);
  });
});
