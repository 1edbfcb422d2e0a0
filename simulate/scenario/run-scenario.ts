import { randomStreams } from "../../core/random-streams.ts";
import type { Report } from "../../core/report/report.ts";
import { type Accounting, compareCounts, countStored } from "../checks/accounting.ts";
import { EnvironmentMissing } from "../environment.ts";
import { showProgress } from "../progress.ts";
import type { Claims, ServerClient } from "../server-client.ts";
import { UsageError } from "../usage-error.ts";
import { planPerson } from "./person.ts";
import { play } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioObservations } from "./scenario-report.ts";
import type { Sites } from "./site.ts";
import { Truth } from "./truth.ts";

const DAY_MS = 86_400_000;
const STORAGE_PATIENCE_MS = 3000;

/** A driver with its people, by their numbers in the run. */
export interface OpenSites {
  readonly sites: Sites;
  readonly first: number;
  readonly count: number;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly client: ServerClient;
  readonly run: string;
  readonly seed: string;
  /** Drivers with the people whom each sends. */
  readonly parts: readonly OpenSites[];
  readonly concurrency: number;
  readonly quiet: boolean;
  /** Begin of the scenario's first day. */
  readonly startMs: number;
  isOver(failures: number): boolean;
}

/** The first day of a scenario that ends with yesterday, in UTC. */
export function firstDayOf({ days }: Scenario, nowMs: number): number {
  return Math.floor(nowMs / DAY_MS) * DAY_MS - days * DAY_MS;
}

/**
 * Refuses a server whose experiments are others than the scenario's, or began after its first day:
 * it would not count what happened before.
 */
export async function requireExperiments(
  scenario: Scenario,
  claims: Claims,
  client: ServerClient,
  startMs: number,
): Promise<void> {
  for (const [key, { groups }] of Object.entries(scenario.experiments)) {
    const claim = Object.hasOwn(claims, key) ? claims[key] : undefined;
    const refuse = (says: string) => {
      throw new UsageError(`--scenario ${scenario.name} has the experiment ${key}, ${says}`);
    };
    if (!claim) return refuse(`which the server lacks: it has ${Object.keys(claims).join(", ") || "none"}`);
    if (claim.state !== "active") refuse(`which is ${claim.state} on the server: allowed is active`);
    const [wanted, found] = [groups, claim.groups].map((weights) => JSON.stringify(Object.entries(weights).sort()));
    if (wanted !== found) refuse(`whose groups are ${wanted}: the server has ${found}`);
    const { startedAt } = await client.experiment(key);
    if (startedAt === null || Date.parse(startedAt) > startMs) {
      const days = startedAt === null ? 0 : Math.floor((Date.now() - Date.parse(startedAt)) / DAY_MS);
      refuse(
        `which began ${days} days ago: events of ${scenario.days} days would be before it, so allowed are ${days}`,
      );
    }
  }
}

/** Plays all people of a scenario, and reads what the server made of it. */
export async function runScenario(options: ScenarioRun): Promise<ScenarioObservations> {
  const { scenario, client, run, seed, parts, concurrency, quiet, startMs } = options;
  const truth = new Truth(scenario);
  const planOf = randomStreams(seed, "person");
  const playOf = randomStreams(seed, "play");
  const changes: string[] = [];
  const mismatches: string[] = [];
  const errors: string[] = [];
  const people = { people: 0, bots: 0, silent: 0, visits: 0, pageViews: 0 };
  const progress = quiet ? null : showProgress(peopleOf(parts), "people");
  let stopped: Error | null = null;
  const isEnough = () => stopped !== null || options.isOver(errors.length);

  const send = async (sites: Sites, index: number) => {
    const person = planPerson(scenario, planOf(index));
    const isSilent = person.kind === "unasked" || person.kind === "private";
    people.people += 1;
    if (isSilent) people.silent += 1;
    if (person.kind === "bot") people.bots += 1;
    if (isSilent && !sites.showsSilent) return;
    const site = await sites.enter(person);
    const played = await play(scenario, person, playOf(index), site, startMs);
    await sites.exit(site);
    if (person.kind === "visitor") {
      truth.add(played.deeds);
      people.visits += person.visits.length;
      people.pageViews += played.views;
    }
    changes.push(...played.changes);
    mismatches.push(...played.mismatches.map((says) => `person ${index}: ${says}`));
    if (played.errors[0] !== undefined) errors.push(`person ${index}: ${played.errors[0]}`);
  };
  const sendPart = async ({ sites, first, count }: OpenSites) => {
    let next = first;
    const worker = async () => {
      while (next < first + count && !isEnough()) {
        await send(sites, next++).catch((error: Error) => {
          stopped ??= error;
        });
        progress?.advance();
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  };
  try {
    await Promise.all(parts.map(sendPart));
  } finally {
    progress?.stop();
    await Promise.all(parts.map(({ sites }) => sites.close()));
  }
  if (truth.sent.size === 0 && errors[0]) throw new EnvironmentMissing(`no visitor could visit: ${errors[0]}`);
  const reports = new Map<string, Report>();
  const observed = { scenario, truth, people, changes, mismatches, errors, reports };
  const nothing = compareCounts(truth.sent, new Map()).accounting;
  if (stopped !== null) return { ...observed, accounting: nothing, stopped };
  try {
    const accounting = await account(client, run, truth);
    for (const key of Object.keys(scenario.experiments)) reports.set(key, await client.results(key, run));
    return { ...observed, accounting, stopped: null };
  } catch (error) {
    return { ...observed, accounting: nothing, stopped: error as Error };
  }
}

function peopleOf(parts: readonly OpenSites[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

/** Reads the run's events; retries while some are missing. */
async function account(client: ServerClient, run: string, truth: Truth): Promise<Accounting> {
  for (const deadline = Date.now() + STORAGE_PATIENCE_MS; ; ) {
    const stored = new Map<string, number>();
    await client.eachEvent(run, (event) => countStored(stored, event));
    const { accounting } = compareCounts(truth.sent, stored);
    if (accounting.lost === 0 || Date.now() > deadline) return accounting;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
