// Requests per second of the built server's hot routes beside a bare Hono handler that does
// nothing, in one run:
//
//   npm run bench:http -- [--rounds 7] [--seconds 3] [--only TEXT]
//     [--server dist/fairsplit.js …] [--sync-delay MS|none]
//     [--json]
//
// The ratios are what counts: absolute numbers are the machine's. Rounds alternate between the
// servers, so that what else the machine does hits all of them, and a ratio is the median of its
// rounds. Several `--server` compare builds.
import { randomUUID } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasWrk, type Load, type LoadRequest, load } from "./http-load.ts";
import { type Contestant, countStored, cpuSeconds, hasCpuTimes, pinLoad, start, stop } from "./http-servers.ts";
import { startExperiment } from "./start-experiment.ts";

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 3;
/** Above this the load generator's core is full, and a faster server would not look faster. */
const MAX_LOAD_CPU = 0.95;
const FLOOR = "node_modules/.cache/fairsplit-bench/http-floor.js";

interface Scenario extends LoadRequest {
  readonly name: string;
  /** Lines that one request leaves in the event log. */
  readonly events: number;
}

/** A click as the tag sends it. */
const CLICK = {
  id: "{id}",
  ts: new Date().toISOString(),
  deviceId: "{id}",
  path: "/pricing",
  event: "button_click",
  experiment: "homepage_button_test",
  params: { btn_type: "A" },
  group: "A",
  epoch: 1,
};

/** Groups of a device that was never here: its assignment is recorded. */
const getGroups: Scenario = {
  name: "GET /api/expgroups",
  method: "GET",
  path: "/api/expgroups?device_id={id}",
  events: 1,
};

/** Groups of one of a thousand devices, as on each page view after the first. */
const getKnownGroups: Scenario = {
  name: "GET /api/expgroups, known device",
  method: "GET",
  path: "/api/expgroups?device_id={known}",
  events: 0,
};

const postEvents = (events: number): Scenario => ({
  name: `POST /events × ${events}`,
  method: "POST",
  path: "/events",
  body: JSON.stringify(Array(events).fill(CLICK)),
  events,
});

const SCENARIOS = [getGroups, getKnownGroups, postEvents(1), postEvents(20)];

/** Experiments that the servers have, the two of the demo included. */
const EXPERIMENTS = 10;

/** Medians over the rounds. */
interface Summary {
  readonly server: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /**
   * Processor time that the server took for a request, which a busy machine changes least; null
   * where there is no /proc.
   */
  readonly cpuUs: number | null;
  /** Requests per second over the floor's in the same round; least and greatest show the noise. */
  readonly ratio: number;
  readonly ratioRange: readonly [least: number, greatest: number];
  /** Share of a core that the load generator took, at most. */
  readonly loadCpu: number;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    server: { type: "string", multiple: true, default: ["dist/fairsplit.js"] },
    "sync-delay": { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});

const folder = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
const contestants: Contestant[] = [];
const isPinned = pinLoad();
try {
  if (!isPinned) say("server and load share their cores: keeping them apart needs taskset and 2 cores");
  if (!hasWrk)
    say("wrk is not on the PATH: autocannon takes more of a core than the server, so the ratios are too kind");
  const fdatasyncP50Ms = await measureFdatasync(join(folder, "probe"));
  const slowSync = options["sync-delay"] === "0" ? [] : ["--import", "./bench/slow-sync.mjs"];
  process.env.BENCH_SYNC_DELAY = options["sync-delay"];
  for (const program of options.server) {
    const data = join(folder, String(contestants.length));
    const args = ["demo", "--port", "0", "--rate-limit", "0", "--new-devices", "0", "--data", data];
    const contestant = await start(program, data, [...slowSync, program, ...args]);
    contestants.push(contestant);
    for (let n = 2; n < EXPERIMENTS; n += 1) await startExperiment(contestant.url, `experiment_${n}`);
  }
  const answers = await Promise.all([getGroups, postEvents(1)].map((scenario) => answerTo(scenario, contestants[0])));
  contestants.unshift(await start("bare Hono", null, [FLOOR, ...answers]));

  const results: { scenario: string; servers: Summary[] }[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(options.only))) {
    results.push({ scenario: scenario.name, servers: await compare(scenario) });
  }
  for (const contestant of contestants) await checkStored(contestant);

  if (options.json) {
    const setting = { node: process.version, connections: CONNECTIONS, load: loadName(), isPinned, fdatasyncP50Ms };
    process.stdout.write(`${JSON.stringify({ ...setting, results }, null, 2)}\n`);
  } else {
    const cores = isPinned ? "a core each for server and load" : "shared cores";
    process.stdout.write(
      `Node ${process.version}, ${EXPERIMENTS} experiments, ${loadName()} with ${CONNECTIONS} connections, ${cores}, medians of ${options.rounds} rounds ` +
        `of ${options.seconds} s, ${syncWords(fdatasyncP50Ms)}\n`,
    );
    for (const { scenario, servers } of results) process.stdout.write(`\n${describe(scenario, servers)}`);
  }
} finally {
  for (const { process } of contestants) process.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}

/** Loads every contestant in turn, the floor first, round after round. */
async function compare(scenario: Scenario): Promise<Summary[]> {
  const run = async (contestant: Contestant, seconds: number) => {
    const before = cpuSeconds(contestant);
    const result = await load(contestant.url, scenario, CONNECTIONS, seconds);
    contestant.acknowledged += result.requests * scenario.events;
    return { ...result, cpuUs: ((cpuSeconds(contestant) - before) / result.requests) * 1e6 };
  };
  for (const contestant of contestants) await run(contestant, WARM_UP_SECONDS);
  const loads = contestants.map((): (Load & { cpuUs: number })[] => []);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [i, contestant] of contestants.entries()) loads[i]?.push(await run(contestant, Number(options.seconds)));
  }
  const [floor = []] = loads;
  return contestants.map(({ name }, i) => {
    const own = loads[i] ?? [];
    const ratios = own.map(({ perSecond }, round) => perSecond / (floor[round]?.perSecond ?? 0));
    const loadCpu = Math.max(...own.map((load) => load.loadCpu));
    if (loadCpu > MAX_LOAD_CPU) say(`${scenario.name}: the load generator, not "${name}", was the limit`);
    return {
      server: name,
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      p50Ms: median(own.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
      cpuUs: hasCpuTimes ? median(own.map(({ cpuUs }) => cpuUs)) : null,
      ratio: median(ratios),
      ratioRange: [Math.min(...ratios), Math.max(...ratios)],
      loadCpu,
    };
  });
}

/** The floor answers the texts that the first server gives, so that both send as much. */
async function answerTo({ method, path, body }: Scenario, contestant: Contestant | undefined): Promise<string> {
  const init = body === undefined ? { method } : { method, body: body.replaceAll("{id}", randomUUID()) };
  const response = await fetch(`${contestant?.url}${path.replace(/\{\w+\}/g, () => randomUUID())}`, init);
  return response.text();
}

/** Stops a contestant. Throws when its log holds less than it acknowledged. */
async function checkStored(contestant: Contestant): Promise<void> {
  await stop(contestant);
  if (contestant.data === null) return;
  const stored = await countStored(contestant.data);
  if (stored >= contestant.acknowledged) return;
  throw new Error(`${contestant.name} stored ${stored} events of ${contestant.acknowledged} that it acknowledged`);
}

/** Median time of an fdatasync after 4 KiB were appended: no event is acknowledged faster. */
async function measureFdatasync(path: string): Promise<number> {
  const file = await open(path, "w");
  const times: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    await file.write(Buffer.alloc(4096, "x"));
    const start = performance.now();
    await file.datasync();
    times.push(performance.now() - start);
  }
  await file.close();
  return median(times);
}

function describe(scenario: string, servers: readonly Summary[]): string {
  const rows = servers.map(({ server, perSecond, p50Ms, p99Ms, cpuUs, ratio, ratioRange }) => [
    server,
    perSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    cpuUs?.toFixed(0) ?? "?",
    `${ratio.toFixed(2)} (${ratioRange.map((bound) => bound.toFixed(2)).join("–")})`,
  ]);
  const nameWidth = Math.max(...[scenario, ...servers.map(({ server }) => server)].map(({ length }) => length));
  return [[scenario, "req/s", "p50 ms", "p99 ms", "CPU µs", "of the floor"], ...rows]
    .map(([name = "", ...cells]) => `${[name.padEnd(nameWidth), ...cells.map((cell) => cell.padStart(9))].join(" ")}\n`)
    .join("");
}

function syncWords(p50Ms: number): string {
  const delay = options["sync-delay"];
  return delay === "none" ? "without fdatasync" : `fdatasync p50 ${p50Ms.toFixed(2)} + ${delay} ms`;
}

function loadName(): string {
  return hasWrk ? "wrk" : "autocannon";
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
