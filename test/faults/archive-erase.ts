import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { archiveKilledAt, linesOf, SEGMENTS, writeSegments } from "./rig/archived-log.ts";
import type { Fault } from "./rig/fault.ts";
import { MAX_STEPS, runKilledAt } from "./rig/killed-command.ts";
import { mentions } from "./rig/mentions.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer } from "./rig/server-process.ts";

/** The device that is taken out of log and archive. */
const DEVICE = "the-forgotten";
/** One event in so many is its. */
const EVERY = 6;
/** A cycle takes every so many steps, each cycle others. */
const STRIDE = 9;

/**
 * `kill -9` at each call that changes a file, of `archive` and of `forget-unit` where there is an
 * archive, then `forget-unit`: the device is in no file of the data folder or of the archive,
 * whatever the kill has left in both, and every other line is there.
 */
export const archiveErase: Fault = {
  id: "archive-erase",
  title: "kill -9 at each step of archive, and of forget-unit with an archive, then forget-unit",
  cycles: { full: STRIDE, short: 1 },
  cycle: `a log of ${SEGMENTS} closed segments, killed at every ${STRIDE}th step, in each cycle at others`,
  mutant: MUTANTS.archiveErase,
  async run({ program, folder, cycles, progress }) {
    const [data, to] = [join(folder, "data"), join(folder, "archive")];
    const [original, archived] = [join(folder, "original"), join(folder, "archived")];
    const forget = (killAt: number) => runKilledAt(killAt, program, ["forget-unit", DEVICE, "--data", data]);
    const archive = (killAt: number) => archiveKilledAt(killAt, program, data, to);
    /** Puts copies of both folders in their places. */
    const restore = async (from: string) => {
      for (const path of [data, to]) await rm(path, { recursive: true, force: true });
      await cp(join(from, "data"), data, { recursive: true });
      await cp(join(from, "archive"), to, { recursive: true });
    };
    await (await startServer(program, data)).stop();
    await writeSegments(data, "s", (n) => (n % EVERY === 0 ? DEVICE : `d-${n}`));
    await mkdir(to);
    const kept = (await linesOf(data)).log.filter((line) => !line.includes(DEVICE));
    const save = async (as: string) => {
      await cp(data, join(as, "data"), { recursive: true });
      await cp(to, join(as, "archive"), { recursive: true });
    };
    await save(original);
    if (archive(0) !== 0) throw new Error("archive has failed without a kill");
    await save(archived);
    const isFound = (await mentions(to, DEVICE)).length === 2 * SEGMENTS;
    const wrong: string[] = [];
    let steps = 0;
    for (const [name, from, killed] of [
      ["archive", original, archive],
      ["forget-unit", archived, forget],
    ] as const) {
      for (let step = 1; step < MAX_STEPS; step += 1) {
        if (step % STRIDE >= cycles) continue;
        await restore(from);
        if (killed(step) !== null) break;
        steps += 1;
        progress(`${name}, step ${step}`);
        const code = forget(0);
        if (code !== 0) wrong.push(`${name}, step ${step}: forget-unit ended with ${code}`);
        wrong.push(...(await wrongIn(data, to, kept)).map((text) => `${name}, step ${step}: ${text}`));
      }
    }
    return {
      tally: null,
      checks: [
        { ok: steps > 0, text: `${steps} kills` },
        { ok: isFound, text: "before, the device was found in each compressed file and copy of the archive" },
        {
          ok: wrong.length === 0,
          text: `${wrong.length} folders in a wrong state${wrong.slice(0, 3).map((text) => `; ${text}`)}`,
        },
      ],
    };
  },
};

/** Describes files with the device, and lines that are nowhere. */
async function wrongIn(data: string, to: string, kept: readonly string[]): Promise<string[]> {
  const traces = [...(await mentions(data, DEVICE)), ...(await mentions(to, DEVICE))];
  const { archive, log } = await linesOf(data);
  const there = new Set([...archive, ...log]);
  const missing = kept.filter((line) => !there.has(line)).length;
  return [
    ...traces.map((path) => `the device is still in ${path}`),
    ...(missing > 0 ? [`${missing} of ${kept.length} lines are nowhere`] : []),
  ];
}
