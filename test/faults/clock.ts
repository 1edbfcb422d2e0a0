import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

const HOUR = 3_600_000;
const JUMPS = [HOUR, -HOUR, 400 * 24 * HOUR, -20_000 * 24 * HOUR, 0];
const BETWEEN_MS = 200;

/**
 * A clock that is set while the server runs, far ahead and to before 1970: no id may be forgotten,
 * nothing lost.
 */
export const clock: Fault = {
  id: "clock",
  title: "jumps of the wall clock under load (a shifted Date inside the server)",
  cycles: { full: 10, short: 2 },
  cycle: `${JUMPS.length} jumps, ${BETWEEN_MS} ms apart, and a restart at a shifted time`,
  mutant: MUTANTS.clock,
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const shift = join(folder, "shift");
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 16, batch: [1, 10] });
    const options = { nodeArgs: ["--import", "./test/faults/rig/wall-clock.mjs"], env: { WALL_CLOCK: shift } };
    await writeFile(shift, "0");
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const server = await startServer(program, data, options);
      clients.start(server.url);
      for (const jump of JUMPS) {
        await writeFile(shift, String(jump));
        await delay(BETWEEN_MS);
      }
      await writeFile(shift, String(random.pick(JUMPS)));
      await server.kill();
      await clients.stop();
      progress(`${cycle + 1}/${cycles}`);
    }
    const again = await startServer(program, data);
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const { answers, miscounted } = clients;
    const refused = [...answers].filter(([status]) => status !== 200 && status !== 0);
    return {
      tally,
      checks: [
        { ok: refused.length === 0, text: `${refused.length} kinds of rejections` },
        { ok: miscounted === 0, text: `${miscounted} answers that do not account for each event` },
      ],
    };
  },
};
