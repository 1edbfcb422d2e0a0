import { randomStreams } from "../../core/random-streams.ts";
import type { Report } from "../../core/report/report.ts";
import { compareCounts, countStored } from "../checks/accounting.ts";
import { openConnections } from "../connections.ts";
import { EnvironmentMissing } from "../environment.ts";
import { showProgress } from "../progress.ts";
import type { Claims, ServerClient } from "../server-client.ts";
import { UsageError } from "../usage-error.ts";
import { planPerson } from "./person.ts";
import { type Groups, play, type Site } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioObservations } from "./scenario-report.ts";
import { Truth } from "./truth.ts";

const DAY_MS = 86_400_000;
/** Any crawler's name, by which servers know it. */
const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const STORAGE_PATIENCE_MS = 3000;

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly client: ServerClient;
  /** Base URL of the server. */
  readonly base: string;
  readonly run: string;
  /** Marks the requests of this run. */
  readonly headers: Readonly<Record<string, string>>;
  readonly seed: string;
  /** Numbers of the people who come: from `first` on. */
  readonly first: number;
  readonly people: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  /** When the scenario's first day begins. */
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
    const startedAt = await client.startedAt(key);
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
  const { scenario, client, base, run, headers, seed, first, people, concurrency, quiet, startMs } = options;
  const truth = new Truth(scenario);
  const planOf = randomStreams(seed, "person");
  const playOf = randomStreams(seed, "play");
  const connections = openConnections(base, concurrency, headers);
  const crawlers = openConnections(base, concurrency, { "user-agent": BOT });
  const changes: string[] = [];
  const errors: string[] = [];
  const summary = { name: scenario.name, days: scenario.days, people: 0, bots: 0, silent: 0, visits: 0, pageViews: 0 };
  const progress = quiet ? null : showProgress(people);
  let next = first;
  let failures = 0;
  const worker = async () => {
    while (next < first + people && !options.isOver(failures)) {
      const index = next++;
      const person = planPerson(scenario, planOf(index));
      summary.people += 1;
      if (person.kind === "silent") summary.silent += 1;
      else {
        const isBot = person.kind === "bot";
        const site = siteOf(isBot ? crawlers : connections);
        const played = await play(scenario, person, playOf(index), site, startMs);
        if (isBot) summary.bots += 1;
        else {
          truth.add(played.deeds);
          summary.visits += person.visits.length;
          summary.pageViews += played.views;
        }
        changes.push(...played.changes);
        errors.push(...played.errors.map((error) => `person ${index}: ${error}`));
        if (played.errors.length > 0) failures += 1;
      }
      progress?.advance();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, people) }, worker));
  } finally {
    progress?.stop();
    await Promise.all([connections.close(), crawlers.close()]);
  }
  if (truth.sent.size === 0 && errors[0]) throw new EnvironmentMissing(`no visitor could visit: ${errors[0]}`);
  const reports = new Map<string, Report>();
  const observed = { scenario, truth, summary, changes: changes.sort(), errors: errors.sort(), reports };
  try {
    const accounting = await account(client, run, truth, scenario.thresholds.lost);
    for (const key of Object.keys(scenario.experiments)) reports.set(key, await client.results(key, run));
    return { ...observed, accounting, stopped: null };
  } catch (error) {
    return { ...observed, accounting: compareCounts(truth.sent, new Map()), stopped: error as Error };
  }
}

/** Reads the run's events; retries while some are missing. */
async function account(client: ServerClient, run: string, truth: Truth, mayLose: number) {
  for (const deadline = Date.now() + STORAGE_PATIENCE_MS; ; ) {
    const stored = new Map<string, number>();
    await client.eachEvent(run, (event) => countStored(stored, event));
    const result = compareCounts(truth.sent, stored, mayLose);
    if (result.accounting.lost === 0 || Date.now() > deadline) return result;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function siteOf(connections: ReturnType<typeof openConnections>): Site {
  const send = async (method: "GET" | "POST", path: string, body?: string) => {
    const { status, text } = await connections.send(method, path, body);
    if (status === 200 || status === 202) return text;
    throw new Error(`${method} ${path.split("?")[0]} answered ${status}: ${text.slice(0, 200)}`);
  };
  return {
    async groups({ deviceId, accountId }, path) {
      const query = new URLSearchParams({
        device_id: deviceId,
        account_id: accountId,
        path,
        force: "",
        at: String(Date.now()),
      });
      return JSON.parse(await send("GET", `/groups?${query}`)) as Groups;
    },
    async send(events) {
      const answer = await send("POST", `/notes?sent=${Date.now()}`, JSON.stringify(events));
      return (JSON.parse(answer) as { accepted: number }).accepted;
    },
  };
}
