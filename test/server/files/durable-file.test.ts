import * as fs from "node:fs/promises";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { replaceFile, syncFolder } from "../../../server/files/durable-file.ts";
import { temporaryFolder } from "../rig/open-app.ts";

vi.mock("node:fs/promises", async (load) => {
  const real = await load<typeof fs>();
  return { ...real, open: vi.fn(real.open) };
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.mocked(fs.open).mockClear();
});

const onWindows = () => vi.stubGlobal("process", { ...process, platform: "win32" });
const opened = () => vi.mocked(fs.open).mock.calls.map(([path, flags]) => [path, flags]);

describe("a replaced file", () => {
  test("is there, and nothing beside it", async () => {
    const folder = await temporaryFolder();
    await replaceFile(join(folder, "file"), "old");
    await replaceFile(join(folder, "file"), "new");
    expect(await readFile(join(folder, "file"), "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["file"]);
    expect(opened()).toContainEqual([folder, "r"]);
  });

  test("is so on Windows too, which has no sync of a folder", async () => {
    onWindows();
    const folder = await temporaryFolder();
    await replaceFile(join(folder, "file"), "new");
    expect(await readFile(join(folder, "file"), "utf8")).toBe("new");
    expect(opened()).toEqual([[join(folder, "file.tmp"), "wx"]]);
  });
});

test("a folder that is not there cannot be synced, but on Windows nobody looks", async () => {
  await expect(syncFolder("/nowhere/at/all")).rejects.toThrow("ENOENT");
  onWindows();
  await expect(syncFolder("/nowhere/at/all")).resolves.toBeUndefined();
});
