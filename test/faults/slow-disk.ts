import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { badDisk, badDiskLacks } from "./rig/bad-disk.ts";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { memoryMb, startServer, storedEvents } from "./rig/server-process.ts";

const SYNC_MS = 200;
const SECONDS = 3;
const CLIENTS = 200;
/**
 * A request that just misses a sync waits for the next as well, which makes 0.5; the rest is for a
 * busy machine.
 */
const MIN_SHARE = 0.25;
const MAX_GROWTH_MB = 96;

/** A disk that takes its time: what waits together must be synced together. */
export const slowDisk: Fault = {
  id: "slow-disk",
  title: `a disk whose every sync takes ${SYNC_MS} ms (LD_PRELOAD shim)`,
  cycles: { full: 5, short: 1 },
  cycle: `${SECONDS} s of ${CLIENTS} clients`,
  mutant: MUTANTS.slowDisk,
  lacks: () => (process.platform === "linux" ? badDiskLacks() : "memory is read from /proc"),
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const disk = await badDisk(folder);
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: CLIENTS, batch: [1, 10] });
    const server = await startServer(program, data, { env: disk.env });
    await disk.set(`slow ${SYNC_MS}`);
    const before = memoryMb(server.child.pid).now;
    clients.start(server.url);
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await delay(SECONDS * 1000);
      progress(`${cycle + 1}/${cycles}, ${journal.acknowledgedCount} acknowledged`);
    }
    await clients.stop();
    const grownMb = memoryMb(server.child.pid).most - before;
    await server.kill();
    const again = await startServer(program, data);
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const perSecond = (clients.answers.get(200) ?? 0) / (cycles * SECONDS);
    const ideal = CLIENTS / (SYNC_MS / 1000);
    return {
      tally,
      checks: [
        {
          ok: perSecond >= MIN_SHARE * ideal,
          text: `${perSecond.toFixed(0)} requests/s acknowledged, ${(perSecond / ideal).toFixed(2)} of one sync for all`,
        },
        { ok: grownMb <= MAX_GROWTH_MB, text: `memory grew by ${grownMb.toFixed(0)} MB at most` },
      ],
    };
  },
};
