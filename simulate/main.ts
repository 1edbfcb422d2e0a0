import type { Event } from "../core/event.ts";
import { findBrowser } from "./browser.ts";
import { openBrowserDriver } from "./browser-driver.ts";
import { BROWSER_FIXES } from "./browser-install.ts";
import { checkAccounting } from "./checks/accounting.ts";
import { checkRendering } from "./checks/rendering.ts";
import { openDomDriver } from "./dom/dom-driver.ts";
import type { Click, Decide, Driver, Visit } from "./driver.ts";
import { EnvironmentMissing } from "./environment.ts";
import { startFaultyProxy } from "./faults.ts";
import { openHttpDriver } from "./http-driver.ts";
import { clickableOf, groupShown, type Observations } from "./observations.ts";
import type { Options } from "./options.ts";
import { setFirstWeights, shareSalt, startOwnServer } from "./own-server.ts";
import { readPageSource } from "./page-source.ts";
import { showProgress } from "./progress.ts";
import { clickRate, parseRates, type Rates } from "./rates.ts";
import { buildReport, type SimulationReport } from "./report.ts";
import { writeReports } from "./reporters/reporters.ts";
import { rerunCommand } from "./rerun.ts";
import { draw } from "./seed.ts";
import { type Claims, type ServerClient, serverClient } from "./server-client.ts";

/** Demo page that contains the seed experiments. */
const DEMO_PAGE = "/demo/7-admin-page";
const INTERRUPTED = 130;
const INCONCLUSIVE = 4;
/** Timeout for the server to store the events that it accepted. */
const STORAGE_PATIENCE_MS = 3000;

/** Runs a simulation, prints its report on stdout, and resolves to the exit code. */
export async function simulate(options: Options): Promise<number> {
  const executable = options.driver === "browser" ? findBrowser(options.browserPath ?? undefined) : null;
  if (options.driver === "browser" && !executable) throw noBrowser();
  const target = await openTarget(options);
  const interruption = listenForInterrupt();
  try {
    const client = serverClient(target.base, options.token);
    const claims = await client.claims();
    const rates = parseRates(options.rates, claims);
    const { run, header } = await client.startRun();
    const startedAt = new Date();
    const url = pageUrl(options, target.base);
    const headers = { "Fairsplit-Run": header };
    const isOwnServer = options.url === null && new URL(url).origin === target.base;
    const driver = executable
      ? await openBrowserDriver({ ...options, executable, url, isOwnServer, headers })
      : options.driver === "dom"
        ? await openDomDriver({ ...options, url, headers, note: (text) => say(options, text) })
        : openHttpDriver({ ...options, page: await readPageSource(url), headers });
    let visits: Visit[];
    try {
      visits = await sendVisits(driver, options, decider(options.seed, rates, claims), interruption);
    } finally {
      await driver.close();
    }
    const seconds = (Date.now() - startedAt.getTime()) / 1000;
    refuseEmptyPage(visits, url);
    const observations = await collect({ claims, rates, visits }, client, run);
    const report = buildReport(observations, {
      seed: options.seed,
      target: target.name,
      driver: options.driver,
      rerun: rerunCommand(options),
      partial: visits.length < options.visits,
      startedAt: startedAt.toISOString(),
      seconds,
    });
    await writeReports(report, options.reporters);
    say(options, `run it again with ${report.rerun}`);
    return interruption.happened ? INTERRUPTED : exitCode(report, options);
  } finally {
    interruption.stop();
    await target.stop();
  }
}

function exitCode({ ok, checks }: SimulationReport, { strict }: Options): number {
  if (!ok) return 1;
  return strict && checks.some(({ tested }) => !tested) ? INCONCLUSIVE : 0;
}

function say({ quiet }: Options, text: string): void {
  if (!quiet) process.stderr.write(`fairsplit: ${text}\n`);
}

interface Target {
  readonly base: string;
  /** Target name shown in the report: the own server's port differs from run to run. */
  readonly name: string;
  stop(): Promise<void>;
}

async function openTarget({ url, token, fault }: Options): Promise<Target> {
  if (url !== null) return { base: new URL(url).origin, name: url, stop: async () => undefined };
  if (fault === null) {
    const server = await startOwnServer();
    return { base: server.url, name: "its own server", stop: server.stop };
  }
  let claims: Claims = {};
  const server = await startOwnServer({
    async before(url) {
      claims = await serverClient(url, token).claims();
    },
    async change(file) {
      if (fault === "split-bias") await setFirstWeights(file, 60, 40);
      if (fault === "shared-salt") await shareSalt(file);
    },
  });
  const proxy = await startFaultyProxy(fault, server.url, claims);
  return {
    base: proxy.url,
    name: `its own server with the fault ${fault}`,
    async stop() {
      proxy.stop();
      await server.stop();
    },
  };
}

function pageUrl({ url, page }: Options, base: string): string {
  const pathOfUrl = url === null ? "/" : new URL(url).pathname;
  return new URL(page ?? (pathOfUrl === "/" ? DEMO_PAGE : pathOfUrl), base).href;
}

/** Clicks in each placeholder with the probability of the group that is shown there. */
function decider(seed: string, rates: Rates, claims: Claims): (index: number) => Decide {
  return (index) => (seen) =>
    seen.placeholders.flatMap((placeholder): Click[] => {
      const { experiment } = placeholder;
      const group = groupShown(placeholder);
      const click = clickableOf(seen, placeholder);
      if (click === null || group === null) return [];
      const isClick = draw(seed, index, `click:${experiment}`) < clickRate(rates, claims, experiment, group);
      return isClick ? [click] : [];
    });
}

async function sendVisits(
  driver: Driver,
  { visits: total, concurrency, quiet, maxFailures }: Options,
  decide: (index: number) => Decide,
  interruption: Interruption,
): Promise<Visit[]> {
  const visits: Visit[] = [];
  const progress = quiet ? null : showProgress(total);
  let next = 0;
  let failures = 0;
  const isOver = () => interruption.happened || (maxFailures !== null && failures >= maxFailures);
  const visitor = async () => {
    while (next < total && !isOver()) {
      const index = next++;
      const visit = await driver.visit(index, decide(index));
      visits.push(visit);
      if (visit.errors.length > 0) failures += 1;
      progress?.advance();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, total) }, visitor));
  } finally {
    progress?.stop();
  }
  return visits.sort((a, b) => a.index - b.index);
}

/**
 * Reads the run's events; retries while some are missing, because an assignment event is stored
 * after its answer was sent.
 */
async function collect(seen: Omit<Observations, "events">, client: ServerClient, run: string): Promise<Observations> {
  for (const deadline = Date.now() + STORAGE_PATIENCE_MS; ; ) {
    const events: Event[] = await client.events(run);
    const observations = { ...seen, events };
    const isComplete =
      checkAccounting(observations).accounting.lost === 0 && checkRendering(observations).rendering.mismatches === 0;
    if (isComplete || Date.now() > deadline) return observations;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function refuseEmptyPage(visits: readonly Visit[], url: string): void {
  if (visits.length === 0 || visits.some(({ seen }) => seen !== null && seen.placeholders.length > 0)) return;
  const reason = visits.find(({ errors }) => errors.length > 0)?.errors[0] ?? "no element has data-exp";
  throw new EnvironmentMissing(`no visitor saw a placeholder at ${url}: ${reason}`);
}

function noBrowser(): EnvironmentMissing {
  return new EnvironmentMissing(
    ["found no browser. Any of these helps:", ...BROWSER_FIXES.map((fix) => `  - ${fix}`)].join("\n"),
  );
}

interface Interruption {
  readonly happened: boolean;
  stop(): void;
}

/** The first Ctrl-C lets running visits finish and prints the report; the second exits at once. */
function listenForInterrupt(): Interruption {
  const state = { happened: false };
  const onSignal = () => {
    if (state.happened) process.exit(INTERRUPTED);
    state.happened = true;
    process.stderr.write("\nfairsplit: interrupted, finishing the visits under way …\n");
  };
  process.on("SIGINT", onSignal);
  return {
    get happened() {
      return state.happened;
    },
    stop: () => process.off("SIGINT", onSignal),
  };
}
