import { cp, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { assign } from "../../../core/assign.ts";
import { createAnalysis } from "../../../server/analysis/analysis.ts";
import { readArchive } from "../../../server/analysis/archive.ts";
import { type Engine, openEngine } from "../../../server/analysis/engine.ts";
import { compressSegment } from "../../../server/events/compress-segment.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { writeRewritten } from "../../../server/events/rewrite-segment.ts";
import { segmentPath } from "../../../server/events/segments.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import type { UseEngine } from "../../../server/retention/archive.ts";
import { openErasures } from "../../../server/retention/erasures.ts";
import { type Erasure, readErasures } from "../../../server/retention/erasures-file.ts";
import { recount } from "../../../server/retention/rewrite-log.ts";
import { openStickyGroups } from "../../../server/sticky/sticky-groups.ts";
import { verify } from "../../../server/verify/verify.ts";
import { NOW, pageview, stopped, temporaryFolder } from "../rig/open-app.ts";
import { stopAtStep } from "../rig/stop-at-step.ts";

const GROUPS = [
  ["A", 50],
  ["B", 50],
] as const;
const visitor = (n: number) => `visitor-${n}-of-the-test`;
const ASKED = { by: "Ada", at: NOW };
const FORGET: Erasure = { kind: "unit", unit: visitor(3), ...ASKED };
/** More than an erasure has. */
const MAX_STEPS = 200;
/** Of its steps one in so many is tried; `FAIRSPLIT_ERASURE_STEPS=1` tries all. */
const EVERY = Number(process.env.FAIRSPLIT_ERASURE_STEPS ?? 9);
const OPTIONS = { run: null, goals: [] };

/** The parts of a server that erasing uses, on a folder of its own. */
async function open(data: string, to: string | null = null, segmentBytes = 4000, useEngine?: UseEngine) {
  const events = join(data, "events");
  const registry = await openRegistry(join(data, "experiments.json"), [stopped("one")], NOW);
  if (await stat(join(data, "erasures.json")).catch(() => null)) await recount(events);
  const log = await openEventLog(events, { segmentBytes });
  const analysis = createAnalysis({
    events,
    end: () => log.end(),
    archived: await readArchive(data),
    archiveTo: to,
    temporary: join(data, "analysis"),
    openEngine,
    onError: (error) => expect.fail(error.message),
  });
  const secret = Buffer.from("secret");
  const sticky = await openStickyGroups({ path: join(data, "sticky"), folder: events, log, registry, secret });
  const errors: string[] = [];
  const erasures = await openErasures({
    data,
    log,
    registry,
    sticky,
    useEngine: useEngine ?? analysis.useEngine,
    onChanged: analysis.changed,
    archiveTo: to,
    onError: ({ message }) => errors.push(message),
    retryMs: 1,
  });
  const close = async () => {
    erasures.close();
    await analysis.close();
    await erasures.idle();
    await log.close();
    await sticky.close();
  };
  if (!useEngine) onTestFinished(close);
  return { registry, log, analysis, sticky, erasures, errors, close };
}

/** The same without the engine's tables, which erasing does not need. */
function openLight(data: string) {
  const engine = { rewrite: writeRewritten } as unknown as Engine;
  return open(data, null, 4000, (work) => work(engine));
}

type Opened = Awaited<ReturnType<typeof open>>;

async function expose(log: Opened["log"], from: number, to: number, receivedAt = NOW): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const group = assign(visitor(n), "one", GROUPS);
    const more = {
      deviceId: visitor(n),
      event: "exposure",
      experiment: "one",
      group,
      epoch: 1,
      ts: receivedAt,
      receivedAt,
    };
    await log.append([pageview(n, more)]);
  }
}

const devicesIn = async ({ analysis }: Opened) =>
  (await analysis.tally("one", OPTIONS)).epochs[0]?.groups.reduce((sum, { devices }) => sum + devices, 0);

const mentions = async (folder: string, text: string) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(paths.map(async (path) => ((await readFile(path)).includes(text) ? path : [])));
  return found.flat();
};

test("a device is taken out beside ingestion: nothing else is lost, and counts, groups and verification follow", async () => {
  const data = await temporaryFolder();
  const server = await open(data);
  const { log, sticky, erasures, registry } = server;
  await expose(log, 0, 60);
  log.reject([{ reason: "no", text: `{"deviceId":"${visitor(3)}"}` }]);
  log.dropFields(["note"], "x", { note: `of ${visitor(3)}` });
  expect(await devicesIn(server)).toBe(60);
  expect(sticky.state().units).toBe(60);
  await erasures.ask(FORGET);
  // Posts go on while segments are rewritten.
  await expose(log, 60, 90);
  await erasures.idle();
  const { events } = await log.read({ since: null, limit: 1000, where: () => true });
  expect(events.map(({ deviceId }) => deviceId)).toEqual(
    Array.from({ length: 90 }, (_, n) => visitor(n)).filter((id) => id !== visitor(3)),
  );
  expect(await devicesIn(server)).toBe(89);
  expect(sticky.state().units).toBe(89);
  expect(log.state()).toMatchObject({ stored: 89, received: 90, lastError: null });
  const sizes = (await readdir(join(data, "events"))).filter((name) => /^\d+\.ndjson$/.test(name));
  const bytes = await Promise.all(sizes.map(async (name) => (await stat(join(data, "events", name))).size));
  expect(log.state().logBytes).toBe(bytes.reduce((sum, size) => sum + size, 0));
  expect(erasures.outcomes()).toMatchObject([{ text: "Took 1 events of a device or account out.", isError: false }]);
  expect((await registry.history.page(1)).entries[0]).toMatchObject({ action: "erased", by: "Ada" });
  await server.close();
  expect(await mentions(data, visitor(3))).toEqual([]);
  expect((await verify(data)).details).toEqual([]);
  const again = await open(data);
  expect(again.log.state()).toMatchObject({ stored: 89, lastError: null });
});

test("a request that was done before a kill is not in the history again", async () => {
  const data = await temporaryFolder();
  const first = openLight(data);
  const { log, erasures, close } = await first;
  await expose(log, 0, 5);
  await erasures.ask(FORGET);
  await erasures.idle();
  await close();
  // The state after a kill between the entry and the end of the request.
  await writeFile(join(data, "erasures.json"), JSON.stringify([FORGET]));
  const again = await openLight(data);
  await again.erasures.idle();
  const actions: string[] = [];
  for await (const { action } of again.registry.history.all({ key: null })) actions.push(action);
  expect(actions).toEqual(["erased"]);
  expect(await readErasures(join(data, "erasures.json"))).toEqual([]);
  await again.close();
});

test("an archive that the command line began elsewhere is the command's to complete", async () => {
  const data = await temporaryFolder();
  const to = join(data, "elsewhere");
  const asked = { kind: "archive", before: "2026-01-01", to, by: "command line", at: NOW };
  await writeFile(join(data, "erasures.json"), JSON.stringify([asked]));
  const { erasures, close, registry } = await openLight(data);
  await erasures.idle();
  expect(erasures.outcomes()).toMatchObject([
    { text: `Nothing more is archived: ${to} is not the archive of this server, the command completes it.` },
  ]);
  expect((await registry.history.page(1)).entries.map(({ action }) => action)).toEqual(["created"]);
  await close();
});

test("what was asked for before a kill is done by the next start", async () => {
  const data = await temporaryFolder();
  const first = await open(data);
  await expose(first.log, 0, 30);
  await first.close();
  await writeFile(join(data, "erasures.json"), JSON.stringify([FORGET]));
  const second = await open(data);
  expect(second.erasures.pending()).toEqual([{ erasure: FORGET, error: null }]);
  await second.erasures.idle();
  expect(second.erasures.pending()).toEqual([]);
  expect(await devicesIn(second)).toBe(29);
  await second.close();
  expect(await mentions(data, visitor(3))).toEqual([]);
  expect((await verify(data)).details).toEqual([]);
});

test("killed at any step, the next start finishes it, and nothing else is lost", { timeout: 600_000 }, async () => {
  const original = await temporaryFolder();
  const first = await open(original);
  await expose(first.log, 0, 60);
  await first.close();
  // One compressed segment among plain ones.
  await compressSegment(segmentPath(join(original, "events"), 2));
  const kept = Array.from({ length: 60 }, (_, n) => visitor(n)).filter((id) => id !== visitor(3));
  let stops = 0;
  for (let step = 1; step < MAX_STEPS; step += EVERY) {
    const data = await temporaryFolder();
    await cp(original, data, { recursive: true });
    const server = await openLight(data);
    const { stopped, restore } = await stopAtStep(step);
    const end = await Promise.race([stopped, server.erasures.ask(FORGET).then(() => server.erasures.idle())]);
    restore();
    const isAsked = (await readErasures(join(data, "erasures.json"))).length > 0;
    if (end !== "stopped") await server.close();
    const copy = await temporaryFolder();
    await cp(data, copy, { recursive: true });
    const next = await openLight(copy);
    await next.erasures.idle();
    expect(next.errors).toEqual([]);
    expect(next.erasures.pending()).toEqual([]);
    const { events } = await next.log.read({ since: null, limit: 1000, where: () => true });
    const ids = events.map(({ deviceId }) => deviceId);
    expect(ids.filter((id) => id !== visitor(3))).toEqual(kept);
    await next.close();
    const isGone = isAsked || end !== "stopped";
    expect([step, ids.includes(visitor(3))]).toEqual([step, !isGone]);
    if (isGone) expect(await mentions(copy, visitor(3))).toEqual([]);
    expect((await verify(copy)).details).toEqual([]);
    if (end !== "stopped") break;
    stops += 1;
  }
  expect(stops).toBeGreaterThan(20 / EVERY);
  expect(stops).toBeLessThan(MAX_STEPS / EVERY - 1);
});

test("another experiment with the key of a deleted one stays", async () => {
  const data = await temporaryFolder();
  const { registry, erasures } = await open(data);
  const version = registry.get("one")?.version ?? 0;
  const erasure: Erasure = { kind: "experiment", experiment: "one", version, ...ASKED };
  await erasures.ask(erasure);
  await erasures.idle();
  expect(registry.get("one")).toBeUndefined();
  const again = await registry.create(stopped("one"), { by: "Bob", now: NOW });
  await expect(erasures.ask(erasure)).rejects.toThrow(/it is version/);
  expect(registry.get("one")).toEqual(again);
  expect(erasures.pending()).toEqual([]);
});

test("the key of a deleted experiment is free again once its events are deleted, not before", async () => {
  const data = await temporaryFolder();
  let isFailing = true;
  const engine = { rewrite: writeRewritten } as unknown as Engine;
  const { registry, log, erasures, errors, close } = await open(data, null, 4000, async (work) => {
    if (isFailing) throw new Error("the disk is full");
    return work(engine);
  });
  onTestFinished(close);
  await expose(log, 0, 1);
  const version = registry.get("one")?.version ?? 0;
  await erasures.ask({ kind: "experiment", experiment: "one", version, ...ASKED });
  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0));
  const author = { by: "Bob", now: NOW };
  const [removed] = (await registry.history.page(1)).entries;
  await expect(registry.create(stopped("one"), author)).rejects.toThrow(/key is "one": allowed is another key, until/);
  await expect(registry.revert(removed?.number ?? 0, author)).rejects.toThrow(/another key, until/);
  isFailing = false;
  await vi.waitFor(() => expect(erasures.pending()).toEqual([]));
  expect((await registry.create(stopped("one"), author)).epoch).toBeGreaterThan(1);
});

test("archiving beside ingestion moves segments, and forgetting takes out of the archive, which may be away for a while", async () => {
  const data = await temporaryFolder();
  const to = join(await temporaryFolder(), "archive");
  const server = await open(data, to);
  const { log, sticky, erasures } = server;
  await expose(log, 0, 60, "2026-01-10T00:00:00.000Z");
  await log.cut();
  await expose(log, 60, 70);
  expect(await devicesIn(server)).toBe(70);
  await erasures.ask({ kind: "archive", before: "2026-01-20", to, ...ASKED });
  await erasures.ask(FORGET);
  await erasures.idle();
  expect(erasures.outcomes().map(({ text }) => text)).toEqual([
    "Took 1 events of a device or account out.",
    expect.stringMatching(/^Moved [2-9] segments with 60 events to /),
  ]);
  expect(await devicesIn(server)).toBe(69);
  // Groups of archived exposures are in no segment of the log.
  expect(sticky.state().units).toBe(10);
  expect(log.state()).toMatchObject({ stored: 10, lastError: null });

  await rename(to, `${to}-away`);
  await erasures.ask({ ...FORGET, unit: visitor(4) });
  await expect.poll(() => server.errors.length).toBeGreaterThan(1);
  expect(server.errors[0]).toMatch(
    /^Forgetting a device or account is not finished: .* is not there or damaged: bring the archive/,
  );
  expect(erasures.pending()).toMatchObject([{ error: expect.stringContaining("is not there") }]);
  await rename(`${to}-away`, to);
  await expect.poll(() => erasures.pending()).toEqual([]);
  expect(await devicesIn(server)).toBe(68);
  await server.close();
  expect(await mentions(data, visitor(4))).toEqual([]);
  expect((await verify(data)).details).toEqual([]);
});

test("an archive that cannot be written is said and not tried again", async () => {
  const data = await temporaryFolder();
  const to = join(await temporaryFolder(), "archive");
  const { log, erasures } = await open(data, to);
  await expose(log, 0, 60, "2026-01-10T00:00:00.000Z");
  await writeFile(to, "a file");
  await erasures.ask({ kind: "archive", before: "2026-01-20", to, ...ASKED });
  await erasures.idle();
  expect(erasures.outcomes()).toMatchObject([
    { isError: true, text: expect.stringMatching(/^Nothing more is archived: /) },
  ]);
  expect(erasures.pending()).toEqual([]);
  expect(log.state().stored).toBe(60);
});
