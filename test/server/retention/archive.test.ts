import { spawnSync } from "node:child_process";
import { readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { assign } from "../../../core/assign.ts";
import { tally } from "../../../core/tally.ts";
import { createAnalysis, type LogAnalysis } from "../../../server/analysis/analysis.ts";
import { readArchive } from "../../../server/analysis/archive.ts";
import { openEngine } from "../../../server/analysis/engine.ts";
import { compressSegment } from "../../../server/events/compress-segment.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { segmentPath } from "../../../server/events/segments.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { ArchiveMissing, archiveSegments } from "../../../server/retention/archive.ts";
import { deleteExperiment, forgetUnit } from "../../../server/retention/erase.ts";
import { verify } from "../../../server/verify/verify.ts";
import { PROGRAM } from "../rig/built-program.ts";
import { active, stopped, temporaryFolder } from "../rig/open-app.ts";

const NOW = "2026-06-01T00:00:00.000Z";
const DAYS = ["2026-01-10", "2026-02-10", "2026-03-10"];
const GROUPS = [
  ["A", 50],
  ["B", 50],
] as const;
const OPTIONS = { run: null, goals: ["order"] };

/** A stopped server's folder with a segment or two of each day, and an open one. */
async function folderWithSegments(experiments = [stopped("one")]) {
  const data = await temporaryFolder();
  await openRegistry(join(data, "experiments.json"), experiments, NOW);
  const log = await openEventLog(join(data, "events"), { segmentBytes: 8000 });
  for (const [month, day] of DAYS.entries()) {
    for (let n = 0; n < 60; n += 1) {
      const at = { ts: `${day}T12:00:00.000Z`, receivedAt: `${day}T12:00:01.000Z`, source: "test", params: {} };
      const deviceId = `d${n}`;
      const group = assign(deviceId, "one", GROUPS);
      const id = `${month}-${n}`;
      await log.append([{ id: `e-${id}`, ...at, deviceId, event: "exposure", experiment: "one", group, epoch: 1 }]);
      if (n % 3 === 0) await log.append([{ id: `o-${id}`, ...at, deviceId, event: "order" }]);
    }
  }
  await log.close();
  return { data, events: join(data, "events"), to: join(await temporaryFolder(), "archive") };
}

async function analysisOf(data: string): Promise<LogAnalysis> {
  const events = join(data, "events");
  const log = await openEventLog(events);
  const analysis = createAnalysis({
    events,
    end: () => log.end(),
    archived: await readArchive(data),
    temporary: join(data, "analysis"),
    openEngine,
    onError: (error) => expect.fail(error.message),
  });
  onTestFinished(async () => {
    await analysis.close();
    await log.close();
  });
  return analysis;
}

async function tallyOf(data: string) {
  const analysis = await analysisOf(data);
  try {
    await analysis.compact();
    return await analysis.tally("one", OPTIONS);
  } finally {
    await analysis.close();
  }
}

async function eventsIn(data: string) {
  const log = await openEventLog(join(data, "events"));
  const { events } = await log.read({ since: null, limit: Number.POSITIVE_INFINITY, where: () => true });
  await log.close();
  return events;
}

/** Actions of the history that are neither an experiment's nor the settings', newest first. */
async function entriesOf(data: string) {
  const { history } = await openRegistry(join(data, "experiments.json"), [], NOW);
  const actions: string[] = [];
  for await (const { action } of history.all({ key: null })) actions.push(action);
  return actions;
}

const archive = (folder: { data: string; to: string }, before: string) =>
  archiveSegments({ data: folder.data, to: folder.to, before, now: NOW });

test("the oldest segments move, the counts stay what they were, and the folder's verification stays clean", async () => {
  const folder = await folderWithSegments();
  const all = await eventsIn(folder.data);
  const before = await tallyOf(folder.data);
  expect(before).toEqual(tally("one", all, OPTIONS));
  const found = await archive(folder, "2026-02-10");
  expect(found).toMatchObject({ stays: { why: "it has events of 2026-02-10 or later" } });
  const list = await readArchive(folder.data);
  expect(list.map(({ segment }) => segment)).toEqual(Array.from({ length: found.segments }, (_, n) => n + 1));
  const left = await eventsIn(folder.data);
  expect(left.length).toBe(all.length - found.events);
  expect(found.segments).toBeGreaterThan(0);
  const texts = await Promise.all(
    list.map(async ({ segment }) =>
      gunzipSync(await readFile(join(folder.to, `0000000${segment}.ndjson.gz`))).toString(),
    ),
  );
  expect(
    texts
      .join("")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(all.slice(0, found.events));
  expect((await verify(folder.data)).details).toEqual([]);
  expect(await tallyOf(folder.data)).toEqual(before);

  const more = await archive(folder, "2026-06-01");
  expect(more.stays).toBeNull();
  expect(more.segments).toBeGreaterThan(0);
  expect(await tallyOf(folder.data)).toEqual(before);
  expect((await verify(folder.data)).ok).toBe(true);
  expect(await archive(folder, "2026-06-01")).toEqual({ segments: 0, events: 0, stays: null });
  expect(await readFile(join(folder.data, "history.ndjson"), "utf8")).toContain('"action":"log_archived"');
});

test("what an experiment that runs or is paused may need stays, with the reason", async () => {
  const running = { ...active("two"), startedAt: "2026-01-09T00:00:00.000Z" };
  const folder = await folderWithSegments([stopped("one"), running]);
  expect(await archive(folder, "2026-06-01")).toEqual({
    segments: 0,
    events: 0,
    stays: { segment: 1, why: "“two”, which runs or is paused, was first started at 2026-01-09T00:00:00.000Z" },
  });
});

test("an archive that is gone is said, a copy that is damaged is replaced by its lines", async () => {
  const folder = await folderWithSegments();
  const before = await tallyOf(folder.data);
  await archive(folder, "2026-06-01");
  const copy = join(folder.to, "00000001.parquet");
  const bytes = await readFile(copy);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(copy, bytes);
  expect(await tallyOf(folder.data)).toEqual(before);
  await rename(folder.to, `${folder.to}-elsewhere`);
  const analysis = await analysisOf(folder.data);
  const without = await analysis.tally("one", OPTIONS);
  expect(without).toEqual(tally("one", await eventsIn(folder.data), OPTIONS));
  expect(analysis.archiveProblem()).toMatch(
    /^The archive .* lacks \d+ of its segments, up to 2026-03-10.*: results lack/,
  );
});

test.each([
  ["cut", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  [
    "changed by a bit",
    (bytes: Buffer) => bytes.fill((bytes[bytes.length >> 1] ?? 0) ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1),
  ],
  ["empty", () => Buffer.alloc(0)],
])("lines that are %s are as good as gone where the copy is, and break no other results", async (_, damaged) => {
  const folder = await folderWithSegments();
  await archive(folder, "2026-06-01");
  const names = (await readdir(folder.to)).filter((name) => name.endsWith(".gz"));
  for (const name of names) {
    await rm(join(folder.to, name.replace("ndjson.gz", "parquet")));
    await writeFile(join(folder.to, name), damaged(await readFile(join(folder.to, name))));
  }
  const analysis = await analysisOf(folder.data);
  expect(await analysis.tally("one", OPTIONS)).toEqual(tally("one", await eventsIn(folder.data), OPTIONS));
  expect(analysis.archiveProblem()).toContain(`lacks ${names.length} of its segments`);
});

describe("erasing", () => {
  test("takes a device out of the archive, too, and again if it was killed halfway", async () => {
    const folder = await folderWithSegments();
    await archive(folder, "2026-06-01");
    const list = await readArchive(folder.data);
    expect(await forgetUnit(folder.data, "d3", NOW)).toEqual({ removed: 6, changed: 0 });
    for (const name of (await readdir(folder.to)).filter((name) => name.endsWith(".gz"))) {
      expect(gunzipSync(await readFile(join(folder.to, name))).toString()).not.toContain('"d3"');
    }
    const after = await tallyOf(folder.data);
    expect(after.epochs[0]?.groups.reduce((sum, { devices }) => sum + devices, 0)).toBe(59);
    // The state after a kill between the files of a segment and the list.
    await writeFile(join(folder.data, "archive.json"), JSON.stringify(list));
    expect(await forgetUnit(folder.data, "d3", NOW)).toEqual({ removed: 0, changed: 0 });
    expect(await tallyOf(folder.data)).toEqual(after);
  });

  test("takes an experiment out of the archive, too", async () => {
    const folder = await folderWithSegments();
    await archive(folder, "2026-06-01");
    expect(await deleteExperiment(folder.data, "one", true, NOW)).toEqual({ removed: 180, changed: 0 });
    expect((await tallyOf(folder.data)).epochs).toEqual([]);
  });

  test("takes a device out of what a killed run has left in the archive's folder", async () => {
    const folder = await folderWithSegments();
    await archive(folder, "2026-06-01");
    const { data } = await folderWithSegments();
    // The state after a kill before the first segment is in the list.
    const asked = { kind: "archive", before: "2026-06-01", to: folder.to, by: "command line", at: NOW };
    await writeFile(join(data, "erasures.json"), JSON.stringify([asked]));
    await writeFile(join(folder.to, "00000001.parquet.tmp"), '"d3"');
    const left = () => readdir(folder.to).then((names) => names.filter((name) => name.startsWith("00000001")));
    expect(await left()).toHaveLength(3);
    await forgetUnit(data, "d3", NOW);
    expect(await left()).toEqual([]);
    expect(await archive({ data, to: folder.to }, "2026-06-01")).toMatchObject({ stays: null });
    expect(await entriesOf(data)).toEqual(["log_archived", "erased"]);
    expect(JSON.parse(await readFile(join(data, "erasures.json"), "utf8"))).toEqual([]);
  });

  test("leaves the log alone where its own folder is named as the archive's", async () => {
    const { data, events } = await folderWithSegments();
    await compressSegment(segmentPath(events, 1));
    const link = join(data, "link");
    await symlink(events, link);
    for (const to of [events, data, link]) {
      await expect(archive({ data, to }, "2026-06-01")).rejects.toThrow(BadConfig);
    }
    expect(await readdir(events)).toContain("00000001.ndjson.gz");
  });

  test("goes on where a segment has no lines any more", async () => {
    const folder = await folderWithSegments();
    const devices = new Set((await eventsIn(folder.data)).map(({ deviceId = "" }) => deviceId));
    await archive(folder, "2026-02-10");
    for (const device of devices) await forgetUnit(folder.data, device, NOW);
    const analysis = await analysisOf(folder.data);
    expect((await analysis.tally("one", OPTIONS)).epochs).toEqual([]);
    expect(analysis.archiveProblem()).toBeNull();
    expect((await verify(folder.data)).details).toEqual([]);
  });

  test("is one request, and one entry of the history, however often it is killed", async () => {
    const { data } = await folderWithSegments();
    const path = join(data, "erasures.json");
    const asked = { kind: "unit", unit: "d3", by: "Ada", at: NOW };
    // The state after a kill between the entry and the end of the request.
    for (let run = 0; run < 2; run += 1) {
      await writeFile(path, JSON.stringify([asked]));
      await forgetUnit(data, "d3", `2026-06-0${run + 2}T00:00:00.000Z`);
      expect(JSON.parse(await readFile(path, "utf8"))).toEqual([]);
    }
    expect(await entriesOf(data)).toEqual(["erased"]);
    await forgetUnit(data, "d3", "2026-06-04T00:00:00.000Z");
    expect(await entriesOf(data)).toEqual(["erased", "erased"]);
  });

  test("changes nothing where a part of the archive is not there", async () => {
    const folder = await folderWithSegments();
    await archive(folder, "2026-02-10");
    await rm(join(folder.to, "00000001.ndjson.gz"));
    await expect(forgetUnit(folder.data, "d3", NOW)).rejects.toThrow(ArchiveMissing);
    expect(JSON.parse(await readFile(join(folder.data, "erasures.json"), "utf8"))).toEqual([]);
    expect((await eventsIn(folder.data)).some(({ deviceId }) => deviceId === "d3")).toBe(true);
  });
});

test("analyze reads the archive with the log, and names what it cannot read", async () => {
  const { data, to } = await folderWithSegments();
  const analyzed = () =>
    spawnSync(process.execPath, [PROGRAM, "analyze", data, "--json"], {
      env: { PATH: process.env.PATH },
      encoding: "utf8",
    });
  const reportsOf = ({ stdout }: { stdout: string }) =>
    JSON.parse(stdout).reports.map(({ asOf: _, ...report }: { asOf: string }) => report);
  const before = reportsOf(analyzed());
  await archive({ data, to }, "2026-06-01");
  expect(reportsOf(analyzed())).toEqual(before);
  await rm(join(to, "00000001.ndjson.gz"));
  expect(analyzed().stderr).toContain("00000001.ndjson.gz cannot be read, which is archived from");
});

test("the command says what it moved and what stays, and what is allowed", async () => {
  const { data, to } = await folderWithSegments();
  const run = (before: string, folder: string) => {
    const args = [PROGRAM, "archive", "--before", before, "--to", folder, "--data", data];
    return spawnSync(process.execPath, args, { env: { PATH: process.env.PATH }, encoding: "utf8" });
  };
  for (const before of ["soon", "2026-02-30", "2999-01-01"]) {
    const { status, stderr } = run(before, to);
    expect(stderr).toContain(`before is "${before}": allowed is a day such as 2026-01-31, at the latest today`);
    expect(status).toBe(2);
  }
  expect(run("2026-03-01", data).stderr).toContain(
    "allowed is a folder that is neither the data folder nor its events",
  );
  const { stdout, status } = run("2026-03-01", to);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^moved \d+ segments with \d+ events to .*; segment \d+ and later ones stay: it has events of 2026-03-01 or later\n$/,
  );
});
