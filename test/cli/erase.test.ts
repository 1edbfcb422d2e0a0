import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../server/rig/built-program.ts";
import { openApp, stopped } from "../server/rig/open-app.ts";

/** A stopped server's folder with an exposure of the experiment `two`. */
async function folderWithExposure() {
  const { post, log, folder } = await openApp([stopped("two")]);
  await post({ deviceId: "d1", event: "exposure", experiment: "two", group: "A", epoch: 1 });
  await log.close();
  return folder;
}

test.each([
  [["delete-experiment", "two", "--with-events"], "deleted two: took out 1 events, and its part of 0 assignments\n"],
  [["delete-experiment", "two"], "deleted two; its events stay in the log\n"],
  [["forget-unit", "d1"], "took 1 events of that device or account out of "],
])("fairsplit %j does what its flags say, and leaves what it writes to the owner alone", async (args, said) => {
  const folder = await folderWithExposure();
  const startedAt = Date.now();
  const { closed, output } = run([...args, "--data", folder]);
  expect([await closed, output.stderr]).toEqual([0, ""]);
  expect(output.stdout).toContain(said);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.map(async ({ name, parentPath }) => ({ name, ...(await stat(join(parentPath, name))) })),
  );
  const open = files.filter(({ mode, birthtimeMs }) => birthtimeMs > startedAt && (mode & 0o077) !== 0);
  expect(open.map(({ name }) => name)).toEqual([]);
});
