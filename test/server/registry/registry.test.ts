import { chmod, mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Experiment } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { replaceFile } from "../../../server/files/durable-file.ts";
import { formatContent, NEW_CONTENT } from "../../../server/registry/content.ts";
import { CorruptRegistry } from "../../../server/registry/experiments-file.ts";
import { openRegistry, type Registry } from "../../../server/registry/registry.ts";
import { active, inactive, NOW, TESTER, temporaryFolder } from "../rig/open-app.ts";

/** The file as left by an editor or an older version: without a check. */
const filed = (experiments: readonly unknown[]) => `${JSON.stringify({ schema: 1, experiments }, null, 2)}\n`;
/** The file as written by fairsplit. */
const written = (experiments: readonly Experiment[], history: number) =>
  formatContent({ ...NEW_CONTENT, experiments, history });
const activate = (experiment: Experiment) => transition(experiment, { state: "active", by: "test" }, NOW);
const retitle = (title: string) => (experiment: Experiment) => ({ ...experiment, title });

async function pathInNewFolder(): Promise<string> {
  return join(await temporaryFolder(), "experiments.json");
}

/** Makes the next replacement of the registry's file fail before anything is written. */
async function blockWrites(path: string): Promise<void> {
  await mkdir(`${path}.tmp/in-the-way`, { recursive: true });
}

const titles = (registry: Registry) => registry.list().map(({ title }) => title);

describe("opening", () => {
  test("writes the initial experiments when there is no file yet, though NODE_ENV is test", async () => {
    expect(process.env.NODE_ENV).toBe("test");
    const path = await pathInNewFolder();
    const initial = [inactive("one"), active("two")];
    const registry = await openRegistry(path, initial);
    expect(registry.list()).toEqual(initial);
    expect(await readFile(path, "utf8")).toBe(written(initial, 2));
  });

  test("keeps what the file says, and does not write it again", async () => {
    const path = await pathInNewFolder();
    const stored = [active("stored")];
    await openRegistry(path, stored);
    const { mtimeMs } = await stat(path);
    const registry = await openRegistry(path, [inactive("initial")]);
    expect(registry.list()).toEqual(stored);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  });

  test("an empty registry stays empty: the initial experiments do not come back", async () => {
    const path = await pathInNewFolder();
    await writeFile(path, filed([]));
    expect((await openRegistry(path, [inactive("initial")])).list()).toEqual([]);
  });

  test("finds experiments by key, and nothing by a name that objects have", async () => {
    const registry = await openRegistry(await pathInNewFolder(), [inactive("one"), inactive("__proto__")]);
    expect(registry.get("one")?.key).toBe("one");
    expect(registry.get("__proto__")?.key).toBe("__proto__");
    for (const key of ["two", "toString", "constructor", ""]) expect(registry.get(key)).toBeUndefined();
  });
});

describe("a corrupt file stops the start, is named with its reason, and stays untouched", () => {
  const whole = filed([inactive("one"), inactive("two")]);

  test.each<[what: string, content: string, reason: string]>([
    ["empty", "", "Unexpected end of JSON input"],
    ["a newline", "\n", "Unexpected end of JSON input"],
    ["null", "null", "the input is null: allowed is an object {schema, settings, experiments}"],
    ["0", "0", "the input is 0"],
    ["false", "false", "the input is false"],
    ["an empty text", '""', 'the input is ""'],
    ["a list", "[]", "allowed is"],
    ["an empty object", "{}", "schema is missing"],
    ["truncated", whole.slice(0, whole.length / 2), "JSON"],
    ["without its last brace", whole.trimEnd().slice(0, -1), "JSON"],
    ["with zeros, as after a power cut", "\0".repeat(whole.length), "JSON"],
    ["without a list", '{"schema":1,"experiments":{}}', "experiments is {}: allowed is a list of experiments"],
    ["with a field that we do not know", '{"schema":1,"experiments":[],"settings":{}}', "settings is {}"],
    ["without settings", '{"schema":2,"experiments":[]}', "settings is missing"],
    ["with a wrong type", filed([{ ...inactive("one"), epoch: "1" }]), 'experiments[0].epoch is "1"'],
    [
      "with a bad weight",
      filed([inactive("one"), { ...inactive("two"), groups: [{ name: "A", weight: 0.5 }] }]),
      "experiments[1].groups[0].weight is 0.5",
    ],
    ["with two experiments of one key", filed([inactive("one"), inactive("one")]), "a key that no other has"],
  ])("%s", async (_, content, reason) => {
    const path = await pathInNewFolder();
    await writeFile(path, content);
    const opening = openRegistry(path, [inactive("initial")]);
    await expect(opening).rejects.toThrow(CorruptRegistry);
    await expect(opening).rejects.toThrow(`${path} is not a registry: `);
    await expect(opening).rejects.toThrow(reason);
    expect(await readFile(path, "utf8")).toBe(content);
    expect(await readdir(join(path, ".."))).toEqual(["experiments.json"]);
  });

  test("a folder in its place", async () => {
    const path = await pathInNewFolder();
    await mkdir(path);
    await expect(openRegistry(path, [])).rejects.toThrow(`${path} is not a registry: it is not a file`);
  });
});

describe("changing", () => {
  test("is on disk when it resolves, and is found again", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one"), inactive("two")]);
    const changed = await registry.update("two", activate);
    expect(changed?.state).toBe("active");
    expect(registry.get("two")).toEqual(changed);
    expect(await readFile(path, "utf8")).toBe(written([inactive("one"), changed as Experiment], 3));
    expect((await openRegistry(path, [])).list()).toEqual(registry.list());
  });

  test("leaves the state before it as a backup, and no other file", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one")]);
    await registry.update("one", activate);
    expect(await readdir(join(path, ".."))).toEqual(["experiments.json", "experiments.json.1", "history.ndjson"]);
    expect(await readFile(`${path}.1`, "utf8")).toBe(written([inactive("one")], 1));
  });

  test("of an unknown key is undefined, and nothing is written", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one")]);
    const change = vi.fn();
    expect(await registry.update("two", change)).toBeUndefined();
    expect(change).not.toHaveBeenCalled();
  });

  test("100 changes at once are all applied, one after the other", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one"), inactive("two")]);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        registry.update(i % 2 === 0 ? "one" : "two", (experiment) => ({ ...experiment, epoch: experiment.epoch + 1 })),
      ),
    );
    expect(registry.list().map(({ epoch }) => epoch)).toEqual([50, 50]);
    expect((await openRegistry(path, [])).list()).toEqual(registry.list());
  });

  test("that throws changes nothing, and the next one is applied", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one")]);
    const refused = registry.update("one", () => {
      throw new Error("refused");
    });
    const next = registry.update("one", retitle("next"));
    await expect(refused).rejects.toThrow("refused");
    await next;
    expect(titles(registry)).toEqual(["next"]);
  });

  test("that cannot be written changes nothing in memory or on disk, and can be tried again", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [inactive("one")]);
    const before = await readFile(path, "utf8");
    await blockWrites(path);
    await expect(registry.update("one", activate)).rejects.toThrow();
    expect(registry.get("one")?.state).toBe("inactive");
    expect(registry.list()[0]?.state).toBe("inactive");
    expect(await readFile(path, "utf8")).toBe(before);

    await rm(`${path}.tmp`, { recursive: true });
    await registry.update("one", activate);
    expect(registry.get("one")?.state).toBe("active");
  });

  test("never changes what was handed out before", async () => {
    const registry = await openRegistry(await pathInNewFolder(), [inactive("one")]);
    const [list, one] = [registry.list(), registry.get("one")];
    await registry.update("one", activate);
    expect(list[0]?.state).toBe("inactive");
    expect(one?.state).toBe("inactive");
  });
});

describe("experiments that would not fit together", () => {
  const half = { name: "shop", from: 0, to: 5000 };

  test("are not written", async () => {
    const path = await pathInNewFolder();
    const registry = await openRegistry(path, [active("one", { layer: half }), inactive("two", { layer: half })]);
    const before = await readFile(path, "utf8");
    await expect(registry.update("two", activate)).rejects.toThrow(
      "allowed is slots apart from 0 to 5000, which one has",
    );
    await expect(registry.update("two", (two) => ({ ...two, dependsOn: { key: "gone", group: "A" } }))).rejects.toThrow(
      'dependsOn.key is "gone": allowed is the key of another experiment',
    );
    expect(registry.get("two")?.state).toBe("inactive");
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test("are not begun with", async () => {
    const path = await pathInNewFolder();
    await expect(openRegistry(path, [inactive("one"), inactive("one")])).rejects.toThrow("a key that no other has");
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});

test("settings are durable, and stay with every change of an experiment", async () => {
  const path = await pathInNewFolder();
  const registry = await openRegistry(path, [inactive("one")]);
  expect(registry.settings()).toEqual({ enabled: true, holdout: null });
  const settings = { enabled: false, holdout: { share: 0.1, salt: "2026" } };
  const [, changed] = await Promise.all([
    registry.update("one", activate),
    registry.updateSettings(() => settings, TESTER),
  ]);
  expect(changed).toEqual(settings);
  await registry.update("one", retitle("new"));
  const again = await openRegistry(path, []);
  expect(again.settings()).toEqual(settings);
  expect(again.get("one")).toMatchObject({ state: "active", title: "new" });
});

describe("replacing a file", () => {
  test("syncs the new content before the name is moved, and the folder after it", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "file");
    await writeFile(path, "old");
    const probe = await open("/dev/null", "r");
    await probe.close();
    const seen: string[] = [];
    const sync = vi.spyOn(Object.getPrototypeOf(probe), "sync").mockImplementation(async () => {
      seen.push(await readFile(path, "utf8"));
    });
    onTestFinished(() => sync.mockRestore());
    await replaceFile(path, "new");
    expect(seen).toEqual(["old", "new"]);
  });

  test("gives the new file its mode, though an interrupted write left a temporary one with another", async () => {
    const path = join(await temporaryFolder(), "secret");
    await writeFile(`${path}.tmp`, "left behind");
    await chmod(`${path}.tmp`, 0o644);
    await replaceFile(path, "new", 0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toBe("new");
  });
});
