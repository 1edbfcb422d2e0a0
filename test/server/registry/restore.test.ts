import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { type Backup, listBackups } from "../../../server/registry/backups.ts";
import { formatContent, NEW_CONTENT, parseContent } from "../../../server/registry/content.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { restore as restoreBackup } from "../../../server/registry/restore.ts";
import { run, start } from "../rig/built-program.ts";
import { active, inactive, NOW, stopped, temporaryFolder } from "../rig/open-app.ts";

const state = (...experiments: Experiment[]) => formatContent({ ...NEW_CONTENT, experiments });
const OLD = state(inactive("one", { title: "old" }));
const NEW = state(stopped("one", { title: "new" }), stopped("two"));

/** A data folder with a damaged file and these backups, newest first. */
async function damaged(backups: readonly string[], text: string | null = "{torn"): Promise<string> {
  const data = await temporaryFolder();
  for (const [index, backup] of backups.entries()) await writeFile(join(data, `experiments.json.${index + 1}`), backup);
  if (text !== null) await writeFile(join(data, "experiments.json"), text);
  return data;
}

async function restore(...args: string[]) {
  const { closed, lines } = run(["restore", ...args]);
  return { code: await closed, stdout: lines("stdout"), stderr: lines("stderr") };
}

const fileOf = (data: string) => readFile(join(data, "experiments.json"), "utf8");
const experimentsOf = async (data: string) => parseContent(Buffer.from(await fileOf(data))).experiments;

/** Titles in the file, regardless of versions and the history's number. */
const titlesOf = async (data: string) => (await experimentsOf(data)).map(({ key, title }) => `${key}: ${title}`);
const OLD_TITLES = ["one: old"];
const NEW_TITLES = ["one: new", "two: two"];

async function brokenOf(data: string): Promise<string[]> {
  const names = (await readdir(data)).filter((name) => /^experiments\.json\.broken-\d{8}T\d{6}Z/.test(name));
  return Promise.all(names.map((name) => readFile(join(data, name), "utf8")));
}

describe("fairsplit restore", () => {
  test("lists the backups, restores the newest whole one, keeps the broken file, and the server starts", async () => {
    const data = await damaged(["\0", NEW, OLD]);
    const { code, stdout, stderr } = await restore(data);
    expect(stderr).toEqual([]);
    expect(code).toBe(0);
    expect(stdout).toEqual([
      `backups in ${data}, newest first:`,
      expect.stringMatching(/^ {3}1 {2}written \S+Z {2}not whole: .+JSON/),
      expect.stringMatching(/^ {3}2 {2}written \S+Z {2}2 experiments, whole$/),
      expect.stringMatching(/^ {3}3 {2}written \S+Z {2}1 experiment, whole$/),
      expect.stringContaining(`${join(data, "experiments.json")} is not a registry: `),
      expect.stringContaining(`kept what was there as ${join(data, "experiments.json.broken-")}`),
      `restored backup 2 to ${join(data, "experiments.json")}: 2 experiments`,
    ]);
    expect(await titlesOf(data)).toEqual(NEW_TITLES);
    expect(await brokenOf(data)).toEqual(["{torn"]);
    const { base } = await start(["serve", "--data", data, "--port", "0"]);
    expect(Object.keys(await (await fetch(`${base}/api/experiments`)).json())).toEqual(["one", "two"]);
  });

  test("restores the backup that --from says, from the folder that --data or FAIRSPLIT_DATA says", async () => {
    const data = await damaged([NEW, OLD]);
    expect((await restore("--data", data, "--from", "2")).code).toBe(0);
    expect(await titlesOf(data)).toEqual(OLD_TITLES);
    await writeFile(join(data, "experiments.json"), "");
    const { closed } = run(["restore"], { FAIRSPLIT_DATA: data });
    expect(await closed).toBe(0);
    expect(await titlesOf(data)).toEqual(NEW_TITLES);
    expect((await brokenOf(data)).sort()).toEqual(["", "{torn"]);
  });

  test("restores a missing file, and one that a folder took the place of", async () => {
    const data = await damaged([NEW], null);
    expect((await restore(data)).code).toBe(0);
    await rm(join(data, "experiments.json"));
    await mkdir(join(data, "experiments.json"));
    expect((await restore(data)).code).toBe(0);
    expect(await titlesOf(data)).toEqual(NEW_TITLES);
  });

  test("leaves a whole file alone unless it is told which backup; then it keeps that file too", async () => {
    const data = await damaged([OLD], NEW);
    const { code, stdout } = await restore(data);
    expect(code).toBe(0);
    expect(stdout.at(-1)).toContain("nothing to restore; to go back to a backup all the same, say which: --from 1");
    expect(await fileOf(data)).toBe(NEW);
    expect((await restore(data, "--from", "1")).code).toBe(0);
    expect(await titlesOf(data)).toEqual(OLD_TITLES);
    const kept = (await readdir(data)).filter((name) => name.startsWith("experiments.json.replaced-"));
    expect(await readFile(join(data, kept[0] ?? ""), "utf8")).toBe(NEW);
  });

  test("accepts an edited file, and only its check may be wrong", async () => {
    const data = await damaged([OLD], NEW.replace('"weight": 50', '"weight": 49'));
    const { code, stdout } = await restore(data, "--accept");
    expect(code).toBe(0);
    expect(stdout.at(-1)).toBe(`accepted ${join(data, "experiments.json")} as it is: 2 experiments`);
    expect((await experimentsOf(data))[0]?.groups[0]?.weight).toBe(49);

    const invalid = NEW.replace('"weight": 50', '"weight": -50');
    await writeFile(join(data, "experiments.json"), invalid);
    const refused = await restore(data, "--accept");
    expect(refused.code).toBe(78);
    expect(refused.stderr[0]).toContain("groups[0].weight is -50");
    expect(await fileOf(data)).toBe(invalid);
  });

  test.each<[what: string, backups: string[], args: string[], says: string]>([
    ["no backups", [], [], "has no whole backup: "],
    ["only broken backups", ["{", "null"], [], "has no whole backup: "],
    ["a broken backup chosen", ["{", NEW], ["--from", "1"], "has no whole backup 1: "],
    ["a backup chosen that is not there", [NEW], ["--from", "2"], "has no whole backup 2: "],
  ])("with %s is exit 78 and changes nothing", async (_, backups, args, says) => {
    const data = await damaged(backups);
    const { code, stderr } = await restore(data, ...args);
    expect(stderr).toEqual([`fairsplit: ${data} ${says}${join(data, "experiments.json")} is left as it is`]);
    expect(code).toBe(78);
    expect(await fileOf(data)).toBe("{torn");
    expect(await brokenOf(data)).toEqual([]);
  });

  test("while a server has the folder is exit 3, names its process, and changes nothing", async () => {
    const data = await damaged([OLD], NEW);
    const server = await start(["serve", "--data", data, "--port", "0"]);
    const before = await fileOf(data);
    const { code, stdout, stderr } = await restore(data, "--from", "1");
    expect(stderr[0]).toContain(`is in use by process ${server.child.pid} on `);
    expect({ code, stdout }).toEqual({ code: 3, stdout: [] });
    expect(await fileOf(data)).toBe(before);
  });

  test.each<[args: string[], says: string]>([
    [["/nonexistent/data"], 'data is "/nonexistent/data": there is no such folder'],
    [["data", "--from", "0"], '--from is "0": allowed are whole numbers from 1 to 10'],
    [["data", "--from", "11"], '--from is "11"'],
    [["data", "--from", "1e0"], '--from is "1e0"'],
    [["data", "--from"], "Not enough arguments following: from"],
    [["data", "--from", "1", "--from", "2"], '--from is "1,2"'],
    [["data", "--from", "1", "--accept"], "--from and --accept are both given: allowed is one"],
    [["data", "--data", "other"], "the data folder is given twice: allowed is once"],
    [["data", "more"], "Unknown argument: more"],
  ])("%j is exit 2 with an example", async (args, says) => {
    const { code, stdout, stderr } = await restore(...args);
    expect(stderr).toEqual([expect.stringContaining(`fairsplit: ${says}`)]);
    expect(stderr[0]).toMatch(/[.?] For example: fairsplit restore .+$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
  });
});

describe("an epoch that has events is not begun a second time", () => {
  const exposure = (experiment: string, epoch: number) =>
    `${JSON.stringify({ id: `e${epoch}`, deviceId: "d1", event: "exposure", experiment, group: "A", epoch })}\n`;

  test.each<[what: string, experiment: Experiment, epochs: number[], expected: number]>([
    ["an experiment that runs gets the next one", active("one"), [1, 2], 3],
    ["one that is off gets it when it is switched on", inactive("one"), [1, 2], 2],
    ["one without later events keeps its own", active("one"), [0, 1], 1],
    ["an epoch that so few changes cannot have begun is somebody's invention", active("one"), [1, 5, 9e15], 1],
  ])("%s", async (_, experiment, epochs, expected) => {
    const data = await damaged(["{", state(experiment)]);
    await mkdir(join(data, "events"));
    const log = `torn\n{"epoch":{torn\n${epochs.map((epoch) => exposure("one", epoch)).join("")}${exposure("two", 2)}`;
    await writeFile(join(data, "events/00000001.ndjson"), log);
    const { code, stdout } = await restore(data);
    expect(code).toBe(0);
    const [restored] = await experimentsOf(data);
    expect(restored?.epoch).toBe(expected);
    const isRaised = expected !== experiment.epoch;
    expect(restored?.version).toBe(experiment.version + (isRaised ? 1 : 0));
    const said = `one: period ${expected} instead of ${experiment.epoch}, because the event log has events of later periods`;
    expect(stdout.includes(said)).toBe(isRaised);
  });
});

test("what a restore changes is in the history; no number, version or epoch of before comes again", async () => {
  const path = join(await temporaryFolder(), "experiments.json");
  const by = { by: "ann", now: NOW };
  const registry = await openRegistry(path, [active("one"), inactive("two")]);
  const title = (text: string) => (experiment: Experiment) =>
    transition(experiment, { by: "ann", definition: { title: text } }, NOW);
  await registry.update("one", title("2"));
  await registry.update("one", title("3"));
  await registry.create({ key: "three", groups: active("one").groups, state: "active" }, by);
  await registry.remove("two", by);
  await registry.updateSettings((settings) => ({ ...settings, enabled: false }), by);
  const [backup] = (await listBackups(path)).filter(({ number }) => number === 4);
  expect(backup?.content?.experiments.map(({ title }) => title)).toEqual(["2", "two"]);
  await writeFile(path, "{torn");
  await restoreBackup(path, backup as Backup, "broken", NOW);

  const again = await openRegistry(path, []);
  expect(again.list().map(({ title, version }) => [title, version])).toEqual([
    ["2", 5],
    ["two", 2],
  ]);
  expect(again.settings().enabled).toBe(true);
  const { entries } = await again.history.page(100);
  expect(entries.reverse().map(({ number, key, action }) => `${number} ${key} ${action}`)).toEqual([
    "1 one created",
    "2 two created",
    "3 one edited",
    "4 one edited",
    "5 three created",
    "6 two removed",
    "7 null settings",
    "8 one restored",
    "9 two restored",
    "10 three restored",
    "11 null restored",
  ]);
  expect(await again.create({ key: "three", groups: active("one").groups }, by)).toMatchObject({
    epoch: 2,
    version: 2,
  });
});
