import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Admin } from "./rig/admin.ts";
import { CoreWatch } from "./rig/core-watch.ts";
import type { Check, Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { type NewVisitor, newVisitors, quantile } from "./rig/new-visitors.ts";
import { OpenLoop } from "./rig/open-loop.ts";
import { startServer } from "./rig/server-process.ts";

/** Counted now: a pinned process has one. */
const ALL_CORES = `0-${availableParallelism() - 1}`;
const CONNECTIONS = 900;
const SECONDS = 5;
/**
 * Most that a new visitor waits in the median, as a multiple of what a busy connection does:
 * 7 to 12 without a queue, whatever else the machine does.
 */
const MAX_TIMES = 4;
const ORDINARY_MS = 20;
/** Most at the 99th percentile, where an idle server takes no longer than the other. */
const MAX_MS = 250;
const MAX_IDLE_MS = 50;
const IDLE_SECONDS = 2;
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
    if (isPinned) atEnd(() => pin(ALL_CORES));
    const wrapper = isPinned ? ["taskset", "-c", "0"] : [];
    const server = await startServer(program, join(folder, "data"), { wrapper });
    await new Admin(server.url).start("headline", [{ event: "order", kind: "binary" }]);
    const checks: Check[] = [];
    await newVisitors(server.port, IDLE_SECONDS);
    const idleMs = quantile(await newVisitors(server.port, IDLE_SECONDS), 0.99);
    checks.push({ ok: true, text: `before, a new visitor waited ${idleMs.toFixed(0)} ms at p99` });
    for (const [name, request] of Object.entries(FLOODS)) {
      const all: NewVisitor[] = [];
      const core = new CoreWatch(0, [server.child.pid]);
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
        all.push(...(await newVisitors(server.port, SECONDS)));
        answered += loop.answers.length - before;
        loop.close();
        progress(`${name}, ${cycle + 1}/${cycles}`);
      }
      const at = (share: number) => quantile(all, share);
      const late = all.filter(({ ms }) => ms > GIVEN_UP_MS).length;
      const served = all.filter(({ status }) => status === 200).length;
      const perSecond = answered / SECONDS / cycles;
      const busyMs = (1000 * CONNECTIONS) / perSecond;
      checks.push({
        ok: all.length > 20 && at(0.5) <= MAX_TIMES * busyMs + ORDINARY_MS,
        text:
          `${name}: ${perSecond.toFixed(0)} answers a second, each after ${busyMs.toFixed(0)} ms; ${all.length} new visitors waited ` +
          `${at(0.5).toFixed(0)} ms in the median, ${late} more than a second; ` +
          `${served} got a group, the others were turned away`,
      });
      const slow = idleMs > MAX_IDLE_MS ? "an idle server took long as well" : null;
      checks.push({
        ok: at(0.99) <= MAX_MS,
        text: `${name}: ${at(0.99).toFixed(0)} ms at p99`,
        excuse: slow ?? (isPinned ? core.excuse() : "server and clients share their cores"),
      });
    }
    await server.kill();
    return { tally: null, checks };
  },
};
