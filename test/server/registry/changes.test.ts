import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Experiment } from "../../../core/experiment.ts";
import { InvalidInput } from "../../../core/parse.ts";
import { transition } from "../../../core/transition.ts";
import { Conflict, KeyTaken, NotSaved } from "../../../server/registry/errors.ts";
import { CorruptRegistry } from "../../../server/registry/experiments-file.ts";
import { type Author, openRegistry, type Registry } from "../../../server/registry/registry.ts";
import { active, inactive, NOW, temporaryFolder } from "../rig/open-app.ts";

const ANN: Author = { by: "ann", now: "2026-02-01T08:00:00.000Z" };
const GROUPS = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50 },
];
const weighed = (a: number) => [
  { name: "A", weight: a },
  { name: "B", weight: 50 },
];

let path: string;
beforeEach(async () => {
  path = join(await temporaryFolder(), "experiments.json");
});

const open = (initial: readonly Experiment[] = []) => openRegistry(path, initial, NOW);
const reopen = () => open();
const history = async (registry: Registry, key?: string | null) =>
  (await registry.history.page(1000, key === undefined ? {} : { key })).entries.reverse();
const log = async (registry: Registry) =>
  (await history(registry)).map(({ number, key, action }) => `${number} ${key} ${action}`);
const edit = (
  registry: Registry,
  key: string,
  change: Omit<Parameters<typeof transition>[1], "by">,
  version?: number,
) => registry.update(key, (experiment) => transition(experiment, { by: "ann", ...change }, ANN.now), version);

/**
 * Every change's `after` is the next one's `before`, and the last one equals the registry; also
 * after a restart.
 */
async function expectExplained(registry: Registry) {
  const states = new Map<string | null, unknown>();
  for (const [index, { number, key, before, after }] of (await history(registry)).entries()) {
    expect(number).toBe(index + 1);
    if (key !== null) expect(before).toEqual(states.get(key) ?? null);
    states.set(key, after);
  }
  for (const experiment of registry.list()) expect(states.get(experiment.key)).toEqual(experiment);
  for (const [key, state] of states) if (key !== null && state !== null) expect(registry.get(key)).toEqual(state);
  const before = await readFile(path, "utf8");
  const again = await reopen();
  expect(again.list()).toEqual(registry.list());
  expect(again.settings()).toEqual(registry.settings());
  expect(await log(again)).toEqual(await log(registry));
  expect(await readFile(path, "utf8")).toBe(before);
}

describe("every change is in the history, with who, when, before and after", () => {
  test("whatever is done with an experiment", async () => {
    const registry = await open([active("first")]);
    await registry.create({ key: "one", groups: GROUPS }, ANN);
    await edit(registry, "one", { definition: { title: "One" } });
    await edit(registry, "one", { state: "active" });
    await edit(registry, "one", { definition: { groups: weighed(51) } });
    await edit(registry, "one", { state: "rollout", rolloutGroup: "A" });
    await edit(registry, "one", { rolloutGroup: "B", state: "rollout" });
    await edit(registry, "one", { state: "active" });
    await edit(registry, "one", { state: "inactive", definition: { title: "Uno" } });
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), ANN);
    await registry.remove("one", ANN);
    expect(await log(registry)).toEqual([
      "1 first created",
      "2 one created",
      "3 one edited",
      "4 one started",
      "5 one edited",
      "6 one rolled_out",
      "7 one rolled_out",
      "8 one started",
      "9 one stopped",
      "10 null settings",
      "11 one removed",
    ]);
    const entries = await history(registry, "one");
    expect(entries[0]).toMatchObject({ by: "ann", at: ANN.now, before: null, after: { version: 1, updatedBy: "ann" } });
    expect(entries[3]).toMatchObject({ before: { epoch: 1 }, after: { epoch: 2, groups: weighed(51) } });
    expect(entries.at(-1)).toMatchObject({ by: "ann", at: ANN.now, before: { title: "Uno" }, after: null });
    expect(await registry.history.get(10)).toMatchObject({ before: { enabled: true }, after: { enabled: false } });
    await expectExplained(registry);
  });

  test("100 at once are all there, one after the other", async () => {
    const registry = await open([inactive("one"), inactive("two")]);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => edit(registry, i % 2 ? "one" : "two", { definition: { title: `${i}` } })),
    );
    expect(registry.list().map(({ version }) => version)).toEqual([51, 51]);
    expect(await log(registry)).toHaveLength(102);
    await expectExplained(registry);
  });
});

describe("a change for a version that is no more", () => {
  test("is a conflict that says what is there now, and changes nothing", async () => {
    const registry = await open([inactive("one")]);
    const title = (text: string) => edit(registry, "one", { definition: { title: text } }, 1);
    const [first, second] = await Promise.allSettled([title("first"), title("second")]);
    expect(first.status).toBe("fulfilled");
    const conflict = (second as PromiseRejectedResult).reason;
    expect(conflict).toBeInstanceOf(Conflict);
    expect(conflict).toMatchObject({ current: { title: "first" }, version: 2 });
    expect(conflict.message).toBe("it is version 2 now, the change was made for version 1");
    await expect(registry.remove("one", ANN, 1)).rejects.toThrow(Conflict);
    await expect(registry.revert(2, ANN, 1)).rejects.toThrow(Conflict);
    expect(registry.get("one")?.title).toBe("first");
    await registry.remove("one", ANN, 2);
    expect(registry.list()).toEqual([]);
  });

  test("also of the settings, whose version is the number of their last change", async () => {
    const registry = await open([inactive("one")]);
    expect(registry.settingsVersion()).toBe(0);
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), ANN, 0);
    expect(registry.settingsVersion()).toBe(2);
    expect((await reopen()).settingsVersion()).toBe(2);
    const late = registry.updateSettings((settings) => ({ ...settings, enabled: true }), ANN, 0);
    await expect(late).rejects.toMatchObject({ current: { enabled: false }, version: 2 });
    expect(registry.settings().enabled).toBe(false);
  });
});

describe("creating", () => {
  test("goes to the end of the list; started at once it is in its first epoch", async () => {
    const registry = await open([inactive("one")]);
    const created = await registry.create({ key: "two", groups: GROUPS, title: "Two", state: "active" }, ANN);
    expect(created).toMatchObject({ state: "active", epoch: 1, version: 1, startedAt: ANN.now, updatedBy: "ann" });
    expect(registry.list().map(({ key }) => key)).toEqual(["one", "two"]);
    expect(await log(registry)).toEqual(["1 one created", "2 two created"]);
    await expectExplained(registry);
  });

  test("refuses a key that is taken, what is invalid, and what does not fit the others", async () => {
    const registry = await open([inactive("one")]);
    await expect(registry.create({ key: "one", groups: GROUPS }, ANN)).rejects.toThrow(KeyTaken);
    const bad = [
      { key: "1", groups: GROUPS },
      { key: "two", groups: weighed(-1) },
      { key: "two", groups: GROUPS, dependsOn: { key: "three", group: "A" } },
      { key: "two", groups: GROUPS, state: "rollout" as const },
    ];
    for (const draft of bad) await expect(registry.create(draft, ANN)).rejects.toThrow(InvalidInput);
    expect(registry.list()).toHaveLength(1);
    await expectExplained(registry);
  });

  test("of one key at once succeeds once", async () => {
    const registry = await open();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => registry.create({ key: "one", groups: GROUPS }, ANN)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expectExplained(registry);
  });

  test("with the key of a removed one goes on after its last epoch and version, also after a restart and without the history", async () => {
    const first = await open([active("one")]);
    await first.remove("one", ANN);
    const again = await (await reopen()).create({ key: "one", groups: GROUPS }, ANN);
    expect(again).toMatchObject({ state: "inactive", epoch: 2, version: 3 });
    const registry = await reopen();
    expect((await edit(registry, "one", { state: "active" }))?.epoch).toBe(3);
    await registry.remove("one", ANN);
    await expectExplained(registry);
    await rm(join(path, "../history.ndjson"));
    const forgetful = await reopen();
    expect(forgetful.history.damage.missing).toBe(5);
    expect(await forgetful.create({ key: "one", groups: GROUPS }, ANN)).toMatchObject({ epoch: 4, version: 5 });
    expect(forgetful.history.last).toBe(6);
  });
});

describe("removing", () => {
  test("of an unknown key is undefined; of one that another depends on is refused", async () => {
    const registry = await open([inactive("one"), inactive("two", { dependsOn: { key: "one", group: "A" } })]);
    expect(await registry.remove("three", ANN)).toBeUndefined();
    await expect(registry.remove("one", ANN)).rejects.toThrow('two.dependsOn.key is "one"');
    await registry.remove("two", ANN);
    await registry.remove("one", ANN);
    expect(registry.list()).toEqual([]);
    await expectExplained(registry);
  });
});

describe("reverting", () => {
  test("brings back the definition before a change, as a new change, and leaves the state alone", async () => {
    const registry = await open([active("one")]);
    await edit(registry, "one", { definition: { title: "2", groups: weighed(51) } });
    await edit(registry, "one", { definition: { title: "3" } });
    await edit(registry, "one", { state: "inactive" });
    const reverted = await registry.revert(2, { by: "bob", now: "2026-03-01T00:00:00.000Z" });
    expect(reverted).toMatchObject({ title: "one", groups: GROUPS, state: "inactive", version: 6, updatedBy: "bob" });
    expect((await history(registry)).at(-1)).toMatchObject({ number: 5, action: "reverted", reverts: 2, by: "bob" });
    await expectExplained(registry);
  });

  test("of a start, a stop or a rollout brings back the state as well, by what is allowed now", async () => {
    const registry = await open([inactive("one")]);
    await edit(registry, "one", { state: "active" });
    expect(await registry.revert(2, ANN)).toMatchObject({ state: "inactive", endedAt: ANN.now });
    expect(await registry.revert(3, ANN)).toMatchObject({ state: "active", epoch: 2 });
    await edit(registry, "one", { state: "rollout", rolloutGroup: "B" });
    expect(await registry.revert(5, ANN)).toMatchObject({ state: "active", epoch: 3, rolloutGroup: null });
    expect(await registry.revert(6, ANN)).toMatchObject({ state: "rollout", rolloutGroup: "B" });
    // Change 2 began from inactive, which cannot be reached from a rollout.
    await expect(registry.revert(2, ANN)).rejects.toThrow('state is "inactive": allowed is rollout or active');
    expect(registry.get("one")?.state).toBe("rollout");
    await expectExplained(registry);
  });

  test("of a removal brings it back, switched off, with a higher epoch", async () => {
    const registry = await open([active("one", { title: "gone" })]);
    await registry.remove("one", ANN);
    expect(await registry.revert(2, ANN)).toMatchObject({ title: "gone", state: "inactive", epoch: 2, version: 3 });
    await expectExplained(registry);
  });

  test("of nothing is undefined; of what created it, or what does not fit any more, is refused", async () => {
    const registry = await open([inactive("one"), inactive("two")]);
    expect(await registry.revert(99, ANN)).toBeUndefined();
    await expect(registry.revert(1, ANN)).rejects.toThrow(
      "number is 1: allowed is a change of one that something was before",
    );
    await edit(registry, "two", { definition: { dependsOn: { key: "one", group: "A" } } });
    await edit(registry, "two", { definition: { dependsOn: null } });
    await registry.remove("one", ANN);
    await expect(registry.revert(4, ANN)).rejects.toThrow('dependsOn.key is "one": allowed is the key of another');
    await expectExplained(registry);
  });
});

describe("what the disk does not take", () => {
  test.each([
    ["the file", (folder: string) => join(folder, "experiments.json.tmp/in-the-way")],
    ["its backup", (folder: string) => join(folder, "experiments.json.backup.tmp/in-the-way")],
  ])("changes neither memory nor %s nor history, and can be tried again", async (_, obstacle) => {
    const registry = await open([inactive("one")]);
    const files = () => Promise.all([path, join(path, "../history.ndjson")].map((name) => readFile(name, "utf8")));
    const before = await files();
    await mkdir(obstacle(join(path, "..")), { recursive: true });
    await expect(edit(registry, "one", { state: "active" })).rejects.toThrow(NotSaved);
    await expect(registry.create({ key: "two", groups: GROUPS }, ANN)).rejects.toThrow(NotSaved);
    await expect(registry.remove("one", ANN)).rejects.toThrow(NotSaved);
    const off = registry.updateSettings((settings) => ({ ...settings, enabled: false }), ANN);
    await expect(off).rejects.toThrow(NotSaved);
    expect(registry.list()).toEqual([inactive("one")]);
    expect(registry.settings().enabled).toBe(true);
    expect(await files()).toEqual(before);

    await rm(join(obstacle(join(path, "..")), ".."), { recursive: true });
    await edit(registry, "one", { state: "active" });
    expect(await log(registry)).toEqual(["1 one created", "2 one started"]);
    await expectExplained(registry);
  });

  test("because the history is gone: the file is not written either", async () => {
    const registry = await open([inactive("one")]);
    await rm(join(path, "../history.ndjson"));
    await expect(edit(registry, "one", { state: "active" })).rejects.toThrow("the change cannot be saved: ENOENT");
    expect(registry.get("one")?.state).toBe("inactive");
  });
});

describe("a start makes a change of what the history does not lead to", () => {
  const load = async () => JSON.parse(await readFile(path, "utf8"));
  const save = ({ check: _, ...content }: Record<string, unknown>) => writeFile(path, JSON.stringify(content));

  test("a file of an older version without a history", async () => {
    await writeFile(path, await readFile(new URL("../../cases/experiments-schema-1.json", import.meta.url)));
    const registry = await reopen();
    expect(registry.list().length).toBeGreaterThan(0);
    expect(await log(registry)).toEqual(registry.list().map(({ key }, index) => `${index + 1} ${key} imported`));
    await expectExplained(registry);
  });

  test("a file that somebody edited: experiments, settings, one taken out and one put in", async () => {
    const registry = await open([inactive("one"), inactive("two"), inactive("three")]);
    await edit(registry, "one", { definition: { title: "last" } });
    const content = await load();
    content.settings.enabled = false;
    content.experiments[0].title = "by hand";
    content.experiments[2] = { ...content.experiments[2], key: "four" };
    await save(content);
    const again = await reopen();
    // Forms still open were made for version 2.
    expect(again.get("one")).toMatchObject({ title: "by hand", version: 3, updatedBy: "start" });
    expect(await log(again)).toEqual([
      ...(await log(registry)),
      "5 one imported",
      "6 four imported",
      "7 three imported",
      "8 null imported",
    ]);
    expect(await again.history.get(7)).toMatchObject({ before: { key: "three" }, after: null, by: "start", at: NOW });
    expect(await again.create({ key: "three", groups: GROUPS }, ANN)).toMatchObject({ epoch: 1, version: 2 });
    await expectExplained(again);
  });

  test("a backup that somebody copied into the file's place: nothing is lost, no number and no epoch comes again", async () => {
    const registry = await open([active("one")]);
    const old = await readFile(path);
    await edit(registry, "one", { definition: { groups: weighed(51) } });
    await edit(registry, "one", { state: "inactive" });
    await registry.create({ key: "two", groups: GROUPS }, ANN);
    await writeFile(path, old);
    const again = await reopen();
    expect(again.get("one")).toMatchObject({ state: "active", groups: GROUPS, epoch: 3, startedAt: NOW, version: 5 });
    expect(await log(again)).toEqual([...(await log(registry)), "5 one undone", "6 two undone"]);
    await expectExplained(again);
  });

  test("a change that was not finished", async () => {
    const registry = await open([inactive("one")]);
    const before = await readFile(path);
    await edit(registry, "one", { state: "active" });
    // The state after a kill between writing the history and the file.
    await writeFile(path, before);
    const again = await reopen();
    expect(again.get("one")?.state).toBe("inactive");
    expect(await log(again)).toEqual(["1 one created", "2 one started", "3 one undone"]);
    await expectExplained(again);
  });

  test("a history that lost its last lines goes on with the next number", async () => {
    const registry = await open([inactive("one")]);
    const before = await readFile(join(path, "../history.ndjson"));
    await edit(registry, "one", { definition: { title: "2" } });
    await writeFile(join(path, "../history.ndjson"), before);
    const again = await reopen();
    expect(await log(again)).toEqual(["1 one created", "3 one imported"]);
    expect(again.history.damage.missing).toBe(1);
    expect(again.get("one")?.title).toBe("2");
  });

  test("a folder in the history's place stops the start, and is left alone", async () => {
    await open([inactive("one")]);
    const history = join(path, "../history.ndjson");
    await rm(history);
    await mkdir(history);
    const before = await readFile(path, "utf8");
    await expect(reopen()).rejects.toThrow(CorruptRegistry);
    await expect(reopen()).rejects.toThrow(`${history} cannot be opened: EISDIR`);
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test("garbage at the end of the history changes nothing", async () => {
    const registry = await open([inactive("one")]);
    await appendFile(join(path, "../history.ndjson"), '{"number":2,"key":"one","act');
    const again = await reopen();
    expect(again.list()).toEqual(registry.list());
    await expectExplained(again);
  });
});
