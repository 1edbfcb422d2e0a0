import { join } from "node:path";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { newAgent, post } from "./rig/post.ts";
import { memoryMb, startServer } from "./rig/server-process.ts";

const PER_CYCLE = 100_000;
const PER_REQUEST = 100;
/** One of so many devices also asks for its groups, which stores an event too. */
const ASKS_EVERY = 20;
const CLIENTS = 8;
const MAX_MB = 256;

/** A big site: the server must not keep something for each device that it ever saw. */
export const devices: Fault = {
  id: "devices",
  title: "distinct devices, and what the server keeps of them",
  cycles: { full: 10, short: 1 },
  cycle: `${PER_CYCLE.toLocaleString("en")} devices, each with an event, every ${ASKS_EVERY}th asking for its groups`,
  mutant: MUTANTS.devices,
  lacks: () => (process.platform === "linux" ? null : "memory is read from /proc"),
  async run({ program, folder, cycles, progress }) {
    const data = join(folder, "data");
    const server = await startServer(program, data, { mode: "demo" });
    const before = memoryMb(server.child.pid).now;
    const total = cycles * PER_CYCLE;
    let next = 0;
    let stored = 0;
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const agent = newAgent();
        while (next < total) {
          const ids = Array.from({ length: PER_REQUEST }, () => {
            next += 1;
            return `0190c1b2-0000-7000-8000-${next.toString(16).padStart(12, "0")}`;
          });
          const events = ids.map((id) => ({ id, deviceId: id, event: "pageview", path: "/pricing" }));
          const { status, body } = await post(server.url, JSON.stringify(events), agent);
          if (status !== 200) throw new Error(`POST /events answered ${status}: ${body}`);
          stored += JSON.parse(body).accepted;
          for (let i = 0; i < ids.length; i += ASKS_EVERY) {
            await (await fetch(`${server.url}/api/expgroups?device_id=${ids[i]}`)).arrayBuffer();
          }
          if (next % 10_000 === 0) progress(`${next} devices`);
        }
        agent.destroy();
      }),
    );
    const { now, most } = memoryMb(server.child.pid);
    await server.kill();
    const again = await startServer(program, data, { mode: "demo" });
    const afterStart = memoryMb(again.child.pid).most;
    await again.kill();
    return {
      tally: null,
      checks: [
        { ok: stored === total, text: `${stored.toLocaleString("en")} devices' events stored` },
        {
          ok: Math.max(most, afterStart) <= MAX_MB,
          text:
            `memory ${before.toFixed(0)} MB before, ${now.toFixed(0)} MB after, ${most.toFixed(0)} MB at most; ` +
            `${afterStart.toFixed(0)} MB at most while starting again`,
        },
      ],
    };
  },
};
