import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { badDisk, badDiskLacks, type DiskMode } from "./rig/bad-disk.ts";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents, until } from "./rig/server-process.ts";

const BROKEN_MS = 500;
const RECOVERY_MS = 1000;
const REST_MS = 100;
const MAX_RESTS = 20;

/**
 * A disk that fails and comes back. After a failed sync nobody knows what was written, so nothing
 * of it may be acknowledged.
 */
export const eio: Fault = {
  id: "eio",
  title: "EIO from fdatasync, then from writes, then short writes, under load (LD_PRELOAD shim)",
  cycles: { full: 20, short: 2 },
  cycle: `${BROKEN_MS} ms of each, then a sound disk again`,
  mutant: MUTANTS.eio,
  lacks: badDiskLacks,
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const disk = await badDisk(folder);
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 16, batch: [1, 10] });
    const server = await startServer(program, data, { env: disk.env });
    clients.start(server.url);
    const broken: DiskMode[] = ["sync-error", "write-error"];
    let acknowledgedWhileBroken = 0;
    const recoveryMs: number[] = [];
    for (let cycle = 0; cycle < cycles && server.isAlive(); cycle += 1) {
      for (const mode of broken) {
        await disk.set(mode);
        const before = await countAtRest(journal);
        await delay(BROKEN_MS);
        acknowledgedWhileBroken += journal.acknowledgedCount - before;
        const soundAt = performance.now();
        await disk.set("sound");
        await until(() => clients.lastAcknowledged > soundAt, 10 * RECOVERY_MS);
        recoveryMs.push(performance.now() - soundAt);
      }
      await disk.set("short-write");
      await delay(BROKEN_MS);
      await disk.set("sound");
      progress(`${cycle + 1}/${cycles}, ${journal.acknowledgedCount} acknowledged`);
    }
    await clients.stop();
    const wasAlive = server.isAlive();
    await server.kill();
    const again = await startServer(program, data);
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const refused = clients.answers.get(503) ?? 0;
    const slowest = Math.max(...recoveryMs);
    return {
      tally,
      checks: [
        {
          ok: acknowledgedWhileBroken === 0,
          text: `${acknowledgedWhileBroken} acknowledged while nothing could be stored`,
        },
        { ok: refused > 0, text: `${refused} answers 503` },
        { ok: wasAlive, text: `the server ${wasAlive ? "never ended" : "ended"}` },
        { ok: slowest <= RECOVERY_MS, text: `accepting again after at most ${slowest.toFixed(0)} ms` },
      ],
    };
  },
};

/**
 * Acknowledged events once no more come. A write that was being synced when the disk broke may
 * still be acknowledged, later on a busy machine; a server that goes on is not waited for.
 */
async function countAtRest(journal: Journal): Promise<number> {
  let count = -1;
  for (let rests = 0; rests < MAX_RESTS && journal.acknowledgedCount !== count; rests += 1) {
    count = journal.acknowledgedCount;
    await delay(REST_MS);
  }
  return journal.acknowledgedCount;
}
