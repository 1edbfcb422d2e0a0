import type { Event } from "../../core/event.ts";
import { findBrowser } from "../browser.ts";
import { BROWSER_FIXES } from "../browser-install.ts";
import { type Browser, BrowserEnded } from "../cdp.ts";
import { EnvironmentMissing } from "../environment.ts";
import { exitOnSignals } from "../exit-on-signals.ts";
import { screenColors } from "../reporters/screen-colors.ts";
import { lostBrowser, startBrowser } from "../start-browser.ts";
import { BUILT_PROGRAM, type DrillServer, drillServer } from "./drill-server.ts";
import { faultLine } from "./drill-text.ts";
import type { DrillFault } from "./fault-names.ts";
import { BALLAST, fillLog } from "./fill-log.ts";
import { type FlakyProxy, type ProxyMode, startFlakyProxy } from "./flaky-proxy.ts";
import type { DrillOptions } from "./options.ts";
import { type DrillVisit, type FaultOutcome, judgeFault } from "./outcome.ts";
import { type DrillVisitor, openVisitor } from "./visitors.ts";

/** Demo page with both experiments. */
const PAGE = "/demo/7-admin-page";
/** The tag waits for a second; a busy machine runs its timer later. */
const CONTENT_LIMIT_MS = 2000;
/** The tag tries again after pauses that double, a minute at most. */
const DELIVERY_PATIENCE_MS = 120_000;
const STEP_MS = 100;

const MODES: Readonly<Partial<Record<DrillFault, ProxyMode>>> = {
  slow: "slow",
  errors: "errors",
  block: "block",
  cut: "cut",
};

/** Runs a drill, prints a line for each fault, and resolves to the exit code. */
export async function drill(options: DrillOptions): Promise<number> {
  exitOnSignals();
  const outcomes: FaultOutcome[] = [];
  await drillEach(options, BUILT_PROGRAM, (outcome) => {
    outcomes.push(outcome);
    if (!options.json) process.stdout.write(faultLine(outcome, screenColors()));
  });
  const failed = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
  const ok = failed.length === 0;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, faults: outcomes }, null, 2)}\n`);
  else process.stdout.write(ok ? "Drill passed.\n" : `Drill failed: ${failed.join(", ")}.\n`);
  return ok ? 0 : 1;
}

/** Tries each fault with a server of its own. Throws EnvironmentMissing. */
export async function drillEach(
  options: DrillOptions,
  program: URL,
  onOutcome: (outcome: FaultOutcome) => void,
): Promise<void> {
  const executable = findBrowser(options.browserPath ?? undefined);
  if (!executable) {
    const fixes = BROWSER_FIXES.map((fix) => `  - ${fix}`);
    throw new EnvironmentMissing(["found no browser. Any of these helps:", ...fixes].join("\n"));
  }
  const browser = await startBrowser(executable, true, { isForMany: false });
  try {
    for (const fault of options.faults) {
      if (!options.quiet) process.stderr.write(`fairsplit: drill ${fault} …\n`);
      onOutcome(await tryFault(fault, browser, program, options));
    }
  } catch (error) {
    throw error instanceof BrowserEnded ? lostBrowser(executable, error) : error;
  } finally {
    await browser.close();
  }
}

async function tryFault(
  fault: DrillFault,
  browser: Browser,
  program: URL,
  { visits: total, seconds }: DrillOptions,
): Promise<FaultOutcome> {
  const server = await drillServer(program);
  let proxy: FlakyProxy | null = null;
  try {
    await server.start(fault === "full" ? "small" : "large");
    proxy = await startFlakyProxy(server.url);
    const { userAgent } = await browser.send<{ userAgent: string }>("Browser.getVersion");
    const url = `${proxy.url}${PAGE}`;
    const open = (phase: DrillVisit["phase"], count: number) =>
      inTurn(count, () => openVisitor(browser, { url, userAgent, phase }));
    const third = Math.floor(total / 3);

    const before = await open("before", third);
    const [{ problem } = { problem: null }] = before;
    if (problem !== null && before.every((visitor) => visitor.problem !== null)) {
      throw new EnvironmentMissing(`the browser cannot open ${url}, before any fault: ${problem}`);
    }
    // Acknowledged before the fault, so that a server that forgets is found.
    await untilDelivered(before);
    const began = Date.now();
    await begin(fault, server, proxy, before);
    const during = await open("during", third);
    await clickAll([...before, ...during]);
    await pause(1000 * seconds - (Date.now() - began));
    await end(fault, server, proxy);
    const endedAt = Date.now();
    const after = await open("after", total - before.length - during.length);
    await clickAll(after);
    const all = [...before, ...during, ...after];
    await untilDelivered(all);
    const recoveryMs = Date.now() - endedAt;
    const seen = await Promise.all(all.map((visitor) => visitor.leave()));
    return judgeFault(
      { name: fault, hit: proxy.disturbed(), limitMs: CONTENT_LIMIT_MS, recoveryMs },
      seen,
      await storedEvents(server.url()),
    );
  } finally {
    proxy?.close();
    await server.remove();
  }
}

async function begin(
  fault: DrillFault,
  server: DrillServer,
  proxy: FlakyProxy,
  visitors: readonly DrillVisitor[],
): Promise<void> {
  proxy.set(MODES[fault] ?? "pass");
  if (fault === "full" && !(await fillLog(server.url()))) {
    throw new EnvironmentMissing("the log of the server was not full after what should fill it");
  }
  if (fault !== "kill") return;
  // Clicks are on their way when the process ends.
  await clickAll(visitors);
  await server.kill();
}

async function end(fault: DrillFault, server: DrillServer, proxy: FlakyProxy): Promise<void> {
  proxy.set("pass");
  if (fault === "full") await server.kill();
  if (fault === "full" || fault === "kill") await server.start("large");
}

async function clickAll(visitors: readonly DrillVisitor[]): Promise<void> {
  for (const visitor of visitors) await visitor.click();
}

async function inTurn<Result>(count: number, work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < count; at += 1) results.push(await work());
  return results;
}

async function untilDelivered(visitors: readonly DrillVisitor[]): Promise<void> {
  const deadline = Date.now() + DELIVERY_PATIENCE_MS;
  for (const visitor of visitors) {
    while (Date.now() < deadline && !(await visitor.isDelivered())) await pause(STEP_MS);
  }
}

/**
 * The log's events of visitors: not those that the server makes of assignments, nor the ballast.
 */
async function storedEvents(url: string) {
  const events: Event[] = [];
  for (let path: string | undefined = "/events?limit=10000"; path !== undefined; ) {
    const response: Response = await fetch(new URL(path, url));
    if (!response.ok) throw new EnvironmentMissing(`${url} answered ${response.status} to the question for its events`);
    const page = (await response.json()) as Event[];
    events.push(...page);
    const next: string | undefined = /<([^>]+)>; *rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    path = page.length === 0 ? undefined : next;
  }
  return events.flatMap(({ id, deviceId = "", event, experiment, group }) =>
    event === "exp_groups" || deviceId === BALLAST ? [] : [{ id, deviceId, event, experiment, group }],
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
