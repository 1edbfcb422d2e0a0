import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CoreWatch } from "./rig/core-watch.ts";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { type NewVisitor, newVisitors, quantile } from "./rig/new-visitors.ts";
import { OpenLoop, type Timed } from "./rig/open-loop.ts";
import { newAgent, post } from "./rig/post.ts";
import { memoryMb, startServer } from "./rig/server-process.ts";

const SERVER_CORE = "0";
const LOAD_CORE = "1";
/** Counted now: a pinned process has one. */
const ALL_CORES = `0-${availableParallelism() - 1}`;
const TIMES = 5;
/**
 * Events in a request. The largest number allowed: it costs the client least per cost of the
 * server.
 */
const PER_REQUEST = 100;
const SECONDS = 4;
const WARM_UP_SECONDS = 1;
const CONNECTIONS = 2000;
/** More are opened when so many are waiting for their answers. */
const OPEN_BEFORE = 400;
const MIN_GOODPUT = 0.8;
const MAX_SHED_MS = 50;
const MAX_NEW_MS = 250;
const NORMAL_MS = 2000;
/** A request in a row of normal ones takes no longer. */
const ORDINARY_MS = 100;
const MAX_GROWTH_MB = 128;
const WAITING_AT_PEAK = 32;

/**
 * More than the server can take, from clients that do not wait for each other. The peak is measured
 * in the same run with the same generator on the same cores, so that it costs both measurements the
 * same; the generator has a core of its own, where a request takes it a tenth of the server's time.
 */
export const overload: Fault = {
  id: "overload",
  title: `${TIMES} times the load that the server can take, open loop`,
  cycles: { full: 3, short: 1 },
  cycle: `${SECONDS} s at peak, ${SECONDS} s of overload, then ordinary requests`,
  mutant: MUTANTS.overload,
  lacks: () => (process.platform === "linux" ? null : "memory is read from /proc"),
  async run({ program, folder, cycles, progress, atEnd }) {
    const pinned = pin(LOAD_CORE);
    if (pinned) atEnd(() => pin(ALL_CORES));
    const wrapper = pinned ? ["taskset", "-c", SERVER_CORE] : [];
    const server = await startServer(program, join(folder, "data"), { wrapper });
    const rounds: Round[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const { port, url, child } = server;
      const cores = [new CoreWatch(Number(SERVER_CORE), [child.pid]), new CoreWatch(Number(LOAD_CORE), [process.pid])];
      const peak = await peakOf(port, cycle);
      const before = memoryMb(server.child.pid).now;
      // A process compiles its code on its first overload: a later one is measured.
      (await overloadOnce(port, TIMES * peak, WARM_UP_SECONDS, bodies(`w${cycle}`))).close();
      await normalAfter(url, `w${cycle}`);
      const visitors = newVisitors(port, SECONDS);
      const loop = await overloadOnce(port, TIMES * peak, SECONDS, bodies(`o${cycle}`));
      const end = performance.now();
      const excuse = pinned
        ? (cores.map((core) => core.excuse()).find((found) => found !== null) ?? null)
        : "server and load share their cores";
      const normalMs = (await normalAfter(url, `n${cycle}`)) - end;
      loop.close();
      const stored = loop.answers.filter(({ status, at }) => status === 200 && at <= end).length / SECONDS;
      rounds.push({
        peak,
        offered: loop.sent / SECONDS / peak,
        share: stored / peak,
        shed: loop.answers.filter(({ status }) => status === 503 || status === 429),
        failed: loop.broken + loop.answers.filter(({ status }) => status >= 500 && status !== 503).length,
        unsent: loop.unsent,
        visitors: await visitors,
        excuse,
        normalMs,
        grownMb: memoryMb(server.child.pid).most - before,
      });
      progress(`${cycle + 1}/${cycles}`);
    }
    await server.kill();
    const worst = (pick: (round: Round) => number) => Math.max(...rounds.map(pick));
    const share = -worst((round) => -round.share);
    const shed = rounds.flatMap((round) => round.shed);
    const shedMs = quantile(shed, 0.99);
    const newMs = worst(({ visitors }) => quantile(visitors, 0.99));
    const excuse = rounds.map((round) => round.excuse).find((found) => found !== null) ?? null;
    return {
      tally: null,
      checks: [
        {
          ok: true,
          text:
            `peak ${(-worst((round) => -round.peak)).toFixed(0)} requests of ${PER_REQUEST} events a second; ` +
            `offered ${(-worst((round) => -round.offered)).toFixed(1)} times that, ${worst((round) => round.unsent)} more found no connection; ` +
            `${pinned ? "a core each for server and load" : "server and load share their cores"}`,
        },
        { ok: share >= MIN_GOODPUT, text: `goodput ${(100 * share).toFixed(0)} % of the peak`, excuse },
        { ok: shed.length > 0, text: `${shed.length} shed` },
        { ok: shedMs <= MAX_SHED_MS, text: `shed p99 ${shedMs.toFixed(1)} ms`, excuse },
        { ok: newMs <= MAX_NEW_MS, text: `new visitors p99 ${newMs.toFixed(0)} ms`, excuse },
        { ok: worst((round) => round.failed) === 0, text: `${worst((round) => round.failed)} broken` },
        {
          ok: worst((round) => round.normalMs) <= NORMAL_MS,
          text: `normal again after ${worst((round) => round.normalMs).toFixed(0)} ms`,
          excuse,
        },
        {
          ok: worst((round) => round.grownMb) <= MAX_GROWTH_MB,
          text: `memory grew by ${worst((round) => round.grownMb).toFixed(0)} MB at most`,
        },
      ],
    };
  },
};

interface Round {
  /** Requests stored per second by as many clients as help. */
  readonly peak: number;
  /** Requests sent, and stored, as multiples of the peak. */
  readonly offered: number;
  readonly share: number;
  readonly shed: readonly Timed[];
  readonly failed: number;
  readonly unsent: number;
  readonly visitors: readonly NewVisitor[];
  /** Why the times of this round prove nothing; null if they do. */
  readonly excuse: string | null;
  readonly normalMs: number;
  readonly grownMb: number;
}

/** A core for the server and one for the load, where there are two. */
function pin(cores: string): boolean {
  return ALL_CORES !== "0-0" && spawnSync("taskset", ["-apc", cores, String(process.pid)]).status === 0;
}

const COUNT_DIGITS = 9;

/**
 * Requests of new events, ready to be written to a socket: copies of one, with other ids in their
 * places.
 */
function bodies(prefix: string): () => Buffer {
  const zeros = "0".repeat(COUNT_DIGITS);
  const event = `{"id":"${prefix}-${zeros}","deviceId":"d","event":"pageview","path":"/pricing","params":{}}`;
  const body = `[${Array(PER_REQUEST).fill(event).join(",")}]`;
  const head = `POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
  const template = Buffer.from(head + body);
  const first = head.length + body.indexOf(zeros) + COUNT_DIGITS - 1;
  let count = 0;
  return () => {
    const request = Buffer.from(template);
    for (let i = 0; i < PER_REQUEST; i += 1) {
      count += 1;
      let at = first + i * (event.length + 1);
      for (let rest = count; rest > 0; rest = Math.floor(rest / 10)) {
        request[at] = 0x30 + (rest % 10);
        at -= 1;
      }
    }
    return request;
  };
}

/** Sends so many requests a second; the answers that have come are in the loop. */
async function overloadOnce(port: number, perSecond: number, seconds: number, next: () => Buffer): Promise<OpenLoop> {
  const loop = new OpenLoop(port, CONNECTIONS);
  await loop.connect(OPEN_BEFORE);
  await loop.run(perSecond, seconds, next);
  return loop;
}

/** Requests stored per second by clients that each wait for their answer. */
async function peakOf(port: number, cycle: number): Promise<number> {
  const next = bodies(`p${cycle}`);
  const loop = new OpenLoop(port, WAITING_AT_PEAK);
  loop.answered = () => loop.send(next());
  for (let i = 0; i < WAITING_AT_PEAK; i += 1) loop.send(next());
  // The first second is spent on compiling what is hot.
  await delay(1000);
  const before = loop.answers.length;
  await delay(SECONDS * 1000);
  const stored = loop.answers.slice(before).filter(({ status }) => status === 200).length;
  loop.close();
  return stored / SECONDS;
}

/** When ten requests in a row had been stored. */
async function normalAfter(url: string, prefix: string): Promise<number> {
  const agent = newAgent();
  const giveUp = performance.now() + 10 * NORMAL_MS;
  for (let inARow = 0, first = 0, count = 0; performance.now() < giveUp; count += 1) {
    const start = performance.now();
    const { status } = await post(url, `{"id":"${prefix}-${count}","deviceId":"d","event":"x"}`, agent).catch(() => ({
      status: 0,
    }));
    const isNormal = status === 200 && performance.now() - start <= ORDINARY_MS;
    if (isNormal && inARow === 0) first = performance.now();
    inARow = isNormal ? inARow + 1 : 0;
    if (inARow === 10) {
      agent.destroy();
      return first;
    }
  }
  return Number.POSITIVE_INFINITY;
}
