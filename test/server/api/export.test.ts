import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type EventLog, openEventLog } from "../../../server/events/log.ts";
import { openApp, pageview, temporaryFolder } from "../rig/open-app.ts";

const EXPORT = "/api/admin/export.ndjson";
const sha256 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

test("the export is the log byte for byte, over all segments", async () => {
  const folder = join(await temporaryFolder(), "events");
  const log = await openEventLog(folder, { segmentBytes: 2000 });
  for (let i = 0; i < 100; i += 1) await log.append([pageview(i, { params: { text: "é🦊\u2028" } })]);
  const { app } = await openApp([], { log });
  const response = await app.request(EXPORT);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="fairsplit-events.ndjson"');
  expect(response.headers.get("cache-control")).toBe("no-store");
  const bytes = new Uint8Array(await response.arrayBuffer());
  const segments = (await readdir(folder)).filter((name) => /^\d{8}\.ndjson$/.test(name)).sort();
  expect(segments.length).toBeGreaterThan(5);
  expect(sha256(bytes)).toBe(sha256(...(await Promise.all(segments.map((name) => readFile(join(folder, name)))))));
  const ids = Buffer.from(bytes)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).id);
  expect(ids).toEqual(Array.from({ length: 100 }, (_, i) => `e-${i}`));
  await log.close();
});

test("an empty log is an empty body", async () => {
  const { app } = await openApp();
  expect(await (await app.request(EXPORT)).text()).toBe("");
});

/** An endless log, and the number of lines read. */
async function endless() {
  const { log } = await openApp();
  const state = { read: 0, isOpen: false };
  const raw: EventLog["raw"] = async function* () {
    state.isOpen = true;
    try {
      for (;;) {
        state.read += 1;
        yield new Uint8Array(65_536);
      }
    } finally {
      state.isOpen = false;
    }
  };
  return { state, ...(await openApp([], { log: { ...log, raw } })) };
}

test("the log is read no faster than the client takes it, and no more when it goes away", async () => {
  const { app, state } = await endless();
  const { body } = await app.request(EXPORT);
  expect(state.read).toBe(0);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  for (let chunks = 1; chunks <= 5; chunks += 1) {
    expect((await reader.read()).value?.length).toBe(65_536);
    expect(state.read).toBe(chunks);
  }
  expect(state.isOpen).toBe(true);
  await reader.cancel();
  expect(state.isOpen).toBe(false);
});

test("a HEAD request reads nothing", async () => {
  const { app, state } = await endless();
  expect((await app.request(EXPORT, { method: "HEAD" })).status).toBe(200);
  expect(state.read).toBe(0);
});
