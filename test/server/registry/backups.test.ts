import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backUp, listBackups } from "../../../server/registry/backups.ts";
import { formatContent, NEW_CONTENT } from "../../../server/registry/content.ts";
import { inactive, temporaryFolder } from "../rig/open-app.ts";

const state = (title: string) => formatContent({ ...NEW_CONTENT, experiments: [inactive("one", { title })] });

async function fileIn(folder: string, title: string): Promise<string> {
  const path = join(folder, "experiments.json");
  await writeFile(path, state(title));
  return path;
}

/** Backs up and changes the file, once per state. */
async function change(folder: string, titles: readonly string[]): Promise<string> {
  for (const title of titles) await backUp(await fileIn(folder, title));
  return join(folder, "experiments.json");
}

const titles = async (path: string) =>
  (await listBackups(path)).map(({ number, content }) => `${number} ${content?.experiments[0]?.title}`);

describe("backups", () => {
  test("are numbered from the newest, and are ten at most", async () => {
    const folder = await temporaryFolder();
    const path = await change(
      folder,
      Array.from({ length: 13 }, (_, index) => `state ${index + 1}`),
    );
    expect(await titles(path)).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1} state ${13 - index}`));
    expect(await readdir(folder)).toHaveLength(11);
  });

  test("are byte for byte what was there, even when that is not whole, and say when it was written", async () => {
    const path = await fileIn(await temporaryFolder(), "");
    await writeFile(path, "\0broken");
    await utimes(path, 1000, 1000);
    await backUp(path);
    expect(await readFile(`${path}.1`, "utf8")).toBe("\0broken");
    expect(await listBackups(path)).toMatchObject([{ number: 1, writtenAt: new Date(1_000_000), content: null }]);
  });

  test("are files of their own: editing the file in place does not change them", async () => {
    const path = await fileIn(await temporaryFolder(), "before");
    await backUp(path);
    expect((await stat(`${path}.1`)).ino).not.toBe((await stat(path)).ino);
  });

  test("of a state that is backup 1 already are not made again: a change that failed pushes nothing out", async () => {
    const path = await change(await temporaryFolder(), ["a", "b", "b", "b"]);
    expect(await titles(path)).toEqual(["1 b", "2 a"]);
  });

  test("are moved only up to the first gap, so that nothing is lost to it", async () => {
    const path = await change(await temporaryFolder(), ["a", "b", "c", "d", "e"]);
    await rm(`${path}.3`);
    await fileIn(join(path, ".."), "f");
    await backUp(path);
    expect(await titles(path)).toEqual(["1 f", "2 e", "3 d", "4 b", "5 a"]);
  });

  test("are none when there is no file yet", async () => {
    const path = join(await temporaryFolder(), "experiments.json");
    await backUp(path);
    expect(await listBackups(path)).toEqual([]);
  });
});
