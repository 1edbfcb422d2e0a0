import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { mount, mountLacks } from "./rig/mount.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents, until } from "./rig/server-process.ts";

const BALLAST_MB = 8;
/** Filling takes about 2 s; a server that never says 503 need not be waited for. */
const FILLING_MS = 15_000;
const FULL_MS = 1000;
const RECOVERY_MS = 1000;

/** A disk that runs full under load, and has space again. */
export const full: Fault = {
  id: "full",
  title: "a full disk (a small tmpfs) under load, then space again, without a restart",
  cycles: { full: 5, short: 1 },
  cycle: `load until the disk is full, ${FULL_MS} ms of that, then ${BALLAST_MB} MB of space`,
  mutant: MUTANTS.full,
  lacks: mountLacks,
  async run(trial) {
    const { program, folder, random, cycles, progress } = trial;
    const size = `size=${(cycles + 1) * BALLAST_MB}m`;
    const disk = mount(trial, join(folder, "disk"), "-t", "tmpfs", "-o", size, "none");
    const data = join(disk, "data");
    const ballast = (cycle: number) => join(disk, `ballast-${cycle}`);
    for (let cycle = 0; cycle < cycles; cycle += 1) await writeFile(ballast(cycle), Buffer.alloc(BALLAST_MB << 20));
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 16, batch: [1, 40] });
    // The default quota, a share of the volume, would be reached before so small a disk is full.
    const server = await startServer(program, data, { args: ["--max-log", "1G"] });
    clients.start(server.url);
    const recoveryMs: number[] = [];
    const refused = () => (clients.answers.get(503) ?? 0) + (clients.answers.get(507) ?? 0);
    let isHealthy = true;
    let refusedEach = true;
    for (let cycle = 0; cycle < cycles && server.isAlive(); cycle += 1) {
      const before = refused();
      refusedEach &&= await until(() => refused() > before, FILLING_MS);
      await delay(FULL_MS);
      isHealthy &&= (await fetch(`${server.url}/healthz`).catch(() => null))?.ok ?? false;
      const spaceAt = performance.now();
      await rm(ballast(cycle));
      await until(() => clients.lastAcknowledged > spaceAt + 5, 10 * RECOVERY_MS);
      recoveryMs.push(performance.now() - spaceAt);
      progress(`${cycle + 1}/${cycles}, ${journal.acknowledgedCount} acknowledged`);
    }
    await clients.stop();
    const wasAlive = server.isAlive();
    await server.kill();
    const again = await startServer(program, data, { args: ["--max-log", "1G"] });
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const slowest = Math.max(...recoveryMs);
    return {
      tally,
      checks: [
        { ok: refusedEach, text: `${refused()} answers 503` },
        { ok: wasAlive && isHealthy, text: `the server ${wasAlive ? "never ended" : "ended"}` },
        { ok: slowest <= RECOVERY_MS, text: `accepting again after at most ${slowest.toFixed(0)} ms` },
      ],
    };
  },
};
