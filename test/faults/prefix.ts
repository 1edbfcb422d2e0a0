import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Event } from "../../core/event.ts";
import type { EventLog } from "../../server/events/log.ts";
import type { Fault } from "./rig/fault.ts";
import { eventOf, isSound, sum, type Tally } from "./rig/journal.ts";
import { MUTANTS, SMALL_TABLES } from "./rig/mutants.ts";
import type { Random } from "./rig/random.ts";

const EVENTS = 2;
/** Then the rest need not be tried. */
const ENOUGH_FAILURES = 20;
const SOURCE = "server/events/log.ts";
type Open = (folder: string) => Promise<EventLog>;

/** A state that the newest segment may be found in. */
interface State {
  readonly name: string;
  readonly bytes: Buffer;
  /** Ids whose lines are whole, so that they must be kept. */
  readonly whole: readonly string[];
  /** Ids whose lines are damaged within, which no log without a copy can promise to keep. */
  readonly damaged: readonly string[];
}

/** Every state in which a write that was cut, or a disk that forgot, can leave the log. */
export const prefix: Fault = {
  id: "prefix",
  title: "every byte prefix of a log, bare and with NULs or garbage behind it, or the next byte flipped",
  cycles: { full: 6, short: 1 },
  cycle: `a log of ${EVENTS} events in about 800 states, each opened, read, written; every 4th is opened again; a single cycle takes every 2nd`,
  mutant: MUTANTS.prefix,
  async run({ module, folder, random, cycles, progress }) {
    const { openEventLog } = (await import(pathToFileURL(await module(SOURCE, SMALL_TABLES)).href)) as {
      openEventLog: Open;
    };
    const tallies: Tally[] = [];
    const failures: string[] = [];
    let refused = 0;
    let seen = 0;
    let states = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const original = join(folder, `original-${cycle}`);
      const ids = Array.from({ length: EVENTS }, (_, i) => `e-${cycle}-${i}-${random.whole(0, 9999)}`);
      await write(openEventLog, original, ids);
      const segment = await newestSegment(original);
      for (const state of statesOf(await readFile(join(original, segment)), ids, random, cycle)) {
        if (failures.length >= ENOUGH_FAILURES) break;
        seen += 1;
        if (cycles === 1 && seen % 2 === 0) continue;
        states += 1;
        const broken = join(folder, "broken");
        await mkdir(broken);
        for (const name of await readdir(original)) await copyFile(join(original, name), join(broken, name));
        await writeFile(join(broken, segment), state.bytes);
        const outcome = await tryState(openEventLog, broken, state, states % 4 === 0).catch(
          (error: Error) => error.message,
        );
        if (typeof outcome === "string") failures.push(`${state.name}: ${outcome}`);
        else if (outcome === null) refused += 1;
        else {
          tallies.push(outcome);
          if (!isSound(outcome)) failures.push(`${state.name}: ${JSON.stringify(outcome)}`);
        }
        await rm(broken, { recursive: true });
        if (states % 100 === 0) progress(`${states} states`);
      }
    }
    return {
      tally: sum(tallies),
      checks: [
        { ok: true, text: `${states} states, ${refused} of them refused with a reason` },
        { ok: failures.length === 0, text: `${failures.length} failures${failures[0] ? `; ${failures[0]}` : ""}` },
      ],
    };
  },
};

async function write(open: Open, folder: string, ids: readonly string[]): Promise<void> {
  const log = await open(folder);
  for (const id of ids) await log.append([storedForm(id)]);
  await log.close();
}

const storedForm = (id: string): Event => ({ ...eventOf(id), source: "faults" });

async function newestSegment(folder: string): Promise<string> {
  const segments = (await readdir(folder)).filter((name) => /^\d+\.ndjson$/.test(name)).sort();
  return segments.at(-1) ?? "";
}

function* statesOf(bytes: Buffer, ids: readonly string[], random: Random, cycle: number): Generator<State> {
  const ends = [...bytes.keys()].filter((at) => bytes[at] === 0x0a).map((at) => at + 1);
  const wholeIn = (length: number) => ids.filter((_, i) => (ends[i] ?? 0) <= length);
  for (let length = 0; length <= bytes.length; length += 1) {
    const kept = bytes.subarray(0, length);
    const whole = wholeIn(length);
    const state = (name: string, tail: Buffer): State => ({
      name: `${length} bytes${name}`,
      bytes: Buffer.concat([kept, tail]),
      whole,
      damaged: [],
    });
    yield state("", Buffer.alloc(0));
    // The three in turn: the next cycle has another at this place.
    const kind = (length + cycle) % 3;
    if (kind === 0) yield state(" and NULs", Buffer.alloc(random.whole(1, 5000)));
    if (kind === 1) yield state(" and garbage", random.bytes(random.whole(1, 300)));
    if (kind < 2 || length === bytes.length) continue;
    const flipped = Buffer.from(bytes);
    flipped[length] = (flipped[length] ?? 0) ^ (1 << random.whole(0, 7));
    const line = ends.findIndex((end) => length < end);
    // A newline that is gone joins its line with the next.
    const hit = bytes[length] === 0x0a ? [line, line + 1] : [line];
    const damaged = ids.filter((_, i) => hit.includes(i));
    yield {
      name: `byte ${length} flipped`,
      bytes: flipped,
      whole: ids.filter((id) => !damaged.includes(id)),
      damaged,
    };
  }
}

/**
 * Events that a state lost; null when the log rejected it with a reason. Throws when the log does
 * not go on.
 */
async function tryState(open: Open, folder: string, state: State, isOpenedAgain: boolean): Promise<Tally | null> {
  let log: EventLog;
  try {
    log = await open(folder);
  } catch (error) {
    const { message } = error as Error;
    if (message.includes(folder)) return null;
    throw new Error(`refused without saying what is wrong with which file: ${message}`);
  }
  try {
    const first = tallyOf(await readAll(log), state, []);
    const fresh = ["fresh-1", "fresh-2"];
    // The client's resend of what was not acknowledged, and something new.
    const lostOnes = state.damaged.map(storedForm);
    await log.append([...fresh.map(storedForm), ...state.whole.map(storedForm), ...lostOnes]);
    const second = tallyOf(await readAll(log), state, fresh);
    if (!isOpenedAgain) return worst(first, second);
    await log.close();
    log = await open(folder);
    const third = tallyOf(await readAll(log), state, fresh);
    return worst(worst(first, second), third);
  } finally {
    await log.close();
  }
}

/** Compares two reads of a log; the later one is the reference. */
function worst(before: Tally, after: Tally): Tally {
  return {
    ...after,
    lost: Math.max(before.lost, after.lost),
    duplicated: Math.max(before.duplicated, after.duplicated),
    unexpected: Math.max(before.unexpected, after.unexpected),
  };
}

async function readAll(log: EventLog): Promise<Event[]> {
  return (await log.read({ since: null, limit: 1e6, where: () => true })).events;
}

function tallyOf(events: readonly Event[], { whole, damaged }: State, fresh: readonly string[]): Tally {
  const must = new Map([...whole, ...fresh].map((id) => [id, JSON.stringify(storedForm(id))]));
  const seen = new Set<string>();
  let duplicated = 0;
  let unexpected = 0;
  for (const event of events) {
    const asSent = must.get(event.id);
    if (asSent !== undefined && JSON.stringify(event) !== asSent) unexpected += 1;
    if (asSent !== undefined && seen.has(event.id)) duplicated += 1;
    seen.add(event.id);
  }
  const lost = [...must.keys()].filter((id) => !seen.has(id)).length;
  const recovered = damaged.filter((id) => seen.has(id)).length;
  return { acknowledged: must.size, lost, duplicated, unexpected, recovered };
}
