import { checkAccounting } from "./checks/accounting.ts";
import { checkRendering } from "./checks/rendering.ts";
import type { ResultsRead } from "./checks/results.ts";
import type { Visit } from "./driver.ts";
import { browserFor, closeDrivers, openDrivers } from "./drivers.ts";
import { EnvironmentMissing } from "./environment.ts";
import { type Interruption, listenForSignals } from "./exit-on-signals.ts";
import { openFailuresFolder } from "./failures.ts";
import { mergeReports, readReport } from "./merge.ts";
import { driversText, visitsOf } from "./mix.ts";
import { assignedGroups, experimentsOnPage, NO_GROUPS, type Observations } from "./observations.ts";
import type { Options } from "./options.ts";
import { parseRates } from "./rates.ts";
import { buildReport, type SimulationReport } from "./report.ts";
import { requireWritable, writeReports } from "./reporters/reporters.ts";
import { rerunCommand } from "./rerun.ts";
import { openSites, refuseScenario } from "./scenario/open-sites.ts";
import { experimentsOf } from "./scenario/own-experiments.ts";
import { firstDayOf, requireExperiments, runScenario } from "./scenario/run-scenario.ts";
import { readScenario, redirectsOf } from "./scenario/scenario.ts";
import { buildScenarioReport } from "./scenario/scenario-report.ts";
import { decider, sendVisits } from "./send-visits.ts";
import { type ServerClient, serverClient } from "./server-client.ts";
import { rangesOf, shardText } from "./shard.ts";
import { openTarget, type Target } from "./target.ts";
import { UsageError } from "./usage-error.ts";

/** Demo page that contains the seed experiments. */
const DEMO_PAGE = "/demo/7-admin-page";
const INCONCLUSIVE = 4;
/** Timeout for the server to store the events that it accepted. */
const STORAGE_PATIENCE_MS = 3000;

/**
 * Runs a simulation, prints its report on stdout, and resolves to the exit code. A run that cannot
 * go on is reported as far as it came.
 *
 * @param version of this package
 */
export async function simulate(options: Options, version: string): Promise<number> {
  await requireWritable(options.reporters);
  if (options.scenario !== null) return simulateScenario(options, version);
  const { parts, shard } = options;
  const ranges = rangesOf(parts, shard);
  if (ranges.length === 0)
    throw new UsageError(`--shard is "${shardText(shard)}" of fewer visits: some shards are empty`);
  const executable = browserFor(parts, options.browserPath);
  const failures = options.output === null ? null : await openFailuresFolder(options.output);
  const interruption = listenForSignals();
  let target: Target | null = null;
  const visits: Visit[] = [];
  try {
    target = await openTarget(options);
    const client = serverClient(target.base, options.token);
    const claims = await client.claims();
    const rates = parseRates(options.rates, claims);
    const { run, header } = await client.startRun();
    const startedAt = new Date();
    const url = pageUrl(options, target.base);
    const headers = { "Fairsplit-Run": header };
    const isOwnServer = options.url === null && new URL(url).origin === target.base;
    const note = (text: string) => say(options, text);
    const drivers = await openDrivers({ ...options, ranges, executable, url, isOwnServer, headers, note, failures });
    let stopped: Error | null = null;
    let seconds = 0;
    interruption.hold();
    try {
      const isOver = () => interruption.code !== null;
      await sendVisits(drivers, options, decider(options.seed, rates, claims), isOver, visits);
    } catch (error) {
      if (visits.length === 0) throw error;
      stopped = error as Error;
    } finally {
      seconds = (Date.now() - startedAt.getTime()) / 1000;
      await closeDrivers(drivers);
    }
    visits.sort((a, b) => a.index - b.index);
    if (options.url === null) dropAddress(visits, target.base);
    await failures?.write(visits);
    if (stopped === null) refuseEmptyPage(visits, url);
    const observations = await collect({ claims, rates, visits }, client, run).catch((error: Error) => {
      stopped ??= error;
      return { claims, rates, visits, events: [], results: new Map() };
    });
    const report = buildReport(observations, {
      version,
      seed: options.seed,
      target: target.name,
      driver: driversText(parts),
      shard: shardText(shard),
      rerun: rerunCommand(options),
      partial: stopped !== null || visits.length < visitsOf(ranges),
      stopped: stopped?.message ?? limitReached(visits.length < visitsOf(ranges), interruption),
      startedAt: startedAt.toISOString(),
      seconds,
    });
    await tell(report, options);
    if (stopped !== null) throw stopped;
    return interruption.code ?? exitCode(report, options);
  } finally {
    interruption.release();
    await target?.stop();
    interruption.stop();
  }
}

/** Merges the reports of shards, prints the whole, and resolves to the exit code. */
export async function merge(files: readonly string[], options: Pick<Options, "reporters" | "strict">): Promise<number> {
  await requireWritable(options.reporters);
  const report = mergeReports(files.map((file) => ({ file, report: readReport(file) })));
  await writeReports(report, options.reporters);
  return exitCode(report, options);
}

/** Simulates a scenario: visitors who come back over days, instead of single visits. */
async function simulateScenario(options: Options, version: string): Promise<number> {
  const { parts, effects, seed, quiet, maxFailures, shard } = options;
  const scenario = readScenario(options.scenario ?? "", effects);
  refuseScenario(scenario, options);
  const ranges = rangesOf(parts, shard);
  if (ranges.length === 0)
    throw new UsageError(`--shard is "${shardText(shard)}" of fewer people: some shards are empty`);
  const executable = browserFor(parts, options.browserPath);
  const startMs = firstDayOf(scenario, Date.now());
  const interruption = listenForSignals();
  let target: Target | null = null;
  try {
    target = await openTarget({
      ...options,
      experiments: experimentsOf(scenario, startMs),
      redirects: redirectsOf(scenario),
    });
    const client = serverClient(target.base, options.token);
    if (options.url !== null) await requireExperiments(scenario, await client.claims(), client, startMs);
    const { run, header } = await client.startRun();
    const startedAt = new Date();
    const sites = await openSites({
      ...{ scenario, ranges, base: target.base, executable, concurrency: options.concurrency },
      isOwnServer: options.url === null,
      headers: { "Fairsplit-Run": header },
      note: (text) => say(options, text),
    });
    interruption.hold();
    const observed = await runScenario({
      ...{ scenario, client, run, seed, quiet, startMs, concurrency: options.concurrency, parts: sites.parts },
      isOver: (failures) => interruption.code !== null || (maxFailures !== null && failures >= maxFailures),
    }).finally(sites.close);
    const report = buildScenarioReport(observed, {
      version,
      shard: shardText(shard),
      stopped: observed.stopped?.message ?? limitReached(observed.people.people < visitsOf(ranges), interruption),
      seed,
      target: target.name,
      driver: driversText(parts),
      rerun: rerunCommand(options),
      partial: observed.stopped !== null || observed.people.people < visitsOf(ranges),
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
    });
    await tell(report, options);
    if (observed.stopped !== null) throw observed.stopped;
    return interruption.code ?? exitCode(report, options);
  } finally {
    interruption.release();
    await target?.stop();
    interruption.stop();
  }
}

function exitCode({ ok, checks }: SimulationReport, { strict }: Pick<Options, "strict">): number {
  if (!ok) return 1;
  return strict && checks.some(({ tested }) => !tested) ? INCONCLUSIVE : 0;
}

/** Why a run without an error ended early; null for a signal, or a run that did not. */
function limitReached(isShort: boolean, { code }: Interruption): string | null {
  return isShort && code === null ? "as many visits failed as --max-failures says" : null;
}

/** Writes the reports, and how to repeat the run, even where a report cannot be written. */
async function tell(report: SimulationReport, options: Options): Promise<void> {
  try {
    await writeReports(report, options.reporters);
  } finally {
    say(options, `run it again with ${report.rerun}`);
  }
}

function say({ quiet }: Options, text: string): void {
  if (!quiet) process.stderr.write(`fairsplit: ${text}\n`);
}

function pageUrl({ url, page }: Options, base: string): string {
  const pathOfUrl = url === null ? "/" : new URL(url).pathname;
  return new URL(page ?? (pathOfUrl === "/" ? DEMO_PAGE : pathOfUrl), base).href;
}

/**
 * Reads the run's events; retries while some are missing, because an assignment event is stored
 * after its answer was sent. Then reads the server's reports of them.
 */
async function collect(
  seen: Omit<Observations, "events" | "results">,
  client: ServerClient,
  run: string,
): Promise<Observations> {
  const results = new Map<string, ResultsRead>();
  let observations: Observations;
  for (const deadline = Date.now() + STORAGE_PATIENCE_MS; ; ) {
    observations = { ...seen, events: await client.events(run), results };
    const groupsOf = assignedGroups(observations);
    // Groups that are the fallbacks, too, leave no other trace of a missing assignment.
    const isAssigned = ({ seen }: Visit) => !seen?.deviceId || groupsOf(seen.deviceId) !== NO_GROUPS;
    const isComplete =
      checkAccounting(observations).accounting.lost === 0 &&
      checkRendering(observations).rendering.mismatches === 0 &&
      seen.visits.every(isAssigned);
    if (isComplete || Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const key of experimentsOnPage(seen)) {
    results.set(key, { experiment: await client.experiment(key), report: await client.results(key, run) });
  }
  return observations;
}

/** Leaves out of errors the address of the run's own server, whose port is another in each run. */
function dropAddress(visits: Visit[], base: string): void {
  for (const [place, visit] of visits.entries()) {
    if (visit.errors.length === 0) continue;
    visits[place] = { ...visit, errors: visit.errors.map((text) => text.replaceAll(base, "")) };
  }
}

function refuseEmptyPage(visits: readonly Visit[], url: string): void {
  if (visits.length === 0 || visits.some(({ seen }) => seen !== null && seen.placeholders.length > 0)) return;
  const reason = visits.find(({ errors }) => errors.length > 0)?.errors[0] ?? "no element has data-exp";
  throw new EnvironmentMissing(`no visitor saw a placeholder at ${url}: ${reason}`);
}
