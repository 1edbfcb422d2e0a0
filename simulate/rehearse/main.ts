import { randomBytes } from "node:crypto";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { rehearsalHtml } from "../../core/rehearsal/html.ts";
import {
  type RehearsalCheckName,
  type RehearsalReport,
  SCREENS,
  type ScreenName,
} from "../../core/rehearsal/report.ts";
import { findBrowser } from "../browser.ts";
import { BROWSER_FIXES } from "../browser-install.ts";
import { type Browser, BrowserEnded } from "../cdp.ts";
import { EnvironmentMissing } from "../environment.ts";
import { exitOnSignals } from "../exit-on-signals.ts";
import { allInTurn, outputFile, requireWritableFile, writeOutput } from "../output-file.ts";
import { showProgress } from "../progress.ts";
import { screenColors } from "../reporters/screen-colors.ts";
import { lostBrowser, startBrowser } from "../start-browser.ts";
import { UsageError } from "../usage-error.ts";
import { type GoalEvent, type GoalStep, type HeardOf, isGoalEvent } from "./goal-attempts.ts";
import { hostsOf, publicAddress, startGuardProxy } from "./guard-proxy.ts";
import type { RehearseOptions } from "./options.ts";
import { type Begun, type RehearsalServer, rehearsalServer } from "./rehearsal-server.ts";
import { buildReport } from "./report.ts";
import { reportText } from "./report-text.ts";
import { type RehearsalVisit, type VisitContext, type VisitPlan, visitPage } from "./visit.ts";

const FORCE_PARAMETER = "fairsplit_force";
/** Visits without the tag, to compare with; one more on a phone-sized screen. */
const VISITS_WITHOUT = 3;
/** Time to watch them after the page has loaded: about as long as those of groups take. */
const STAY_MS = 300;
/** Checks that excuse what the page has without the tag. */
const COMPARED: readonly RehearsalCheckName[] = ["csp", "errors", "assets", "layout shift", "largest paint"];
const RANDOM_DIGITS = 12;
const MAX_LOST_VISITS = 3;
const MAX_LOST_VISITS_OF_GROUP = 2;
const INCONCLUSIVE = 4;

/** Rehearses an experiment, prints the report on stdout, and resolves to the exit code. */
export async function rehearse(options: RehearseOptions): Promise<number> {
  exitOnSignals();
  const html = outputFile("--html", options.html);
  const json = outputFile("--json", options.json);
  for (const file of [html, json]) await requireWritableFile(file);
  const server = rehearsalServer(options.server, options.token, options.experiment);
  const report = await rehearsalReport(options, server);
  process.stdout.write(reportText(report, screenColors()));
  await allInTurn([
    () => writeOutput(html, rehearsalHtml(report)),
    () => writeOutput(json, `${JSON.stringify(report, null, 2)}\n`),
    ...(options.isKept ? [() => server.keep(report)] : []),
  ]);
  if (!report.ok) return 1;
  return options.strict && report.checks.some(({ tested }) => !tested) ? INCONCLUSIVE : 0;
}

/**
 * Makes all visits. Throws EnvironmentMissing, and UsageError for what the server does not know.
 */
export async function rehearsalReport(options: RehearseOptions, server: RehearsalServer): Promise<RehearsalReport> {
  const executable = findBrowser(options.browserPath ?? undefined);
  if (!executable) {
    const fixes = BROWSER_FIXES.map((fix) => `  - ${fix}`);
    throw new EnvironmentMissing(["found no browser. Any of these helps:", ...fixes].join("\n"));
  }
  const { onlyPublicBut } = options;
  if (onlyPublicBut !== null) await refusePrivate(options.page, onlyPublicBut);
  const begun = await server.begin();
  refuseUnknownGoals(options, begun.experiment);
  const guard = onlyPublicBut === null ? null : await startGuardProxy(onlyPublicBut);
  const browser = await startBrowser(executable, false, { isForMany: false, flags: guard?.flags ?? [] }).catch(
    (error) => {
      guard?.close();
      throw error;
    },
  );
  try {
    return await rehearseWith(browser, server, begun, options);
  } catch (error) {
    throw error instanceof BrowserEnded ? lostBrowser(executable, error) : error;
  } finally {
    await browser.close();
    guard?.close();
  }
}

async function refusePrivate(page: string, origins: readonly string[]): Promise<void> {
  const { hostname, port, protocol } = new URL(page);
  await publicAddress(hostname, Number(port || (protocol === "https:" ? 443 : 80)), hostsOf(origins)).catch(
    (error: Error) => {
      throw new UsageError(`--url is "${page}", which is not visited (${error.message}): give --allow-origins`);
    },
  );
}

async function rehearseWith(
  browser: Browser,
  server: RehearsalServer,
  begun: Begun,
  options: RehearseOptions,
): Promise<RehearsalReport> {
  const startedAt = new Date();
  const { product, userAgent } = await browser.send<{ product: string; userAgent: string }>("Browser.getVersion");
  const plans = plansOf(begun, options);
  const progress = options.quiet ? null : showProgress(plans.length);
  const context: VisitContext = {
    experiment: begun.experiment.key,
    devices: begun.devices,
    userAgent,
    isLive: options.isLive,
    preset: null,
    heardOf: heardBy(server, begun),
  };
  const visits: RehearsalVisit[] = [];
  const made: VisitPlan[] = [];
  const deviceId = () => `${randomBytes(RANDOM_DIGITS / 2).toString("hex")}${begun.devices}`;
  let current = context;
  try {
    for (const plan of plans) {
      if (isHopeless(visits, plan)) {
        progress?.advance();
        continue;
      }
      let visit = await visitPage(browser, plan, current);
      if (visit.foreign.length > 0 && current.preset === null) {
        // A server of the site makes the IDs, and takes the one that a browser brings.
        const name = visit.seen?.cookie ?? "fairsplit_id";
        current = { ...context, preset: () => ({ name, value: deviceId() }) };
        visit = await visitPage(browser, plan, current);
      }
      visits.push(visit);
      made.push(plan);
      progress?.advance();
    }
  } finally {
    progress?.stop();
  }
  const heard = byDevice(await server.events(begun.rehearsal));
  const report = () =>
    buildReport(
      {
        experiment: begun.experiment,
        groups: begun.previews.map(({ group }) => group),
        page: options.page,
        server: options.server,
        visits: visits.filter(({ group }) => group !== null),
        without: visits.filter(({ group }) => group === null),
        heard,
      },
      {
        definition: begun.definition,
        startedAt: startedAt.toISOString(),
        seconds: (Date.now() - startedAt.getTime()) / 1000,
        browser: product,
      },
    );
  const first = report();
  const isSuspect = first.checks.some(({ name, ok }) => !ok && COMPARED.includes(name));
  const short = isSuspect ? tooShort(visits) : [];
  for (const { place, stayMs } of short) {
    visits[place] = await visitPage(browser, { ...(made[place] as VisitPlan), stayMs }, current);
  }
  return short.length > 0 ? report() : first;
}

/**
 * True if no page, or none of the group, has settled so far: each further visit could take a minute
 * and a half.
 */
function isHopeless(visits: readonly RehearsalVisit[], { group }: VisitPlan): boolean {
  const areLost = (some: readonly RehearsalVisit[], least: number) =>
    some.length >= least && some.every(({ seen }) => seen === null);
  return (
    areLost(visits, MAX_LOST_VISITS) ||
    areLost(
      visits.filter((visit) => visit.group === group),
      MAX_LOST_VISITS_OF_GROUP,
    )
  );
}

/** Visits of the groups in turn, so that none has the server or the machine at its best. */
function plansOf(begun: Begun, options: RehearseOptions): VisitPlan[] {
  const goals = goalEvents(begun.experiment).map(
    (goal): GoalStep => ({
      ...goal,
      hint: goal.needsKey ? { kind: "skip" } : (options.goals.get(goal.name) ?? null),
    }),
  );
  const plan = (group: string | null, token: string, screen: ScreenName, isFirst: boolean): VisitPlan => ({
    url: token === "" ? options.page : withForce(options.page, token),
    group,
    screen,
    stayMs: STAY_MS,
    hasPicture: isFirst && group !== null,
    goals: isFirst && group !== null && screen === "desktop" ? goals : [],
  });
  const rounds = Array.from({ length: options.visits }, (_, round) => [
    ...(round < VISITS_WITHOUT ? [plan(null, "", "desktop", false)] : []),
    ...begun.previews.map(({ group, token }) => plan(group, token, "desktop", round === 0)),
  ]);
  return [
    ...rounds.flat(),
    plan(null, "", "phone", false),
    ...begun.previews.map(({ group, token }) => plan(group, token, "phone", true)),
  ];
}

/**
 * Places of visits without the tag, one of each screen, that ended before those of groups, with the
 * time that they should have stayed: what comes late would seem to be the experiment's.
 */
function tooShort(visits: readonly RehearsalVisit[]): { place: number; stayMs: number }[] {
  const longest = (some: readonly RehearsalVisit[]) => Math.max(0, ...some.map(({ watchedMs }) => watchedMs));
  return SCREENS.flatMap((screen) => {
    const ofScreen = visits.filter((visit) => visit.screen === screen);
    const without = ofScreen.filter(({ group }) => group === null);
    const stayMs = longest(ofScreen.filter(({ group }) => group !== null));
    const last = without.at(-1);
    return last && longest(without) < stayMs ? [{ place: visits.indexOf(last), stayMs }] : [];
  });
}

/** The page's address with a preview; the rest is unchanged. */
function withForce(page: string, token: string): string {
  const { origin, pathname, search, hash } = new URL(page);
  const query = [search.slice(1), `${FORCE_PARAMETER}=${token}`].filter((part) => part !== "").join("&");
  return `${origin}${pathname}?${query}${hash}`;
}

/** The events that the experiment counts, those of ratios' denominators too. */
function goalEvents({ goals }: Pick<Experiment, "goals">): GoalEvent[] {
  const events = goals.flatMap(({ event, click, page, ratio, requires }): GoalEvent[] => {
    const needsKey = requires === "key";
    const per = ratio === undefined || ratio.per === "session" ? null : ratio.per;
    const perName = per === null ? undefined : "event" in per ? per.event : "click" in per ? per.click : undefined;
    return [
      ...(page === undefined
        ? [{ name: event ?? click ?? "", isPage: false, needsKey }]
        : [{ name: page, isPage: true, needsKey }]),
      ...(perName === undefined ? [] : [{ name: perName, isPage: false, needsKey }]),
      ...(per !== null && "page" in per ? [{ name: per.page, isPage: true, needsKey }] : []),
    ];
  });
  return [...new Map(events.map((goal) => [`${goal.isPage} ${goal.needsKey} ${goal.name}`, goal])).values()];
}

function refuseUnknownGoals({ goals }: RehearseOptions, experiment: Experiment): void {
  const names = goalEvents(experiment).map(({ name }) => name);
  for (const name of goals.keys()) {
    if (!names.includes(name)) throw new UsageError(`--goal names "${name}": allowed are ${names.join(", ")}`);
  }
}

function heardBy(server: RehearsalServer, { rehearsal }: Begun): HeardOf {
  return async (goals, deviceId) => {
    const events = byDevice(await server.events(rehearsal)).get(deviceId) ?? [];
    return goals.filter((goal) => events.some((event) => isGoalEvent(goal, event)));
  };
}

function byDevice(events: readonly Event[]): Map<string, Event[]> {
  const found = new Map<string, Event[]>();
  for (const event of events) {
    const { deviceId = "" } = event;
    const own = found.get(deviceId);
    if (own) own.push(event);
    else found.set(deviceId, [event]);
  }
  return found;
}
