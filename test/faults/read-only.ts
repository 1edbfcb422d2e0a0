import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { imageLacks, mount, run } from "./rig/mount.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { DidNotStart, startServer, storedEvents, until } from "./rig/server-process.ts";

const READ_ONLY_MS = 500;
const RECOVERY_MS = 1000;

/**
 * A data folder that may not be written: at the start, which then says so, and while the server
 * runs.
 */
export const readOnly: Fault = {
  id: "read-only",
  title: "a read-only data folder, at the start (a read-only mount) and under load (chattr +i)",
  cycles: { full: 5, short: 1 },
  cycle: `a start on it, then ${READ_ONLY_MS} ms of it under load`,
  mutant: MUTANTS.readOnly,
  lacks: imageLacks,
  async run(trial) {
    const { program, folder, random, cycles, progress } = trial;
    const image = join(folder, "image");
    run("truncate", "-s", "64M", image);
    run("mkfs.ext4", "-q", "-F", image);
    const disk = mount(trial, join(folder, "disk"), "-o", "loop", image);
    trial.atEnd(() => spawnSync("chattr", ["-R", "-i", disk]));
    const data = join(disk, "data");
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 16, batch: [1, 10] });
    const starts: string[] = [];
    const recoveryMs: number[] = [];
    let wasAlive = true;
    await mkdir(data);
    await writeFile(join(data, "to-be-immutable"), "");
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      run("mount", "-o", "remount,ro", disk);
      starts.push(
        await startServer(program, data).then(
          (server) => server.kill().then(() => "it started"),
          (error) => (error instanceof DidNotStart ? `${error.exitCode} ${error.message}` : String(error)),
        ),
      );
      run("mount", "-o", "remount,rw", disk);

      const server = await startServer(program, data);
      clients.start(server.url);
      await delay(200);
      run("chattr", "-R", "+i", data);
      await delay(READ_ONLY_MS);
      const writableAt = performance.now();
      run("chattr", "-R", "-i", data);
      await until(() => clients.lastAcknowledged > writableAt + 20, 10 * RECOVERY_MS);
      recoveryMs.push(performance.now() - writableAt);
      await clients.stop();
      wasAlive &&= server.isAlive();
      await server.kill();
      progress(`${cycle + 1}/${cycles}`);
    }
    const again = await startServer(program, data);
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const isSaid = starts.every((text) => /EROFS|read-only/.test(text) && !/\n\s+at /.test(text));
    const slowest = Math.max(...recoveryMs);
    return {
      tally,
      checks: [
        { ok: isSaid, text: `a start on it: exit code ${starts[0]?.trim()}` },
        { ok: (clients.answers.get(503) ?? 0) > 0, text: `${clients.answers.get(503) ?? 0} answers 503` },
        { ok: wasAlive, text: `the server ${wasAlive ? "never ended" : "ended"}` },
        { ok: slowest <= RECOVERY_MS, text: `accepting again after at most ${slowest.toFixed(0)} ms` },
      ],
    };
  },
};
