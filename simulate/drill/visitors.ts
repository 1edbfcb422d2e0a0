import { afterRunning, within } from "../after-running.ts";
import { clickAt, describeException, openBlankTab } from "../browser-tab.ts";
import type { Browser, Session } from "../cdp.ts";
import { EnvironmentMissing } from "../environment.ts";
import type { CountedEvent, DrillVisit } from "./outcome.ts";

/** Time for a page to load, longer than any fault's delay. */
const PAGE_PATIENCE_MS = 20_000;
const STEP_MS = 50;
/** Time for an answer of the browser; without files that it may open it gives none. */
const ANSWER_PATIENCE_MS = 60_000;

/** A visitor whose page stays open, so that what it sent may arrive later. */
export interface DrillVisitor {
  readonly phase: DrillVisit["phase"];
  /** Why the page could not be opened; null if it was. */
  readonly problem: string | null;
  /** Clicks on the first element that reports clicks. */
  click(): Promise<void>;
  /** True if the server has acknowledged everything that the page reported. */
  isDelivered(): Promise<boolean>;
  /** Ends the visit. */
  leave(): Promise<DrillVisit>;
}

interface PageState {
  readonly contentMs: number | null;
  readonly waiting: number;
  readonly reported: readonly CountedEvent[];
  readonly isReady: boolean;
}

/** Runs in the page before its own scripts, as text. */
function observeContent(): void {
  if (window.top !== window) return;
  let foundAt: number | null = null;
  let filledAt: number | null = null;
  const look = () => {
    const placeholders = [...document.querySelectorAll("[data-exp]")];
    if (placeholders.length === 0) return;
    foundAt ??= performance.now();
    if (document.readyState !== "loading" && placeholders.every((one) => one.hasAttribute("data-exp-shown"))) {
      filledAt ??= performance.now();
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributeFilter: ["data-exp-shown"] });
  document.addEventListener("DOMContentLoaded", look);
  (window as unknown as Record<string, () => PageState>).fairsplitDrill = () => {
    const { fairsplit } = window as unknown as { fairsplit?: { ready?: unknown; events?: CountedEvent[] } };
    return {
      contentMs: foundAt === null || filledAt === null ? null : filledAt - foundAt,
      waiting: Object.keys(localStorage).filter((name) => name.startsWith("\n{")).length,
      reported: (fairsplit?.events ?? []).map(({ deviceId, event, experiment, group }) => ({
        deviceId,
        event,
        experiment,
        group,
      })),
      isReady: typeof fairsplit?.ready === "function" && filledAt !== null,
    };
  };
}

/** Opens a page as a new visitor, and resolves when it has content, or has waited long enough. */
export async function openVisitor(
  browser: Browser,
  { url, userAgent, phase }: { url: string; userAgent: string; phase: DrillVisit["phase"] },
): Promise<DrillVisitor> {
  const { page: tab, close } = await openBlankTab(browser);
  const page = inTime(tab);
  const errors: string[] = [];
  page.on("Runtime.exceptionThrown", ({ exceptionDetails }) => errors.push(describeException(exceptionDetails)));
  page.on("Runtime.consoleAPICalled", ({ type, args }) => {
    if (type === "error" || type === "assert") errors.push(JSON.stringify(args));
  });
  await Promise.all([
    page.send("Page.enable"),
    page.send("Runtime.enable"),
    // The server counts no bots, which a headless browser says that it is.
    page.send("Emulation.setUserAgentOverride", { userAgent: userAgent.replace("HeadlessChrome", "Chrome") }),
    page.send("Emulation.setFocusEmulationEnabled", { enabled: true }),
    page.send("Page.addScriptToEvaluateOnNewDocument", { source: `(${observeContent})()` }),
  ]);
  const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
  if (errorText) errors.push(`${url}: ${errorText}`);
  else await untilReady(page);
  return {
    phase,
    problem: errorText ?? null,
    click: () => clickFirst(page),
    isDelivered: async () => (await stateOf(page))?.waiting === 0,
    async leave() {
      const state = await stateOf(page);
      await close().catch(() => undefined);
      return {
        phase,
        contentMs: state?.contentMs ?? null,
        errors,
        reported: state?.reported ?? [],
        isDelivered: state?.waiting === 0,
      };
    },
  };
}

/** The page, of which every answer comes in time. */
function inTime(page: Session): Session {
  return {
    ...page,
    send(method, params) {
      const late = `the browser did not answer ${method} within ${ANSWER_PATIENCE_MS / 1000} s: it may lack memory, or files that it may open (ulimit -n)`;
      return within(ANSWER_PATIENCE_MS, page.send(method, params), new EnvironmentMissing(late));
    },
  };
}

async function stateOf(page: Session): Promise<PageState | null> {
  const { result } = await page.send<{ result: { value?: PageState } }>("Runtime.evaluate", {
    expression: "window.fairsplitDrill?.()",
    returnByValue: true,
  });
  return result.value ?? null;
}

async function untilReady(page: Session): Promise<void> {
  let isOver = false;
  const cancel = afterRunning(PAGE_PATIENCE_MS, () => {
    isOver = true;
  });
  while (!isOver && !(await stateOf(page))?.isReady) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  cancel();
}

async function clickFirst(page: Session): Promise<void> {
  const { result } = await page.send<{ result: { value?: { x: number; y: number } } }>("Runtime.evaluate", {
    expression: `(() => {
      const element = document.querySelector("[data-exp] [data-exp-click]");
      element?.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element?.getBoundingClientRect();
      return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    })()`,
    returnByValue: true,
  });
  if (result.value) await clickAt(page, result.value);
}
