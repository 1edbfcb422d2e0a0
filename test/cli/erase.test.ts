import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { run } from "../server/rig/built-program.ts";
import { openApp, stopped } from "../server/rig/open-app.ts";

/** A stopped server's folder with an exposure of the experiment `two`, and an order. */
async function folderWithExposure() {
  const { post, log, folder } = await openApp([stopped("two")]);
  await post({ deviceId: "d1", event: "exposure", experiment: "two", group: "A", epoch: 1 });
  await post({ deviceId: "-d2", event: "order" });
  await log.close();
  return folder;
}

test.each([
  [["delete-experiment", "two", "--with-events"], "deleted two: took out 1 events, and its part of 0 assignments\n"],
  [["delete-experiment", "two"], "deleted two; its events stay in the log\n"],
  [["forget-unit", "d1"], "took 1 events of that device or account out of "],
  [["forget-unit", "--", "-d2"], "took 1 events of that device or account out of "],
])("fairsplit %j does what its arguments say, and leaves what it writes to the owner alone", async (args, said) => {
  const folder = await folderWithExposure();
  const startedAt = Date.now();
  const [command = "", ...rest] = args;
  const { closed, output } = run([command, "--data", folder, ...rest]);
  expect([await closed, output.stderr]).toEqual([0, ""]);
  expect(output.stdout).toContain(said);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.map(async ({ name, parentPath }) => ({ name, ...(await stat(join(parentPath, name))) })),
  );
  const open = files.filter(({ mode, birthtimeMs }) => birthtimeMs > startedAt && (mode & 0o077) !== 0);
  expect(open.map(({ name }) => name)).toEqual([]);
});

test.each([
  ["is not there", (path: string) => rm(path, { force: true })],
  ["is cut", (path: string) => writeFile(path, gzipSync("{}\n").subarray(0, 12))],
])("what an archive lacks is said in a sentence, and nothing is changed: a segment that %s", async (_, damage) => {
  const folder = await folderWithExposure();
  const segment = {
    ...{ segment: 1, folder, events: 1, lastAt: null, lines: "0".repeat(64) },
    ...{ copy: "", version: "", isDistinct: true, hasAccounts: false },
  };
  await writeFile(join(folder, "archive.json"), JSON.stringify([segment]));
  const path = join(folder, "00000001.ndjson.gz");
  await damage(path);
  const { closed, output } = run(["forget-unit", "d1", "--data", folder]);
  expect(await closed).toBe(78);
  expect(output.stderr).toBe(
    `fairsplit: ${path} is not there or damaged: bring the archive back, or take the segment out of ${folder}/archive.json if it is gone\n`,
  );
});
