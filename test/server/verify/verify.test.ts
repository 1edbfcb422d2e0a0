import { appendFile, copyFile, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runCli } from "../../../cli/cli.ts";
import { assign } from "../../../core/assign.ts";
import type { Event } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { weights } from "../../../core/group.ts";
import type { ExposedGroups } from "../../../core/sticky/exposed-groups.ts";
import { SHARDS } from "../../../core/sticky/unit-table.ts";
import { type Change, transition } from "../../../core/transition.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { stickySeeds } from "../../../server/sticky/seeds.ts";
import { readStickyFile, type Saved, writeStickyFile } from "../../../server/sticky/sticky-file.ts";
import { openStickyGroups } from "../../../server/sticky/sticky-groups.ts";
import { describeVerification } from "../../../server/verify/describe.ts";
import { verify } from "../../../server/verify/verify.ts";
import { active, pageview as event, inactive, openApp, rolledOut, stopped, temporaryFolder } from "../rig/open-app.ts";

const events = (count: number) => Array.from({ length: count }, (_, i) => event(i));
const FIRST = "events/00000001.ndjson";

/** The data folder of a server that stored these events and stopped. */
async function dataOf(events: readonly Event[], experiments: readonly Experiment[] = [], segmentBytes = 1e9) {
  const data = await temporaryFolder();
  await openRegistry(join(data, "experiments.json"), experiments);
  const log = await openEventLog(join(data, "events"), { segmentBytes });
  for (let i = 0; i < events.length; i += 100) await log.append(events.slice(i, i + 100));
  await log.close();
  return data;
}

const drifts = async (data: string) =>
  (await verify(data)).details.map(({ kind, file, line, id }) => `${kind} ${file} ${line} ${id}`);

describe("a data folder that is in order", () => {
  test("has no drift, whatever was sent to its server", async () => {
    const { app, post, log, folder } = await openApp([active("on"), stopped("off"), rolledOut("done", "B")]);
    for (let i = 0; i < 50; i += 1) {
      const groups = await (await app.request(`/api/expgroups?device_id=d${i}`)).json();
      const { group, epoch } = groups.on;
      await post([
        { id: `e-${i}`, deviceId: `d${i}`, event: "exposure", experiment: "on", group, epoch },
        { id: `e-${i}`, deviceId: "d1", event: "x" },
        { bad: true },
      ]);
    }
    await log.close();
    expect(await verify(folder)).toMatchObject({
      ok: true,
      events: 100,
      segments: 1,
      drifts: 0,
      details: [],
      assignments: { checked: 200, unchecked: 0 },
      counters: { stored: 100, duplicate: 50, rejected: 50, shed: 0 },
    });
  });

  test("of many segments, with their checkpoints", async () => {
    const data = await dataOf(events(3000), [], 20_000);
    const { ok, events: count, segments, checkpoints } = await verify(data);
    expect([ok, count]).toEqual([true, 3000]);
    expect(segments).toBeGreaterThan(10);
    expect(checkpoints).toEqual({ checked: segments - 1, damaged: 0 });
  });

  test("after a kill, whose counters are older than the log", async () => {
    const data = await dataOf(events(10));
    const log = await openEventLog(join(data, "events"));
    await log.append([event(10)]);
    expect((await verify(data)).ok).toBe(true);
    await log.close();
  });

  test("that is empty", async () => {
    expect(await verify(await dataOf([]))).toMatchObject({ ok: true, events: 0, drifts: 0 });
  });
});

describe("the file of exposed units", () => {
  /**
   * A data folder with exposures of two experiments, of devices and accounts, and the file of a
   * stopped server.
   */
  async function exposedData() {
    const opened = await openApp([active("on"), active("members", { unit: "account" })]);
    const { app, post, log, registry, folder } = opened;
    for (let i = 0; i < 40; i += 1) {
      const ids = { deviceId: `d${i}`, accountId: `a${i % 30}` };
      const groups = await (await app.request(`/api/expgroups?device_id=d${i}&account_id=a${i % 30}`)).json();
      await post(
        ["on", "members"].map((experiment) => ({
          ...ids,
          event: "exposure",
          experiment,
          ...chosen(groups[experiment]),
        })),
      );
    }
    const secret = Buffer.alloc(32, 7);
    await writeFile(join(folder, "secret"), secret.toString("base64url"));
    const path = join(folder, "sticky");
    const events = join(folder, "events");
    await (await openStickyGroups({ path, folder: events, log, registry, secret })).close();
    await log.close();
    return { folder, path, events, seeds: stickySeeds(secret) };
  }
  const chosen = ({ group, epoch }: { group: string; epoch: number }) => ({ group, epoch });

  test("has the groups of the log", async () => {
    const { folder } = await exposedData();
    expect(await verify(folder)).toMatchObject({ ok: true, sticky: { units: 70, isThere: true } });
    expect(describeVerification(await verify(folder))).toContain("exposed units: 70 compared with the log");
  });

  test.each<[what: string, change: (groups: ExposedGroups) => void, wrong: number]>([
    ["another group of a unit", (groups) => reverse(groups, 1), 1],
    ["a unit that nobody exposed", (groups) => groups.add({ high: 5, low: 5 }, { group: "A", epoch: 1 }), 1],
    ["another epoch of all units", (groups) => reverse(groups, 40, 2), 40],
  ])("with %s is a drift", async (_, change, wrong) => {
    const { folder, path, events, seeds } = await exposedData();
    const saved = (await readStickyFile(path, events, seeds)) as Saved;
    change(saved.experiments.get("on") as ExposedGroups);
    await writeStickyFile(path, events, saved, seeds);
    const { ok, details } = await verify(folder);
    expect(ok).toBe(false);
    expect(details).toEqual([
      expect.objectContaining({
        kind: "sticky",
        file: "sticky",
        detail: expect.stringContaining(`${wrong} units of on`),
      }),
    ]);
  });

  test("that lacks a unit is a drift, and one that is damaged, missing or without its secret is not", async () => {
    const { folder, path, events, seeds } = await exposedData();
    const content = await readFile(path);
    const saved = (await readStickyFile(path, events, seeds)) as Saved;
    await writeStickyFile(path, events, { ...saved, experiments: new Map([...saved.experiments].slice(0, 1)) }, seeds);
    expect((await verify(folder)).details.map(({ kind }) => kind)).toEqual(["sticky"]);
    await writeFile(path, content.subarray(0, -5));
    expect(await verify(folder)).toMatchObject({ ok: true, sticky: { units: null, isThere: true } });
    await rm(path);
    expect(await verify(folder)).toMatchObject({ ok: true, sticky: { units: null, isThere: false } });
    await writeFile(path, content);
    await rm(join(folder, "secret"));
    expect(await verify(folder)).toMatchObject({ ok: true, sticky: { units: null, isThere: true } });
  });

  /** Gives some units the other group, in an epoch. */
  function reverse(groups: ExposedGroups, count: number, epoch = 1) {
    let left = count;
    for (let shard = 0; shard < SHARDS; shard += 1) {
      for (const unit of groups.units.records(shard)) {
        if (left === 0) return;
        const group = groups.find(unit)?.group === "A" ? "B" : "A";
        groups.units.set(unit, groups.codeOf({ group, epoch }) as number);
        left -= 1;
      }
    }
  }
});

describe("a drift is named with its place", () => {
  test("a torn line", async () => {
    const data = await dataOf(events(2));
    await appendFile(join(data, FIRST), '{"id":"e-9');
    expect(await drifts(data)).toEqual(["torn 00000001.ndjson 3 null"]);
  });

  test.each(["\0\0\0", "", "null", '{"id":"e-9","deviceId":"d1"'])("a line that is no event: %j", async (garbage) => {
    const data = await dataOf(events(2));
    await appendFile(join(data, FIRST), `${garbage}\n`);
    expect((await verify(data)).details).toEqual([
      expect.objectContaining({ kind: "unreadable", file: "00000001.ndjson", line: 3, offset: expect.any(Number) }),
    ]);
  });

  test("an id that is there twice, also in another segment", async () => {
    const data = await dataOf(events(30), [], 500);
    const first = (await readFile(join(data, FIRST), "utf8")).split("\n")[0];
    await appendFile(join(data, "events/00000002.ndjson"), `${first}\n`);
    expect(await drifts(data)).toContainEqual(expect.stringMatching(/^duplicate 00000002.ndjson \d+ e-0$/));
  });

  test("events that were stored and are gone", async () => {
    const data = await dataOf(events(2));
    await truncate(join(data, FIRST), 0);
    expect((await verify(data)).details).toMatchObject([
      { kind: "counters", file: "counters.json", detail: expect.stringContaining("before which the log ends") },
    ]);
  });

  test("a line that was taken out, and the same number of bytes put in", async () => {
    const data = await dataOf(events(3));
    const [a = "", b = "", c = ""] = (await readFile(join(data, FIRST), "utf8")).split("\n");
    await writeFile(join(data, FIRST), `${a}\n${" ".repeat(b.length)}\n${c}\n`);
    expect(await drifts(data)).toEqual(["unreadable 00000001.ndjson 2 null", "counters counters.json null null"]);
  });

  test("an id that was changed, by the checkpoint", async () => {
    const data = await dataOf(events(2000));
    const text = await readFile(join(data, FIRST), "utf8");
    await writeFile(join(data, FIRST), text.replace('"e-7"', '"x-7"'));
    expect(await drifts(data)).toEqual(["checkpoint 00000001.ndjson 8 x-7"]);
  });

  test("a checkpoint that says more than the log holds, or is of another", async () => {
    const [data, other] = [await dataOf(events(2000)), await dataOf(events(1500))];
    await copyFile(join(data, "events/00000001.ids"), join(other, "events/00000001.ids"));
    expect(await drifts(other)).toEqual(["checkpoint 00000001.ids null null"]);
    const foreign = await dataOf([event("x"), ...events(2500)]);
    await copyFile(join(data, "events/00000001.ids"), join(foreign, "events/00000001.ids"));
    expect(await drifts(foreign)).toEqual(["checkpoint 00000001.ids null null"]);
  });

  test("only 100 of many are listed, all are counted", async () => {
    const data = await dataOf([]);
    await writeFile(join(data, FIRST), "x\n".repeat(150));
    const { drifts, details } = await verify(data);
    expect([drifts, details.length]).toEqual([150, 100]);
  });
});

describe("the history leads to what experiments.json holds", () => {
  const HISTORY = "history.ndjson";

  /** A data folder whose experiment was created, renamed and started. */
  async function changed() {
    const data = await dataOf([], [inactive("one")]);
    const registry = await openRegistry(join(data, "experiments.json"), []);
    const change = (what: Omit<Change, "by">) =>
      registry.update("one", (experiment) => transition(experiment, { by: "ann", ...what }, "2026-02-01T08:00:00Z"));
    await change({ definition: { title: "renamed" } });
    await change({ state: "active" });
    const read = async () => (await readFile(join(data, HISTORY), "utf8")).trimEnd().split("\n");
    return { data, read, write: (lines: readonly string[]) => writeFile(join(data, HISTORY), `${lines.join("\n")}\n`) };
  }

  const details = async (data: string) =>
    (await verify(data)).details.map(({ kind, file, line, detail }) => `${kind} ${file} ${line}: ${detail}`);

  test("in a folder that is in order, also one without a history", async () => {
    const { data } = await changed();
    expect(await verify(data)).toMatchObject({ ok: true, history: { changes: 3, unfinished: 0 } });
    const older = await dataOf([]);
    await copyFile(new URL("../../cases/experiments-schema-1.json", import.meta.url), join(older, "experiments.json"));
    await rm(join(older, HISTORY));
    expect(await verify(older)).toMatchObject({ ok: true, history: { changes: 0, unfinished: 0 } });
  });

  test("a change that was not finished is no drift: the next start undoes it", async () => {
    const { data, read } = await changed();
    await copyFile(join(data, "experiments.json.1"), join(data, "experiments.json"));
    expect(await verify(data)).toMatchObject({ ok: true, history: { changes: 3, unfinished: 1 } });
    await openRegistry(join(data, "experiments.json"), []);
    expect(await read()).toHaveLength(4);
    expect(await verify(data)).toMatchObject({ ok: true, history: { changes: 4, unfinished: 0 } });
  });

  test("a folder whose first start was killed is in order", async () => {
    const { data } = await changed();
    await copyFile(join(data, "experiments.json"), join(data, "kept"));
    const content = JSON.parse(await readFile(join(data, "kept"), "utf8"));
    const { check: _, ...rest } = content;
    await writeFile(join(data, "experiments.json"), JSON.stringify({ ...rest, history: 0 }));
    await writeFile(join(data, HISTORY), "");
    expect((await verify(data)).ok).toBe(true);
  });

  test.each<[what: string, change: (lines: string[]) => string[], drift: string]>([
    [
      "a line that was taken out",
      ([a, , c]) => [a, c] as string[],
      "history.ndjson 2: change 3 follows 1: allowed is 2",
    ],
    [
      "lines that changed places",
      ([a, b, c]) => [b, a, c] as string[],
      "history.ndjson 1: change 2 follows 0: allowed is 1",
    ],
    [
      "a line that is there twice",
      ([a, b, c]) => [a, b, b, c] as string[],
      "history.ndjson 3: change 2 follows 2: allowed is 3",
    ],
    [
      "an edited line",
      (lines) =>
        lines.map((line) =>
          line.replace('"after":{"key":"one","state":"inactive"', '"after":{"key":"one","state":"rollout"'),
        ),
      "history.ndjson 1: the line is not a change",
    ],
    [
      "an edited title",
      ([a, b = "", c]) => [a, b.replace('"title":"renamed"', '"title":"forged"'), c] as string[],
      "history.ndjson 3: change 3 of one does not begin where the one before it ended",
    ],
    [
      "the end taken off",
      (lines) => lines.slice(0, 2),
      "history.ndjson null: it ends at change 2, but experiments.json is the result of 3 changes",
    ],
    ["garbage", (lines) => [...lines, "\0\0"], "history.ndjson 4: the line is not a change"],
  ])("%s is a drift", async (_, change, drift) => {
    const { data, read, write } = await changed();
    await write(change(await read()));
    expect(await details(data)).toContain(`history ${drift}`);
  });

  test("a history that is gone or torn, and a file that somebody changed or that is too old, are drifts", async () => {
    const { data } = await changed();
    await appendFile(join(data, HISTORY), '{"number":4');
    expect(await details(data)).toEqual(["history history.ndjson null: 11 bytes without a line's end"]);
    await rm(join(data, HISTORY));
    expect(await details(data)).toContain("history history.ndjson null: it is missing, and 3 changes with it");

    const other = (await changed()).data;
    const { check: _, ...content } = JSON.parse(await readFile(join(other, "experiments.json"), "utf8"));
    content.experiments[0].title = "by hand";
    await writeFile(join(other, "experiments.json"), JSON.stringify(content));
    const drift = "history experiments.json null: one is not what the history's last change made it";
    expect(await details(other)).toEqual([drift]);

    const old = await changed();
    await copyFile(join(old.data, "experiments.json.2"), join(old.data, "experiments.json"));
    const lines = await old.read();
    await old.write(
      lines.map((line, index) => line.replace("2026-02-01T08:00:00Z", `2026-02-0${index + 1}T08:00:00Z`)),
    );
    expect(await details(old.data)).toContain(
      "history experiments.json null: it is the result of 1 changes, but the history has 3",
    );
  });
});

test("a damaged checkpoint is no drift: the next start does without", async () => {
  const data = await dataOf(events(2000));
  await truncate(join(data, "events/00000001.ids"), 100);
  expect(await verify(data)).toMatchObject({ ok: true, checkpoints: { checked: 0, damaged: 1 } });
});

describe("groups are recomputed from the definition of their epoch", () => {
  const experiment = active("on");
  const groupOf = (deviceId: string) => assign(deviceId, "on", weights(experiment));
  const other = (group: string) => (group === "A" ? "B" : "A");
  const exposure = (deviceId: string, group: string, epoch = 1) =>
    event(deviceId, { deviceId, event: "exposure", experiment: "on", group, epoch });
  const groups = (deviceId: string, group: string, epoch = 1) =>
    event(deviceId, { deviceId, event: "exp_groups", source: "backend", params: { on: group }, epochs: { on: epoch } });

  test("a wrong one is a drift that says which was right", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 9 }), async (deviceId) => {
        const right = groupOf(deviceId);
        for (const [make, kind] of [
          [exposure, "exposure"],
          [groups, "assignment"],
        ] as const) {
          const data = await dataOf([{ ...make(deviceId, other(right)), id: "e-1" }], [experiment]);
          expect((await verify(data)).details).toMatchObject([
            { kind, line: 1, id: "e-1", detail: `on is "${other(right)}" for this device, but epoch 1 gives ${right}` },
          ]);
        }
      }),
      { numRuns: 5 },
    );
  });

  test("those that were marked as impossible when they came are no drifts: anybody can send them", async () => {
    const forged = { ...exposure("d1", other(groupOf("d1"))), uncounted: "group" };
    const data = await dataOf([forged], [experiment]);
    expect(await verify(data)).toMatchObject({ ok: true, assignments: { checked: 0, unchecked: 1 } });
  });

  test("posted events that look like the server's or like an import's make no drift", async () => {
    const { post, log, folder } = await openApp([experiment]);
    const wrong = other(groupOf("d1"));
    for (const source of ["backend", "import", "compat:registry"]) {
      await post([
        { ...groups("d1", wrong), id: `g-${source}`, source },
        { ...exposure("d1", wrong), id: `e-${source}`, source },
      ]);
    }
    await log.close();
    expect(await verify(folder)).toMatchObject({ ok: true, events: 6, assignments: { checked: 0, unchecked: 3 } });
  });

  test("those that other systems chose are counted as not checked", async () => {
    const wrong = exposure("d1", other(groupOf("d1")));
    const { app, log, folder } = await openApp([experiment]);
    await log.append([{ ...wrong, source: "import" }]);
    for (const variant_key of ["A", "B"]) {
      await app.request("/compat/registry/api/experiments/impression", {
        method: "POST",
        body: JSON.stringify({ experiment_key: "on", variant_key, session_id: `s${variant_key}`, event_name: "seen" }),
      });
    }
    await log.close();
    expect(await verify(folder)).toMatchObject({ ok: true, events: 3, assignments: { checked: 0, unchecked: 3 } });
  });

  test("those of other epochs and of unknown experiments are counted as not checked", async () => {
    const lost = event("x", { event: "exposure", experiment: "gone", group: "A", epoch: 1 });
    const unmarked = event("y", { event: "exp_groups", source: "backend", params: { on: "A" } });
    const data = await dataOf([exposure("d1", "Z", 7), groups("d2", "Z", 0), lost, unmarked], [experiment]);
    expect(await verify(data)).toMatchObject({ ok: true, assignments: { checked: 0, unchecked: 4 } });
  });

  test("those of earlier epochs are recomputed from the history, also of an experiment that is gone", async () => {
    const data = await temporaryFolder();
    const registry = await openRegistry(join(data, "experiments.json"), [experiment]);
    const after = await registry.update("on", (before) =>
      transition(before, { by: "test", definition: { salt: "other" } }, "2026-02-01T12:00:00Z"),
    );
    const changed = (deviceId: string) => assign(deviceId, "other", weights(experiment));
    const moved = Array.from({ length: 99 }, (_, i) => `d${i}`).find((id) => groupOf(id) !== changed(id)) ?? "";
    const log = await openEventLog(join(data, "events"));
    await log.append([
      { ...exposure(moved, groupOf(moved), 1), id: "right-1" },
      { ...groups(moved, changed(moved), 2), id: "right-2" },
    ]);
    expect(after?.epoch).toBe(2);
    await registry.remove("on", { by: "test", now: "2026-02-02T12:00:00Z" });
    await log.append([
      { ...exposure(moved, changed(moved), 1), id: "wrong-1" },
      { ...groups(moved, groupOf(moved), 2), id: "wrong-2" },
      { ...exposure(moved, "A", 3), id: "never" },
    ]);
    await log.close();
    const { details, assignments } = await verify(data);
    expect(details.map(({ kind, id }) => `${kind} ${id}`)).toEqual(["exposure wrong-1", "assignment wrong-2"]);
    expect(assignments).toEqual({ checked: 4, unchecked: 1 });
  });

  test("none is wrong, whatever was changed between visits", async () => {
    const changes: readonly Omit<Change, "by">[] = [
      { definition: { salt: "other" } },
      { definition: { groups: experiment.groups.map((group, i) => ({ ...group, weight: i + 1 })) } },
      { definition: { allocations: [{ id: "all", rule: "true", weights: [{ name: "B", weight: 1 }] }] } },
      { definition: { title: "Another" } },
      { definition: { fallback: "B" } },
      { state: "inactive" },
      { state: "active" },
      { state: "rollout", rolloutGroup: "B" },
    ];
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...changes), { maxLength: 12 }), async (made) => {
        const { app, post, log, registry, folder } = await openApp([experiment]);
        for (const change of [null, ...made]) {
          const now = "2026-02-01T12:00:00Z";
          // Ignore rejections: not every change is allowed in every state.
          if (change) {
            await registry.update("on", (before) => transition(before, { by: "test", ...change }, now)).catch(() => {});
          }
          for (const device of ["d1", "d2", "d3"]) {
            const response = await app.request(`/api/expgroups?device_id=${device}`);
            const { group, epoch, state } = (await response.json()).on;
            if (state === "active")
              await post([{ deviceId: device, event: "exposure", experiment: "on", group, epoch }]);
          }
        }
        await log.close();
        const { details, assignments } = await verify(folder);
        expect(details).toEqual([]);
        checked += assignments.checked;
      }),
      { numRuns: 30 },
    );
    expect(checked).toBeGreaterThan(200);
  });

  test("one that everybody gets is right for an assignment after a rollout, not for an exposure before it", async () => {
    const device = ["d1", "d2", "d3", "d4", "d5"].find((id) => groupOf(id) === "A") ?? "";
    const rolled = rolledOut("on", "B");
    expect((await verify(await dataOf([groups(device, "B")], [rolled]))).ok).toBe(true);
    expect((await verify(await dataOf([exposure(device, "B")], [rolled]))).ok).toBe(false);
  });

  test("who did not take part, what was edited since it ended, and what is not of devices is not checked", async () => {
    const fallback = (deviceId: string) => ({
      ...groups(deviceId, other(groupOf(deviceId))),
      reasons: { on: "route" },
    });
    expect(await verify(await dataOf([fallback("d1")], [experiment]))).toMatchObject({
      ok: true,
      assignments: { checked: 0, unchecked: 1 },
    });
    const wrong = exposure("d1", other(groupOf("d1")));
    const ended = transition(experiment, { by: "test", state: "inactive" }, "2026-02-01T12:00:00Z");
    const edited = transition(ended, { by: "test", definition: { salt: "x" } }, "2026-02-02T12:00:00Z");
    expect((await verify(await dataOf([wrong], [ended]))).ok).toBe(false);
    expect((await verify(await dataOf([wrong], [edited]))).ok).toBe(true);
    expect((await verify(await dataOf([wrong], [active("on", { unit: "account" })]))).ok).toBe(true);
  });

  test("a reason by which a device takes part does not hide a wrong group", async () => {
    const sticky = { ...groups("d1", other(groupOf("d1"))), reasons: { on: "sticky" } };
    expect((await verify(await dataOf([sticky], [experiment]))).ok).toBe(false);
  });

  test("that of an allocation is right too", async () => {
    const weights = [
      { name: "A", weight: 1 },
      { name: "B", weight: 0 },
    ];
    const allocated = active("on", { allocations: [{ id: "vip", rule: "true", weights }] });
    const device = ["d1", "d2", "d3", "d4", "d5"].find((id) => groupOf(id) === "B") ?? "";
    for (const group of ["A", "B"])
      expect((await verify(await dataOf([exposure(device, group)], [allocated]))).ok).toBe(true);
    const onlyB = ["d1", "d2", "d3", "d4", "d5"].find((id) => groupOf(id) === "A") ?? "";
    expect((await verify(await dataOf([exposure(onlyB, "B")], [allocated]))).ok).toBe(false);
  });

  test("a registry that is missing beside a log is refused, as a start does", async () => {
    const data = await temporaryFolder();
    await mkdir(join(data, "events"));
    await writeFile(join(data, FIRST), `${JSON.stringify(exposure("d1", "Z"))}\n`);
    await expect(verify(data)).rejects.toThrow("experiments.json is missing, though there is an event log");
  });
});

describe("fairsplit verify", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  async function run(...args: string[]) {
    const stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await runCli(["verify", ...args]);
    const text = (spy: typeof stdout) => spy.mock.calls.map(([chunk]) => chunk).join("");
    return { code: process.exitCode, out: text(stdout), err: text(stderr) };
  }

  test("is exit 0 and says what it counted when there is no drift", async () => {
    const data = await dataOf(events(1200));
    const { code, out, err } = await run(data);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/: 1,200 events, [\d,]+ bytes, segments: 1\n/);
    expect(out).toContain("counters: 1,200 stored, 0 duplicates, 0 rejected, 0 shed, 0 of bots, 0 while off\n");
    expect(out).toMatch(/✓ no drift\n$/);
  });

  test("is exit 1 and names every drift", async () => {
    const data = await dataOf(events(2));
    await appendFile(join(data, FIRST), "garbage\n");
    const { code, out } = await run(data);
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ 1 drift:\n {2}unreadable: 00000001\.ndjson line 3 \(byte \d+\): the line is not an event\n$/,
    );
  });

  test("--json prints one document", async () => {
    const { code, out } = await run(await dataOf(events(2)), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, events: 2 });
  });

  test("is exit 78 for a corrupt registry", async () => {
    const data = await dataOf(events(2));
    await writeFile(join(data, "experiments.json"), "null");
    const { code, out, err } = await run(data);
    expect([code, out]).toEqual([78, ""]);
    expect(err).toContain("experiments.json is not a registry");
  });

  test("is exit 2 for a folder that is none", async () => {
    const { code, err } = await run("/dev/null/data");
    expect(code).toBe(2);
    expect(err).toContain('"/dev/null/data" is not a data folder');
  });
});
