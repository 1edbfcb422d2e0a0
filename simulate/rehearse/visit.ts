import type { ScreenName } from "../../core/rehearsal/report.ts";
import { afterRunning } from "../after-running.ts";
import type { Browser, Session } from "../cdp.ts";
import { type GoalAttempt, type GoalStep, type HeardOf, tryGoals } from "./goal-attempts.ts";
import { observePage, type PageSeen, SEE, TOLD, type Told, UNSENT } from "./in-page.ts";
import { watchNetwork } from "./network.ts";
import { coverOf, isUnseen, scrollToPlaceholder, takePicture } from "./picture.ts";

/** Time for a page with its redirects to settle. */
const PAGE_PATIENCE_MS = 20_000;
/** Documents of one visit: more are a loop. */
const MAX_DOCUMENTS = 6;
const MAX_MESSAGES = 50;
const MAX_MESSAGE_CHARACTERS = 500;

/** Scripts of the tag, which the visits without it do not load. */
const TAG_SCRIPTS = ["*/tag.js*", "*/tag.*.js*", "*/parts.js*", "*/parts.*.js*", "*/tag-with-groups*.js*"];

const SIZES: Readonly<Record<ScreenName, { width: number; height: number; isMobile: boolean }>> = {
  desktop: { width: 1280, height: 800, isMobile: false },
  phone: { width: 390, height: 844, isMobile: true },
};

/** Plan of a visit. */
export interface VisitPlan {
  /** The page's address, with the preview of the group. */
  readonly url: string;
  /** Null for a visit without the tag. */
  readonly group: string | null;
  readonly screen: ScreenName;
  /** Time to watch a page without the tag after it has loaded. */
  readonly stayMs: number;
  readonly hasPicture: boolean;
  readonly goals: readonly GoalStep[];
}

/** Facts that all visits of a rehearsal share. */
export interface VisitContext {
  readonly experiment: string;
  readonly devices: string;
  readonly userAgent: string;
  readonly isLive: boolean;
  /** A cookie with a device ID before the page loads; null to let the tag make one. */
  readonly preset: (() => { readonly name: string; readonly value: string }) | null;
  readonly heardOf: HeardOf;
}

/** Result of a visit. */
export interface RehearsalVisit extends Pick<VisitPlan, "group" | "screen"> {
  /** The page that the visit ended on; null if none settled. */
  readonly seen: PageSeen | null;
  /** Addresses of the documents, in order. */
  readonly documents: readonly string[];
  readonly isLoop: boolean;
  /** Why the page did not load. */
  readonly problem: string | null;
  /** `data-exp-redirect` of the first placeholder. */
  readonly redirect: string | null;
  readonly violations: readonly Violation[];
  readonly errors: readonly string[];
  /** Exceptions at the very clicks on goals. */
  readonly clickErrors: readonly string[];
  readonly warnings: readonly string[];
  readonly assets: readonly FailedAsset[];
  /** The tag's question for the groups; null if it asked none. */
  readonly question: GroupsQuestion | null;
  /** Status of a document that is an error; null if none is. */
  readonly status: number | null;
  /** Device IDs that are not the rehearsal's: their events were held back. */
  readonly foreign: readonly string[];
  readonly picture: string | null;
  /** Element of the page that covers the placeholder; null if none does. */
  readonly cover: string | null;
  /** True if the screen looks the same without the placeholder. */
  readonly isUnseen: boolean;
  /** Time for which the page was watched after it had loaded. */
  readonly watchedMs: number;
  readonly goals: readonly GoalAttempt[];
}

export interface Violation {
  readonly directive: string;
  readonly blocked: string;
}

/** A file of the page that did not come. */
export interface FailedAsset {
  readonly url: string;
  readonly reason: string;
}

export interface GroupsQuestion {
  readonly url: string;
  /** Address of the page, or of its frame, that asks. */
  readonly document: string;
  /** Null if no answer came. */
  readonly status: number | null;
  readonly answerMs: number | null;
}

/** Time for a whole visit with its goals: a browser may stop answering. */
const VISIT_PATIENCE_MS = 90_000;

/** Visits a page in a browser context of its own, which knows nothing of earlier visits. */
export async function visitPage(browser: Browser, plan: VisitPlan, context: VisitContext): Promise<RehearsalVisit> {
  const { browserContextId } = await browser.send<{ browserContextId: string }>("Target.createBrowserContext");
  try {
    const { targetId } = await browser.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const visit = visitIn(await browser.attach(targetId), plan, context);
    return await new Promise((resolve, reject) => {
      const cancel = afterRunning(VISIT_PATIENCE_MS, () => resolve(unfinished(plan)));
      visit.finally(cancel).then(resolve, reject);
    });
  } finally {
    await browser.send("Target.disposeBrowserContext", { browserContextId }).catch(() => undefined);
  }
}

function unloaded(problem: string): Partial<RehearsalVisit> {
  return { problem, isLoop: /TOO_MANY_REDIRECTS/.test(problem) };
}

function unfinished({ group, screen }: VisitPlan): RehearsalVisit {
  return {
    group,
    screen,
    seen: null,
    documents: [],
    isLoop: false,
    problem: `the browser did not finish the visit within ${VISIT_PATIENCE_MS / 1000} s`,
    redirect: null,
    violations: [],
    errors: [],
    clickErrors: [],
    warnings: [],
    assets: [],
    question: null,
    status: null,
    foreign: [],
    picture: null,
    cover: null,
    isUnseen: false,
    watchedMs: 0,
    goals: [],
  };
}

async function visitIn(page: Session, plan: VisitPlan, context: VisitContext): Promise<RehearsalVisit> {
  const { url, group, screen, hasPicture } = plan;
  const errors: string[] = [];
  const clickErrors: string[] = [];
  const warnings: string[] = [];
  const violations: Violation[] = [];
  const documents: string[] = [];
  let redirect: string | null = null;
  let isListening = true;
  let isClicking = false;
  const note = (list: string[], text: string) => {
    if (isListening && list.length < MAX_MESSAGES) list.push(text.slice(0, MAX_MESSAGE_CHARACTERS));
  };

  page.on("Runtime.exceptionThrown", ({ exceptionDetails }) => {
    note(errors, describeException(exceptionDetails));
    const { text } = exceptionDetails as { text: string };
    // Promises are rejected by what is held back.
    if (isClicking && !text.includes("in promise")) clickErrors.push(describeException(exceptionDetails));
  });
  page.on("Runtime.consoleAPICalled", ({ type, args }) => {
    const text = (args as { value?: unknown; description?: string }[])
      .map(({ value, description }) => description ?? String(value))
      .join(" ");
    if (type === "error" || type === "assert") note(errors, text);
    if (type === "warning") note(warnings, text);
  });
  page.on("Log.entryAdded", ({ entry }) => {
    const { level, text, source } = entry as { level: string; text: string; source: string };
    // Failed requests and violations of the policy are checks of their own.
    if (level === "error" && source !== "network" && source !== "security") note(errors, text);
  });
  page.on("Runtime.bindingCalled", ({ payload }) => {
    const told = JSON.parse(String(payload)) as Told;
    if (told.kind === "placeholder") redirect ??= told.redirect;
    else if (told.kind === "error") note(errors, told.text);
    else if (isListening && violations.length < MAX_MESSAGES) violations.push(told);
  });
  page.on("Page.frameNavigated", ({ frame }) => {
    const { parentId, url: at } = frame as { parentId?: string; url: string };
    if (parentId === undefined && documents.length <= MAX_DOCUMENTS) documents.push(at);
  });
  let loadedAt = Number.POSITIVE_INFINITY;
  page.on("Page.loadEventFired", () => {
    loadedAt = performance.now();
  });
  const network = watchNetwork(page, context.devices);
  const { width, height, isMobile } = SIZES[screen];
  await Promise.all([
    page.send("Page.enable"),
    page.send("Runtime.enable"),
    page.send("Log.enable"),
    network.start(),
    page.send("Runtime.addBinding", { name: TOLD }),
    page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: isMobile }),
    page.send("Emulation.setTouchEmulationEnabled", { enabled: isMobile }),
    page.send("Emulation.setFocusEmulationEnabled", { enabled: true }),
    page.send("Emulation.setUserAgentOverride", { userAgent: agentFor(context.userAgent, isMobile) }),
    page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `(${observePage})(${JSON.stringify({
        told: TOLD,
        see: SEE,
        unsent: UNSENT,
        experiment: context.experiment,
        devices: context.devices,
        stayMs: group === null ? plan.stayMs : null,
      })})`,
    }),
    ...(group === null ? [page.send("Network.setBlockedURLs", { urls: TAG_SCRIPTS })] : []),
    ...(context.preset === null ? [] : [page.send("Network.setCookie", { ...context.preset(), url })]),
  ]);
  await page.send("Page.bringToFront").catch(() => undefined);

  const isLoop = () => documents.length > MAX_DOCUMENTS;
  const outcome = (more: Partial<RehearsalVisit>): RehearsalVisit => ({
    ...unfinished(plan),
    documents,
    isLoop: isLoop(),
    problem: null,
    redirect,
    violations,
    errors,
    clickErrors,
    warnings,
    assets: network.failed(),
    question: network.question(),
    foreign: network.foreign(),
    status: network.documentStatus(),
    ...more,
  });
  const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
  if (errorText) return outcome(unloaded(errorText));
  const seen = await settled(page, isLoop);
  if (seen === null) return outcome({ problem: isLoop() ? null : "the page did not settle" });
  const foreign = () => {
    const deviceId = seen.deviceId ?? context.devices;
    return [...network.foreign(), ...(deviceId.endsWith(context.devices) ? [] : [deviceId])];
  };
  // The rehearsal visits again, with a device ID that it gives to the page.
  if (foreign().length > 0 && context.preset === null) return outcome({ seen, foreign: foreign() });
  await network.quiet();
  const problem = network.documentProblem();
  if (problem !== null) return outcome(unloaded(problem));
  // The largest paint may come with the last files.
  const last = (await settled(page, isLoop)) ?? seen;
  // Without the tag, too: it requests the page's own lazy files.
  if (hasPicture || group === null) {
    await scrollToPlaceholder(page, context.experiment);
    await network.quiet();
  }
  const cover = hasPicture ? await coverOf(page, context.experiment) : null;
  const { placeholders } = last;
  const hasPlace =
    placeholders.some(({ isVisible }) => isVisible) && placeholders.every(({ needsNoPlace }) => !needsNoPlace);
  const isInvisible = hasPicture && hasPlace && cover === null && (await isUnseen(page, context.experiment));
  const picture = hasPicture ? await takePicture(page) : null;
  isListening = false;
  const watchedMs = Math.max(0, performance.now() - loadedAt);
  const goals = await tryGoals(page, plan.goals, {
    ...context,
    network,
    deviceId: last.deviceId,
    settle: () => settled(page, isLoop),
    watchClick: (isUnderWay) => {
      isClicking = isUnderWay;
    },
  });
  return outcome({
    seen: last,
    picture,
    cover,
    isUnseen: isInvisible,
    watchedMs,
    goals,
    foreign: foreign(),
  });
}

/**
 * The state of the page once it has settled, whatever documents come until then; null if none does.
 */
async function settled(page: Session, isLoop: () => boolean): Promise<PageSeen | null> {
  let isOver = false;
  let end: (seen: null) => void = () => undefined;
  const late = new Promise<null>((resolve) => {
    end = resolve;
  });
  const cancel = afterRunning(PAGE_PATIENCE_MS, () => {
    isOver = true;
    end(null);
  });
  const look = async (): Promise<PageSeen | null> => {
    while (!isOver && !isLoop()) {
      const answer = await page
        .send<{ result: { value?: PageSeen } }>("Runtime.evaluate", {
          expression: `window[${JSON.stringify(SEE)}]?.()`,
          awaitPromise: true,
          returnByValue: true,
        })
        // The document was left: its successor is asked.
        .catch(() => null);
      if (answer?.result.value) return answer.result.value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return null;
  };
  try {
    return await Promise.race([look(), late]);
  } finally {
    cancel();
    isOver = true;
  }
}

function agentFor(userAgent: string, isMobile: boolean): string {
  const version = /Chrome\/(\d+)/.exec(userAgent)?.[1] ?? "120";
  if (!isMobile) return userAgent.replace("HeadlessChrome", "Chrome");
  return `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Mobile Safari/537.36`;
}

function describeException(details: unknown): string {
  const { text, exception } = details as { text: string; exception?: { description?: string; value?: unknown } };
  return exception?.description?.split("\n")[0] ?? (exception?.value === undefined ? text : String(exception.value));
}
