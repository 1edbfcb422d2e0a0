import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Fault } from "./rig/fault.ts";
import { eventOf } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

const SEGMENTS = 3;
const LINES = 60;
const BEFORE = "2026-01-01";
/** More steps than any archiving has: beyond them the program was never at its end. */
const MAX_STEPS = 500;
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
      await writeSegments(original, cycle);
      const all = await linesOf(original);
      for (let step = 1; step < MAX_STEPS; step += cycles === 1 ? 3 : 1) {
        const broken = join(folder, "broken");
        const to = join(folder, "archive");
        for (const path of [broken, to]) await rm(path, { recursive: true, force: true });
        await cp(original, broken, { recursive: true });
        if (run(program, broken, to, step) !== null) break;
        steps += 1;
        progress(`${cycle + 1}/${cycles}, step ${step}`);
        wrong.push(...differences(await linesOf(broken), all, true).map((text) => `step ${step}: ${text}`));
        const again = run(program, broken, to, 0);
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

/** Closed segments of the year before, and an open one. */
async function writeSegments(data: string, cycle: number): Promise<void> {
  await rm(join(data, "events"), { recursive: true });
  await mkdir(join(data, "events"));
  for (let segment = 1; segment <= SEGMENTS + 1; segment += 1) {
    const receivedAt = segment > SEGMENTS ? "2026-02-01T00:00:00.000Z" : `2025-1${segment - 1}-01T00:00:00.000Z`;
    const lines = Array.from({ length: LINES }, (_, n) =>
      JSON.stringify({ ...eventOf(`s-${cycle}-${segment}-${n}`), source: "test", receivedAt }),
    );
    const name = `${String(segment).padStart(8, "0")}.ndjson`;
    await writeFile(join(data, "events", name), lines.map((line) => `${line}\n`).join(""));
  }
}

/** Exit code of `archive`; null if it was killed at that step. */
function run(program: string, data: string, to: string, killAt: number): number | null {
  const killer = ["--import", "./test/faults/rig/kill-at-step.mjs"];
  const found = spawnSync(
    process.execPath,
    [...killer, program, "archive", "--before", BEFORE, "--to", to, "--data", data],
    { env: { PATH: process.env.PATH, KILL_AT: String(killAt) }, encoding: "utf8" },
  );
  return found.signal === "SIGKILL" ? null : found.status;
}

/** Lines of the segments of the log and of the listed archive, by where they are. */
async function linesOf(data: string): Promise<{ log: string[]; archive: string[] }> {
  const events = join(data, "events");
  const names = (await readdir(events)).filter((name) => /^\d+\.ndjson$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(events, name), "utf8")));
  const list = await readFile(join(data, "archive.json"), "utf8").catch(() => "[]");
  const archived = JSON.parse(list) as { segment: number; folder: string }[];
  const packed = await Promise.all(
    archived.map(async ({ segment, folder }) =>
      gunzipSync(await readFile(join(folder, `${String(segment).padStart(8, "0")}.ndjson.gz`))).toString(),
    ),
  );
  const lines = (parts: readonly string[]) => parts.join("").split("\n").filter(Boolean);
  return { log: lines(texts), archive: lines(packed) };
}

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
