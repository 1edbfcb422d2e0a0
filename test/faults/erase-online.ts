import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ERASURES_FILE, readErasures } from "../../server/retention/erasures-file.ts";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { mentions } from "./rig/mentions.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { ADMIN_TOKEN, startServer, storedEvents, until } from "./rig/server-process.ts";

/** Events of the device that is forgotten. */
const EVENTS = 20;
const TRAFFIC_MS = 100;
/** An erasure takes some 0.3 s; a kill after it finds nothing left to do. */
const MAX_BEFORE_KILL_MS = 400;
const PATIENCE_MS = 30_000;

/**
 * `kill -9` of a server that forgets a device beside its visitors: the next start goes on until the
 * device is in no file, and nothing else is lost.
 */
export const eraseOnline: Fault = {
  id: "erase-online",
  title: "kill -9 of a server while it forgets a device, and the next start",
  cycles: { full: 40, short: 4 },
  cycle: `traffic, a request to forget, a kill within ${MAX_BEFORE_KILL_MS} ms, and a start`,
  mutant: MUTANTS.eraseOnline,
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 4, batch: [1, 5] });
    const wrong: string[] = [];
    let pending = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const device = `the-forgotten-${cycle}-`;
      const server = await startServer(program, data);
      clients.start(server.url);
      const events = Array(EVENTS).fill({ deviceId: device, event: "order" });
      await fetch(`${server.url}/events`, { method: "POST", body: JSON.stringify(events) });
      await delay(TRAFFIC_MS);
      const { status } = await forget(server.url, device);
      if (status !== 303) throw new Error(`the request to forget was answered ${status}`);
      await delay(random.fraction() * MAX_BEFORE_KILL_MS);
      await server.kill();
      await clients.stop();
      if ((await readErasures(join(data, ERASURES_FILE))).length > 0) pending += 1;

      const next = await startServer(program, data);
      const isDone = async () => (await readErasures(join(data, ERASURES_FILE))).length === 0;
      if (!(await until(isDone, PATIENCE_MS))) wrong.push(`cycle ${cycle}: it is not done`);
      await next.stop();
      const traces = await mentions(data, device);
      if (traces.length > 0) wrong.push(`cycle ${cycle}: the device is in ${traces.join(", ")}`);
      progress(`${cycle + 1}/${cycles}`);
    }
    const last = await startServer(program, data);
    const tally = await journal.check(storedEvents(last.url));
    await last.kill();
    journal.close();
    return {
      tally,
      checks: [
        { ok: pending > 0, text: `${pending} of ${cycles} kills left it unfinished` },
        {
          ok: wrong.length === 0,
          text: `${wrong.length} devices not forgotten${wrong.slice(0, 3).map((text) => `; ${text}`)}`,
        },
      ],
    };
  },
};

function forget(url: string, device: string): Promise<Response> {
  return fetch(`${url}/experiments/settings/data/forget`, {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: new URLSearchParams({ unit: device, confirmed: "yes" }),
  });
}
