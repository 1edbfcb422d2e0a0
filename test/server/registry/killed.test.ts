import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { transition } from "../../../core/transition.ts";
import { listBackups } from "../../../server/registry/backups.ts";
import { formatContent, NEW_CONTENT, parseContent } from "../../../server/registry/content.ts";
import { CorruptRegistry, ExperimentsFile } from "../../../server/registry/experiments-file.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { chooseBackup, restore } from "../../../server/registry/restore.ts";
import { inactive, NOW } from "../rig/open-app.ts";

/** Number of disk changes before the process dies. */
const life = vi.hoisted(() => ({ steps: Number.POSITIVE_INFINITY }));
/** Files made durable or renamed, in order. */
const done = vi.hoisted((): string[] => []);

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const step = () => {
    life.steps -= 1;
    if (life.steps < 0) throw new Error("killed");
  };
  const mortal =
    <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      step();
      return change(...args);
    };
  const open: typeof real.open = async (path, flags, mode) => {
    if (flags === "r") return real.open(path, flags, mode);
    step();
    const file = await real.open(path, flags, mode);
    const writeFile = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      const whole = Buffer.from(data as string);
      // Dying during a write leaves a partial file.
      if (life.steps < 1) await writeFile(whole.subarray(0, whole.length / 2));
      step();
      return writeFile(whole);
    };
    const write = file.write.bind(file);
    file.write = (async (whole: Buffer, offset: number, length: number | undefined, position: number) => {
      if (life.steps < 1) await write(whole.subarray(0, whole.length / 2), 0, undefined, position);
      step();
      return write(whole, offset, length, position);
    }) as typeof file.write;
    const sync = file.sync.bind(file);
    file.sync = async () => {
      step();
      done.push(`sync ${basename(String(path))}`);
      return sync();
    };
    return file;
  };
  const { link, utimes, rm } = real;
  const rename: typeof real.rename = async (from, to) => {
    done.push(`rename to ${basename(String(to))}`);
    return real.rename(from, to);
  };
  return { ...real, open, rename: mortal(rename), link: mortal(link), utimes: mortal(utimes), rm: mortal(rm) };
});

const state = (title: string) => ({ ...NEW_CONTENT, experiments: [inactive("one", { title })] });
const titleOf = (bytes: Buffer) => parseContent(bytes).experiments[0]?.title;
const folders: string[] = [];

/** A folder whose ten backups are state 1 (oldest) to state 10. */
async function filledFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-killed-"));
  folders.push(folder);
  const path = join(folder, "experiments.json");
  for (let age = 1; age <= 10; age += 1) await writeFile(`${path}.${age}`, formatContent(state(`state ${11 - age}`)));
  await writeFile(path, formatContent(state("state 11")));
  return path;
}

/**
 * Runs `act` so that it dies after 0, 1, 2 … steps, until it completes, and inspects what each
 * death leaves.
 */
async function killAtEveryStep(
  prepare: () => Promise<string>,
  act: (path: string) => Promise<unknown>,
  look: (path: string, isDone: boolean) => Promise<void>,
): Promise<number> {
  for (let steps = 0; ; steps += 1) {
    const path = await prepare();
    life.steps = steps;
    const isDone = await act(path).then(
      () => true,
      () => false,
    );
    life.steps = Number.POSITIVE_INFINITY;
    await look(path, isDone);
    if (isDone) return steps;
  }
}

afterEach(async () => {
  life.steps = Number.POSITIVE_INFINITY;
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

test("a change that is killed at any step leaves the old or the new state, and nine of the ten before it", async () => {
  const steps = await killAtEveryStep(
    filledFolder,
    (path) => new ExperimentsFile(path).write(state("state 12")),
    async (path, isDone) => {
      expect(isDone ? ["state 12"] : ["state 11", "state 12"]).toContain(titleOf(await readFile(path)));
      const backups = await listBackups(path);
      expect(backups.filter(({ content }) => content === null)).toEqual([]);
      const kept = new Set(backups.map(({ content }) => content?.experiments[0]?.title));
      for (let old = 2; old <= 10; old += 1) expect(kept).toContain(`state ${old}`);

      await new ExperimentsFile(path).write(state("state 13"));
      expect(titleOf(await readFile(path))).toBe("state 13");
      expect((await listBackups(path))[0]?.content?.experiments[0]?.title).not.toBe("state 13");
    },
  );
  expect(steps).toBeGreaterThan(15);
});

test("a change of the registry that is killed at any step is there or not, in the history as in the file", async () => {
  const by = { by: "ann", now: NOW };
  const steps = await killAtEveryStep(
    async () => {
      const path = await filledFolder();
      await openRegistry(path, [], NOW);
      return path;
    },
    async (path) => {
      const registry = await openRegistry(path, [], NOW);
      await registry.update("one", (experiment) =>
        transition(experiment, { by: "ann", definition: { title: "state 12" } }, NOW),
      );
    },
    async (path, isDone) => {
      const registry = await openRegistry(path, [], NOW);
      const title = registry.get("one")?.title;
      expect(isDone ? ["state 12"] : ["state 11", "state 12"]).toContain(title);
      await registry.updateSettings((settings) => ({ ...settings, enabled: false }), by);
      const { entries } = await registry.history.page(100);
      expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => entries.length - index));
      const [settings, ...ofOne] = entries;
      expect(settings?.after).toEqual({ enabled: false, holdout: null });
      expect(ofOne[0]?.after).toEqual(registry.get("one"));
      for (const [index, { before }] of ofOne.entries()) expect(before).toEqual(ofOne[index + 1]?.after ?? null);
      expect(registry.history.damage).toMatchObject({ missing: 0, unreadable: 0 });
    },
  );
  expect(steps).toBeGreaterThan(15);
});

test("a change is in the history before the file names its number, and both before it is acknowledged", async () => {
  const path = await filledFolder();
  const registry = await openRegistry(path, [], NOW);
  done.length = 0;
  await registry.remove("one", { by: "ann", now: NOW });
  const [first, ...others] = done;
  expect(first).toBe("sync history.ndjson");
  expect(others.slice(-2)).toEqual(["sync experiments.json.tmp", "rename to experiments.json"]);
});

const again = async (path: string) => {
  const backup = await chooseBackup(path, null);
  if (!backup) throw new Error("there is no backup");
  return restore(path, backup, "broken", NOW);
};

test.each([
  ["a torn file", (path: string) => writeFile(path, "{torn"), ["{torn"]],
  [
    "a folder in its place",
    async (path: string) => {
      await rm(path);
      await mkdir(path);
    },
    [],
  ],
  ["no file", (path: string) => rm(path), []],
])("restoring %s, killed at any step, leaves it as it was, restored, or refused; and a second try goes on", async (_, damage, broken) => {
  const steps = await killAtEveryStep(
    async () => {
      const path = await filledFolder();
      await damage(path);
      return path;
    },
    again,
    async (path, isDone) => {
      const content = await new ExperimentsFile(path).read().catch((error) => error);
      if (isDone) expect(content.experiments[0].title).toBe("state 10");
      else if (!(content instanceof CorruptRegistry)) expect(content?.experiments[0].title).toBe("state 10");
      expect(await listBackups(path)).toHaveLength(10);

      await again(path);
      expect(titleOf(await readFile(path))).toBe("state 10");
      const aside = (await readdir(join(path, ".."))).filter((name) => name.includes(".broken-"));
      const texts = await Promise.all(aside.map((name) => readFile(join(path, "..", name), "utf8").catch(() => "")));
      for (const text of broken) expect(texts).toContain(text);
    },
  );
  expect(steps).toBeGreaterThan(3);
});
