import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

const MIN_MS = 50;
const MAX_MS = 400;

/** `kill -9` at any moment under load, again and again on the same data folder. */
export const kill: Fault = {
  id: "kill",
  title: "kill -9 under load of 32 clients that resend, then a restart on the same data",
  cycles: { full: 320, short: 6 },
  cycle: `a start, ${MIN_MS} to ${MAX_MS} ms of load, a kill`,
  mutant: MUTANTS.kill,
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 32, batch: [1, 10] });
    const startMs: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const before = performance.now();
      const server = await startServer(program, data);
      startMs.push(performance.now() - before);
      clients.start(server.url);
      await delay(random.whole(MIN_MS, MAX_MS));
      await server.kill();
      await clients.stop();
      progress(`${cycle + 1}/${cycles}, ${clients.sentCount} sent`);
    }
    const server = await startServer(program, data);
    const tally = await journal.check(storedEvents(server.url));
    await server.kill();
    return {
      tally,
      checks: [
        { ok: clients.miscounted === 0, text: `${clients.miscounted} answers that do not account for each event` },
        { ok: true, text: `slowest start ${Math.max(...startMs).toFixed(0)} ms` },
      ],
    };
  },
};
