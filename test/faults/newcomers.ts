import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Admin } from "./rig/admin.ts";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { OpenLoop } from "./rig/open-loop.ts";
import { startServer } from "./rig/server-process.ts";

const CONNECTIONS = 900;
const SECONDS = 5;
/**
 * Most that a new visitor waits in the median, as a multiple of what a busy connection does:
 * 7 to 12 without a queue, whatever else the machine does.
 */
const MAX_TIMES = 4;
const ORDINARY_MS = 20;
/** The tag has given up then. */
const GIVEN_UP_MS = 1000;

/** Requests that each busy connection repeats. */
const FLOODS = {
  groups: "GET /api/expgroups?device_id=busy HTTP/1.1\r\nHost: a\r\n\r\n",
  "refused posts": "POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
} as const;

/** Visitors on new connections, while busy ones ask for all that the server can do. */
export const newcomers: Fault = {
  id: "newcomers",
  title: `new visitors beside ${CONNECTIONS} connections that never rest`,
  cycles: { full: 2, short: 1 },
  cycle: `${SECONDS} s of requests for groups, and of posts that are refused`,
  mutant: MUTANTS.newcomers,
  lacks: () => (availableParallelism() > 1 ? null : "server and clients need a core each"),
  async run({ program, folder, cycles, progress, atEnd }) {
    const pin = (cores: string) => spawnSync("taskset", ["-apc", cores, String(process.pid)]).status === 0;
    const isPinned = process.platform === "linux" && pin("1");
    if (isPinned) atEnd(() => pin(`0-${availableParallelism() - 1}`));
    const wrapper = isPinned ? ["taskset", "-c", "0"] : [];
    const server = await startServer(program, join(folder, "data"), { wrapper });
    await new Admin(server.url).start("headline", [{ event: "order", kind: "binary" }]);
    const checks: { ok: boolean; text: string }[] = [];
    for (const [name, request] of Object.entries(FLOODS)) {
      const all: Answer[] = [];
      let answered = 0;
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        const loop = new OpenLoop(server.port, CONNECTIONS);
        await loop.connect(CONNECTIONS);
        const bytes = Buffer.from(request);
        loop.answered = () => loop.send(bytes);
        for (let n = 0; n < CONNECTIONS; n += 1) loop.send(bytes);
        // The first second is spent on compiling what is hot.
        await delay(1000);
        const before = loop.answers.length;
        all.push(...(await askAnew(server.port)));
        answered += loop.answers.length - before;
        loop.close();
        progress(`${name}, ${cycle + 1}/${cycles}`);
      }
      const times = all.map(({ ms }) => ms).sort((a, b) => a - b);
      const at = (share: number) => times[Math.floor(share * times.length)] ?? Number.POSITIVE_INFINITY;
      const late = times.filter((ms) => ms > GIVEN_UP_MS).length;
      const served = all.filter(({ status }) => status === 200).length;
      const perSecond = answered / SECONDS / cycles;
      const busyMs = (1000 * CONNECTIONS) / perSecond;
      checks.push({
        ok: all.length > 20 && at(0.5) <= MAX_TIMES * busyMs + ORDINARY_MS,
        text:
          `${name}: ${perSecond.toFixed(0)} answers a second, each after ${busyMs.toFixed(0)} ms; ${all.length} new visitors waited ` +
          `${at(0.5).toFixed(0)} ms in the median, ${at(0.99).toFixed(0)} ms at p99, ${late} more than a second; ` +
          `${served} got a group, the others were turned away`,
      });
    }
    await server.kill();
    return { tally: null, checks };
  },
};

interface Answer {
  readonly ms: number;
  readonly status: number;
}

/** How each of the new visitors was answered, measured by another process. */
async function askAnew(port: number): Promise<Answer[]> {
  const child = spawn(process.execPath, ["./test/faults/rig/newcomer.mjs", String(port), String(SECONDS)]);
  const found: Answer[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const [ms = 0, status = 0] = line.split(" ").map(Number);
    found.push({ ms, status });
  });
  await once(child, "close");
  return found;
}
