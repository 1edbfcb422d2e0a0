import { join } from "node:path";
import { Admin } from "./rig/admin.ts";
import type { Check, Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

const KEY = "headline";
const DEVICES = 5000;
const CLIENTS = 16;
const MAX_NEW = 300;
const MINUTE_MS = 60_000;

/**
 * One address that asks for groups as ever new devices: it gets them, and fills no disk; known
 * devices that ask again store nothing.
 */
export const flood: Fault = {
  id: "flood",
  title: "new devices without end from one address, and known ones again and again",
  cycles: { full: 3, short: 1 },
  cycle: `${DEVICES.toLocaleString("en")} new devices, each asking twice, with --new-devices ${MAX_NEW}`,
  mutant: MUTANTS.flood,
  async run({ program, folder, cycles, progress }) {
    const checks: Check[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const server = await startServer(program, join(folder, `data-${cycle}`), { newDevices: MAX_NEW });
      const admin = new Admin(server.url);
      await admin.start(KEY, [{ event: "order", kind: "binary" }]);
      const before = performance.now();
      const groups = new Map<string, string>();
      let wrong = 0;
      let next = 0;
      const ask = async () => {
        while (next < 2 * DEVICES) {
          // Twice each, far apart.
          const id = `${cycle}-${next % DEVICES}`;
          next += 1;
          const answer = await fetch(`${server.url}/api/expgroups?device_id=${id}`);
          const found = ((await answer.json()) as Record<string, { group?: string }>)[KEY]?.group;
          if (answer.status !== 200 || found === undefined || (groups.get(id) ?? found) !== found) wrong += 1;
          groups.set(id, found ?? "");
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, ask));
      const minutes = Math.ceil((performance.now() - before) / MINUTE_MS);
      let stored = 0;
      for await (const { event } of storedEvents(server.url)) if (event === "exp_groups") stored += 1;
      await admin.set(KEY, { state: "inactive" });
      await server.kill();
      progress(`${cycle + 1}/${cycles}`);
      const most = MAX_NEW * (minutes + 1);
      checks.push(
        { ok: wrong === 0, text: `${wrong} of ${2 * DEVICES} answers without a group, or with another than before` },
        { ok: stored > 0 && stored <= most, text: `${stored} assignments stored, at most ${most}` },
        {
          ok: groups.size === DEVICES && new Set(groups.values()).size === 2,
          text: `${groups.size} devices in ${new Set(groups.values()).size} groups`,
        },
      );
    }
    return { tally: null, checks };
  },
};
