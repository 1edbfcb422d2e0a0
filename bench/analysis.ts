// Time and memory of counting a log, beside a DuckDB query written by hand, in one run; and of a
// page of results:
//
//   npm run bench:analysis -- [--events 10000000] [--rounds 3] [--seconds 8] [--json]
//
// The ratios are what counts: absolute numbers are the machine's. Rounds alternate, and a ratio is
// the median of its rounds.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";
import { createAnalysis } from "../server/analysis/analysis.ts";
import { openEngineChild } from "../server/analysis/engine-child.ts";
import { listSegments, type Position, segmentSizes } from "../server/events/segments.ts";
import { writeLog } from "./analysis-log.ts";
import { load } from "./http-load.ts";
import { type Contestant, start, stop } from "./http-servers.ts";
import { processTimes } from "./process-times.ts";

const run = promisify(execFile);
const BARE = "node_modules/.cache/fairsplit-bench/analysis-bare.js";
const ENGINE = pathToFileURL(resolve("dist/engine.js"));
const EXPERIMENT = "homepage_button_test";
/** Goals as a form makes them, by the name that the query by hand knows them by. */
const GOALS = {
  plain: ["button_click", "order"],
  windows: [
    { event: "button_click", kind: "binary", window: "1d" },
    { event: "order", kind: "value", window: "1d", cap: 200 },
  ],
} as const;
const PAGE_EVENTS = 1_000_000;
/** Lines and copies of an event, generously. */
const BYTES_PER_EVENT = 300;

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const events = Number(options.events);
const rounds = Number(options.rounds);

interface Timed {
  readonly ms: number;
  /**
   * Processor time of the process that counts, with its start; what else the machine does changes
   * it least.
   */
  readonly cpuMs: number;
  readonly devices: number;
  readonly peakMb: number;
}

const folder = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
try {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < events * BYTES_PER_EVENT) throw new Error(`${tmpdir()} has no room for ${events} events`);
  const log = join(folder, "events");
  await mkdir(log);
  const bytes = await writeLog(log, events);
  say(`${events} events, ${(bytes / 1e9).toFixed(2)} GB`);

  const lines = await compare("ndjson", log);
  const compactMs = await compact(log);
  say(`compacted in ${(compactMs / 1000).toFixed(1)} s to ${(await megabytesOf(log, ".parquet")).toFixed(0)} MB`);
  const copies = await compare("parquet", log);
  const windows = await compare("parquet", log, "windows");
  await rm(log, { recursive: true });

  const page = await measurePage();
  const ingest = await measureIngest();
  const result = {
    node: process.version,
    events,
    bytes,
    ndjson: lines,
    parquet: copies,
    windows,
    parquetFaster: median(lines.ours.map(({ ms }) => ms)) / median(copies.ours.map(({ ms }) => ms)),
    parquetFasterBare: median(lines.bare.map(({ ms }) => ms)) / median(copies.bare.map(({ ms }) => ms)),
    compactMs,
    page,
    ingest,
  };
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : describe(result));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Ours and the query by hand in turn, each in a new process. */
async function compare(format: "ndjson" | "parquet", log: string, goals: keyof typeof GOALS = "plain") {
  const bare: Timed[] = [];
  const ours: Timed[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { stdout } = await run(process.execPath, [BARE, log, format, goals]);
    bare.push(JSON.parse(stdout));
    ours.push(await count(log, goals));
    const [a, b] = [bare.at(-1) as Timed, ours.at(-1) as Timed];
    if (a.devices !== b.devices) throw new Error(`the query by hand counts ${a.devices} devices, ours ${b.devices}`);
    say(`${format}, ${goals}: by hand ${show(a)}, ours ${show(b)}`);
  }
  const ratios = ours.map(({ ms }, i) => ms / (bare[i]?.ms ?? Number.NaN));
  const cpuRatios = ours.map(({ cpuMs }, i) => cpuMs / (bare[i]?.cpuMs ?? Number.NaN));
  return {
    bare,
    ours,
    ratio: median(ratios),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    cpuRatio: median(cpuRatios),
  };
}

/** Counts the log up to a position, as a server does. */
async function count(log: string, goals: keyof typeof GOALS): Promise<Timed> {
  const end = await endOf(log);
  const analysis = analysisOf(log, end);
  const begin = performance.now();
  const arms = ["A", "B"].map((group) => ({ epoch: 1, group }));
  const { epochs } = await analysis.tally(EXPERIMENT, { goals: GOALS[goals], run: null, arms });
  const ms = performance.now() - begin;
  const { cpuMs, peakMb } = await useOfChild();
  await analysis.close();
  const devices = epochs.flatMap(({ groups }) => groups).reduce((sum, group) => sum + group.devices, 0);
  return { ms, cpuMs, devices, peakMb };
}

async function compact(log: string): Promise<number> {
  const analysis = analysisOf(log, await endOf(log));
  const begin = performance.now();
  await analysis.compact();
  const ms = performance.now() - begin;
  await analysis.close();
  return ms;
}

function analysisOf(log: string, end: Position) {
  return createAnalysis({
    events: log,
    end: () => end,
    temporary: join(folder, "analysis"),
    openEngine: (engine) => openEngineChild(ENGINE, engine),
    onError: (error) => say(error.message),
  });
}

/** Behind the last segment, so that all of them are closed. */
async function endOf(log: string): Promise<Position> {
  return { segment: ((await listSegments(log)).at(-1) ?? 0) + 1, offset: 0 };
}

/** Processor time and memory of the engine's process. */
async function useOfChild(): Promise<{ cpuMs: number; peakMb: number }> {
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  const pid = Number(children.trim().split(" ").at(-1));
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return {
    cpuMs: processTimes(pid)?.ownMs ?? Number.NaN,
    peakMb: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000,
  };
}

/**
 * A page of results over a million events: first, again, after one event more, and after a restart
 * with compacted copies.
 */
async function measurePage() {
  const data = join(folder, "page");
  await mkdir(join(data, "events"), { recursive: true });
  // Before there is a log: a folder that has one is not a new demo.
  await stop(await demo(data));
  await rm(join(data, "events"), { recursive: true });
  await mkdir(join(data, "events"));
  await writeLog(join(data, "events"), PAGE_EVENTS);
  const first = await demo(data);
  const coldMs = await fetchPage(first);
  const again: number[] = [];
  for (let i = 0; i < 21; i += 1) again.push(await fetchPage(first));
  await stop(first);
  const analysis = analysisOf(join(data, "events"), await openEnd(join(data, "events")));
  await analysis.compact();
  await analysis.close();
  const second = await demo(data);
  const compactedMs = await fetchPage(second);
  await stop(second);
  return { events: PAGE_EVENTS, coldMs, compactedMs, againMs: median(again) };
}

async function openEnd(log: string): Promise<Position> {
  return { segment: (await listSegments(log)).at(-1) ?? 1, offset: (await segmentSizes(log)).at(-1) ?? 0 };
}

/**
 * Events stored a second while results of a growing log are asked for all the time, of what it is
 * without.
 */
async function measureIngest() {
  const data = join(folder, "page");
  const server = await demo(data);
  const post = {
    method: "POST",
    path: "/events",
    body: JSON.stringify(Array(20).fill({ id: "{id}", deviceId: "{id}", event: "button_click", params: {} })),
  } as const;
  const seconds = Number(options.seconds);
  const measure = async () => (await load(server.url, post, 32, seconds)).perSecond * 20;
  await measure();
  const ratios: number[] = [];
  let reports = 0;
  for (let round = 0; round < rounds; round += 1) {
    const alone = await measure();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        await fetchPage(server);
        reports += 1;
      }
    })();
    const beside = await measure();
    isOver = true;
    await asking;
    ratios.push(beside / alone);
    say(`ingest: ${alone.toFixed(0)} events/s alone, ${beside.toFixed(0)} beside an analysis`);
  }
  await stop(server);
  return { ratio: median(ratios), ratioRange: [Math.min(...ratios), Math.max(...ratios)], reports };
}

function demo(data: string): Promise<Contestant> {
  const program = "dist/fairsplit.js";
  return start(program, data, [
    program,
    "demo",
    "--port",
    "0",
    "--rate-limit",
    "0",
    "--new-devices",
    "0",
    "--data",
    data,
  ]);
}

async function fetchPage({ url }: Contestant): Promise<number> {
  const begin = performance.now();
  const response = await fetch(`${url}/experiments/${EXPERIMENT}/results`);
  await response.text();
  if (!response.ok) throw new Error(`the page of results is ${response.status}`);
  return performance.now() - begin;
}

async function megabytesOf(log: string, extension: string): Promise<number> {
  const names = (await readdir(log)).filter((name) => name.endsWith(extension));
  const sizes = await Promise.all(names.map(async (name) => (await readFile(join(log, name))).length));
  return sizes.reduce((a, b) => a + b, 0) / 1e6;
}

interface Result {
  readonly node: string;
  readonly events: number;
  readonly bytes: number;
  readonly ndjson: Compared;
  readonly parquet: Compared;
  readonly windows: Compared;
  readonly parquetFaster: number;
  readonly parquetFasterBare: number;
  readonly compactMs: number;
  readonly page: {
    readonly events: number;
    readonly coldMs: number;
    readonly compactedMs: number;
    readonly againMs: number;
  };
  readonly ingest: { readonly ratio: number; readonly ratioRange: readonly number[]; readonly reports: number };
}

type Compared = Awaited<ReturnType<typeof compare>>;

function describe({
  node,
  events,
  bytes,
  ndjson,
  parquet,
  windows,
  parquetFaster,
  parquetFasterBare,
  page,
  ingest,
}: Result): string {
  const line = (name: string, { ours, ratio, ratioRange, cpuRatio }: Compared) =>
    `${name}: ${(median(ours.map(({ ms }) => ms)) / 1000).toFixed(1)} s, ${ratio.toFixed(2)} (${range(ratioRange)}) of the query by hand (processor time ${cpuRatio.toFixed(2)}), ` +
    `${Math.max(...ours.map(({ peakMb }) => peakMb)).toFixed(0)} MB\n`;
  return (
    `Node ${node}, ${events} events (${(bytes / 1e9).toFixed(2)} GB), medians of ${rounds} rounds\n` +
    line("from lines", ndjson) +
    line("from compacted copies", parquet) +
    line("from copies, with windows and a cap", windows) +
    `copies are ${parquetFaster.toFixed(1)} times as fast as lines (by hand ${parquetFasterBare.toFixed(1)})\n` +
    `page of ${page.events} events: ${page.coldMs.toFixed(0)} ms first, ${page.compactedMs.toFixed(0)} ms first with copies, ` +
    `${page.againMs.toFixed(1)} ms again\n` +
    `ingest beside an analysis: ${ingest.ratio.toFixed(2)} (${range(ingest.ratioRange)}) of its throughput, ${ingest.reports} reports\n`
  );
}

function range(bounds: readonly number[]): string {
  return bounds.map((bound) => bound.toFixed(2)).join("–");
}

function show({ ms, cpuMs, peakMb }: Timed): string {
  return `${(ms / 1000).toFixed(2)} s (processor ${(cpuMs / 1000).toFixed(2)} s), ${peakMb.toFixed(0)} MB`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
