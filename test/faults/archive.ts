import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { archiveKilledAt, LINES, linesOf, SEGMENTS, writeSegments } from "./rig/archived-log.ts";
import type { Fault } from "./rig/fault.ts";
import { MAX_STEPS } from "./rig/killed-command.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

/** A server is started on every so many results. */
const STARTED = 8;

/**
 * `kill -9` at each call of `archive` that changes a file: every line is in the log or in the
 * listed archive, and a second run completes the first one.
 */
export const archive: Fault = {
  id: "archive",
  title: "kill -9 at each step of archive, writes half done, then archive again",
  cycles: { full: 2, short: 1 },
  cycle: `a log of ${SEGMENTS} closed segments, killed at each step; a single cycle takes every 3rd`,
  mutant: MUTANTS.archive,
  async run({ program, folder, cycles, progress }) {
    const wrong: string[] = [];
    let steps = 0;
    let starts = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const original = join(folder, `original-${cycle}`);
      await (await startServer(program, original)).stop();
      await writeSegments(original, `s-${cycle}`);
      const all = await linesOf(original);
      for (let step = 1; step < MAX_STEPS; step += cycles === 1 ? 3 : 1) {
        const broken = join(folder, "broken");
        const to = join(folder, "archive");
        for (const path of [broken, to]) await rm(path, { recursive: true, force: true });
        await cp(original, broken, { recursive: true });
        if (archiveKilledAt(step, program, broken, to) !== null) break;
        steps += 1;
        progress(`${cycle + 1}/${cycles}, step ${step}`);
        wrong.push(...differences(await linesOf(broken), all, true).map((text) => `step ${step}: ${text}`));
        const again = archiveKilledAt(0, program, broken, to);
        if (again !== 0) wrong.push(`step ${step}: a second run ended with ${again}`);
        wrong.push(...differences(await linesOf(broken), all, false).map((text) => `step ${step}, again: ${text}`));
        const left = (await readdir(to)).filter((name) => name.endsWith(".tmp"));
        if (left.length > 0) wrong.push(`step ${step}: ${left.join(", ")} is left`);
        if (steps % STARTED !== 1) continue;
        starts += 1;
        const started = await startServer(program, broken);
        let events = 0;
        for await (const _ of storedEvents(started.url)) events += 1;
        if (events !== LINES) wrong.push(`step ${step}: the server finds ${events} events in the open segment`);
        await started.kill();
      }
    }
    return {
      tally: null,
      checks: [
        { ok: steps > 0, text: `${steps} kills, ${starts} starts afterwards` },
        {
          ok: wrong.length === 0,
          text: `${wrong.length} folders in a wrong state${wrong.slice(0, 3).map((text) => `; ${text}`)}`,
        },
      ],
    };
  },
};

type Lines = Awaited<ReturnType<typeof linesOf>>;

/** Lines that are nowhere or twice; halfway, a segment may be in both places. */
function differences(found: Lines, all: Lines, isHalfway: boolean): string[] {
  const both = [...found.archive, ...found.log];
  const missing = all.log.filter((line) => !both.includes(line)).length;
  const repeated = both.length - new Set(both).size;
  return [
    ...(missing > 0 ? [`${missing} lines are nowhere`] : []),
    ...(repeated > (isHalfway ? LINES : 0) ? [`${repeated} lines are in both`] : []),
    ...(!isHalfway && found.archive.length !== SEGMENTS * LINES ? [`${found.archive.length} lines are archived`] : []),
  ];
}
