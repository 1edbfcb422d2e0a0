import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { eventOf, Journal, sum, type Tally } from "./rig/journal.ts";
import { MAX_STEPS, runKilledAt } from "./rig/killed-command.ts";
import { mentions } from "./rig/mentions.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents, until } from "./rig/server-process.ts";

/** The device that is taken out of the log. */
const DEVICE = "the-forgotten";
const SEGMENTS = 3;
const LINES = 60;
/** A server is started on every so many results. */
const STARTED = 8;

/**
 * `kill -9` at each call of `forget-unit` that changes a file: a segment is found old or new,
 * whole, and a second run completes the first one.
 */
export const erase: Fault = {
  id: "erase",
  title: "kill -9 at each step of forget-unit, writes half done, then forget-unit again",
  cycles: { full: 2, short: 1 },
  cycle: `a log of ${SEGMENTS} segments and a journal, killed at each step; a single cycle takes every 3rd`,
  mutant: MUTANTS.erase,
  async run({ program, folder, random, cycles, progress }) {
    const forget = (data: string, killAt: number) =>
      runKilledAt(killAt, program, ["forget-unit", DEVICE, "--data", data]);
    const wrong: string[] = [];
    const tallies: Tally[] = [];
    let steps = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const journal = new Journal(join(folder, `journal-${cycle}`));
      const original = join(folder, `original-${cycle}`);
      await (await startServer(program, original)).stop();
      await writeSegments(original, journal, cycle);
      const server = await startServer(program, original);
      const clients = new Clients(journal, random, { clients: 4, batch: [1, 5] });
      clients.start(server.url);
      for (const event of [{ event: "order" }, {}]) {
        const body = JSON.stringify({ deviceId: DEVICE, ...event });
        await fetch(`${server.url}/events`, { method: "POST", body });
      }
      await until(() => journal.acknowledgedCount > SEGMENTS * LINES + 20, 5000);
      await server.kill();
      await clients.stop();

      const done = join(folder, `done-${cycle}`);
      await cp(original, done, { recursive: true });
      const code = forget(done, 0);
      if (code !== 0) throw new Error(`forget-unit ended with ${code}`);
      const before = await segmentsOf(original);
      const after = await segmentsOf(done);
      for (let step = 1; step < MAX_STEPS; step += cycles === 1 ? 3 : 1) {
        const broken = join(folder, "broken");
        await rm(broken, { recursive: true, force: true });
        await cp(original, broken, { recursive: true });
        if (forget(broken, step) !== null) break;
        steps += 1;
        progress(`${cycle + 1}/${cycles}, step ${step}`);
        wrong.push(...differences(await segmentsOf(broken), before, after).map((text) => `step ${step}: ${text}`));
        const again = forget(broken, 0);
        if (again !== 0) wrong.push(`step ${step}: a second run ended with ${again}`);
        for (const [name, text] of await segmentsOf(broken)) {
          if (text !== after.get(name)) wrong.push(`step ${step}: ${name} is another than without a kill`);
        }
        const traces = await mentions(broken, DEVICE);
        if (traces.length > 0) wrong.push(`step ${step}: the device is still in ${traces.join(", ")}`);
        if (steps % STARTED !== 1) continue;
        const started = await startServer(program, broken);
        tallies.push(await journal.check(storedEvents(started.url)));
        await started.kill();
      }
      journal.close();
    }
    return {
      tally: sum(tallies),
      checks: [
        { ok: steps > 0, text: `${steps} kills, ${tallies.length} starts afterwards` },
        {
          ok: wrong.length === 0,
          text: `${wrong.length} segments or folders in a wrong state${wrong.slice(0, 3).map((text) => `; ${text}`)}`,
        },
      ],
    };
  },
};

/** Segments with events of the device among others. */
async function writeSegments(data: string, journal: Journal, cycle: number): Promise<void> {
  await rm(join(data, "events"), { recursive: true });
  await mkdir(join(data, "events"));
  for (let segment = 1; segment <= SEGMENTS; segment += 1) {
    const ids = Array.from({ length: LINES }, (_, n) => `s-${cycle}-${segment}-${n}`);
    const lines = ids.map((id, n) => {
      const event = { ...eventOf(id), source: "test" };
      return JSON.stringify(n % 7 === 3 ? { ...event, id: `${DEVICE}-${id}`, deviceId: DEVICE } : event);
    });
    const kept = ids.filter((_, n) => n % 7 !== 3);
    journal.sending(kept);
    const name = `${String(segment).padStart(8, "0")}.ndjson`;
    await writeFile(join(data, "events", name), lines.map((line) => `${line}\n`).join(""));
    journal.acknowledged(kept);
  }
}

async function segmentsOf(data: string): Promise<Map<string, string>> {
  const events = join(data, "events");
  const names = (await readdir(events)).filter((name) => /^\d+\.ndjson$/.test(name)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(events, name), "utf8")] as const)),
  );
}

/** Describes segments that are neither old nor new; the newest may have got its journal's lines. */
function differences(
  found: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...before].flatMap(([name, old]) => {
    const text = found.get(name);
    if (text === undefined) return `${name} is missing`;
    if (text === old || text === after.get(name)) return [];
    const isReplayed = text.startsWith(old) && text.endsWith("\n") && without(text) === after.get(name);
    // A write from the journal that was cut is written again: the journal is still there.
    return isReplayed || (text.startsWith(old) && name === [...before.keys()].at(-1)) ? [] : `${name} is neither`;
  });
}

function without(text: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !line.includes(DEVICE))
    .join("");
}
