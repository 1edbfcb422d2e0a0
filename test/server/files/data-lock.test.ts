import { once } from "node:events";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CannotLock, lockDataFolder } from "../../../server/files/data-lock.ts";
import { run, start } from "../rig/built-program.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const serve = (data: string) => ["serve", "--data", data, "--port", "0"];

describe("the lock of a data folder", () => {
  test("is one process's, is given back, and leaves its file for the next", async () => {
    const folder = await temporaryFolder();
    const lock = await lockDataFolder(folder);
    await expect(lockDataFolder(folder)).rejects.toThrow(CannotLock);
    await expect(lockDataFolder(folder)).rejects.toThrow(`${folder} is in use by process ${process.pid} on `);
    lock.release();
    expect(await readFile(join(folder, "lock"), "utf8")).toBe("");
    (await lockDataFolder(folder)).release();
  });

  test("is not a matter of what its file says: neither a process id that lives nor garbage keeps anybody out", async () => {
    const folder = await temporaryFolder();
    for (const left of [`process ${process.pid} on here\n`, "process 1 on here\n", "garbage".repeat(1000), ""]) {
      await writeFile(join(folder, "lock"), left);
      (await lockDataFolder(folder)).release();
    }
  });

  test("holds without its file: the secret is locked, too, once there is one", async () => {
    const folder = await temporaryFolder();
    const first = await lockDataFolder(folder);
    await writeFile(join(folder, "secret"), "s".repeat(24));
    await first.holdSecret();
    await rm(join(folder, "lock"));
    await expect(lockDataFolder(folder)).rejects.toThrow(
      `${folder} is in use by another process, whose lock file was removed: stop it first`,
    );
    expect(await readdir(folder)).toEqual(["secret"]);
    first.release();
    const second = await lockDataFolder(folder);
    await rm(join(folder, "lock"));
    await expect(lockDataFolder(folder)).rejects.toThrow(CannotLock);
    expect(await readFile(join(folder, "secret"), "utf8")).toBe("s".repeat(24));
    second.release();
    (await lockDataFolder(folder)).release();
  });

  test("cannot be taken where there is no folder", async () => {
    const folder = join(await temporaryFolder(), "none");
    await expect(lockDataFolder(folder)).rejects.toThrow(CannotLock);
    await expect(lockDataFolder(folder)).rejects.toThrow(`the data folder ${folder} cannot be locked: ENOENT`);
  });
});

describe("where the native lock cannot be loaded, the program flock holds the lock", () => {
  const load = () => Promise.reject(new Error("no prebuild"));

  test("of one process, which is named, and gives it back", async () => {
    const folder = await temporaryFolder();
    const lock = await lockDataFolder(folder, load);
    await expect(lockDataFolder(folder, load)).rejects.toThrow(`is in use by process ${process.pid} on `);
    lock.release();
    await expect.poll(() => lockDataFolder(folder, load).then((next) => next.release())).toBeUndefined();
  });

  test("and without either nothing is locked, which is said", async () => {
    vi.stubEnv("PATH", "/nowhere");
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(lockDataFolder(await temporaryFolder(), load)).rejects.toThrow(
      /cannot be locked: there is no native lock for this system \(no prebuild\), and no flock \(spawn flock ENOENT\)/,
    );
  });
});

describe("a second server on one data folder", () => {
  test.each(["serve", "demo"])("%s is exit 3, names the first one's process, and changes nothing", async (command) => {
    const data = await temporaryFolder();
    const first = await start(serve(data));
    const before = await stat(join(data, "experiments.json"));
    const { closed, lines } = run([command, "--data", data, "--port", "0"]);
    expect(await closed).toBe(3);
    expect(lines("stdout")).toEqual([]);
    expect(lines("stderr")).toEqual([
      expect.stringContaining(`fairsplit: the data folder ${data} is in use by process ${first.child.pid} on `),
    ]);
    expect((await stat(join(data, "experiments.json"))).mtimeMs).toBe(before.mtimeMs);
    expect((await fetch(`${first.base}/healthz`)).status).toBe(200);
  });

  test.each([
    0, 1,
  ])("is refused where the lock file was removed, after %i restarts, and the first one keeps serving", async (restarts) => {
    const data = await temporaryFolder();
    for (let n = 0; n < restarts; n += 1) {
      const { child, closed } = await start(serve(data));
      child.kill("SIGTERM");
      expect(await closed).toBe(0);
    }
    const first = await start(serve(data));
    await rm(join(data, "lock"));
    for (const attempt of [run(serve(data)), run(["delete-experiment", "x", "--data", data])]) {
      expect(await attempt.closed).toBe(3);
      expect(attempt.lines("stderr")).toEqual([
        expect.stringContaining(`the data folder ${data} is in use by another process, whose lock file was removed`),
      ]);
    }
    const body = JSON.stringify({ deviceId: "d", event: "order" });
    const posted = await fetch(`${first.base}/events`, { method: "POST", body });
    expect(await posted.json()).toMatchObject({ accepted: 1 });
  });

  test("starts at once when the first was killed", async () => {
    const data = await temporaryFolder();
    for (let round = 0; round < 3; round += 1) {
      const { child, closed, base } = await start(serve(data));
      expect((await fetch(`${base}/healthz`)).status).toBe(200);
      child.kill("SIGKILL");
      await closed;
    }
  });

  test("of six that start at once exactly one wins, and the others name it", async () => {
    const data = await temporaryFolder();
    const all = Array.from({ length: 6 }, () => run(serve(data)));
    const firstLine = async ({ child }: (typeof all)[number]) => String((await once(child.stdout, "data"))[0]);
    const outcomes = await Promise.all(
      all.map((one) => Promise.race([firstLine(one), one.closed.then(() => one.output.stdout)])),
    );
    const winners = all.filter((_, index) => outcomes[index]?.startsWith("fairsplit listening on "));
    expect(winners).toHaveLength(1);
    for (const loser of all.filter((one) => one !== winners[0])) {
      expect(await loser.closed).toBe(3);
      expect(loser.output.stderr).toContain(`is in use by process ${winners[0]?.child.pid} on `);
    }
  });
});
