import { afterRunning } from "./after-running.ts";
import { type Browser, BrowserEnded, type Session } from "./cdp.ts";
import type { Click, Decide, Driver, Visit } from "./driver.ts";
import { type FailuresFolder, reasonsOf } from "./failures.ts";
import { type Instructions, REPORT, SEED, visitInPage } from "./in-page.ts";
import { readPage, type Seen } from "./read-page.ts";
import { seedWords } from "./seed.ts";
import { lostBrowser, startBrowser } from "./start-browser.ts";

/** Timeout for the page's answer from the server. */
const PAGE_PATIENCE_MS = 15_000;
/**
 * Timeout for the page's report to the simulator, which comes after 15 s at the latest unless the
 * machine is busy: then a page was once seen to take more than 12 s.
 */
const REPORT_PATIENCE_MS = 30_000;

const SCREENSHOT_PATIENCE_MS = 5000;

export interface BrowserDriverOptions {
  readonly executable: string;
  readonly url: string;
  /**
   * Whether the simulator started the server: only then may the browser run without its sandbox.
   */
  readonly isOwnServer?: boolean;
  readonly seed: string;
  /** Number of concurrent visitors. */
  readonly concurrency: number;
  /** Sent with every `fetch` from the page to its own server. */
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps screenshots of failing visits. */
  readonly failures?: FailuresFolder | null;
}

/**
 * Sends visitors with a real browser. For each visitor the browser context is cleared, not
 * replaced: that is 2.5 times as fast. No state (cookie, storage, cache, service worker, window
 * name) may leak from one visitor to the next.
 */
export async function openBrowserDriver(options: BrowserDriverOptions): Promise<Driver> {
  const browser = await startBrowser(options.executable, options.isOwnServer ?? false, {
    isForMany: !options.failures,
  });
  const idle: Tab[] = [];
  const keepScreenshot = async (tab: Tab, index: number) => {
    const { failures } = options;
    if (!failures?.wantsScreenshot()) return;
    // A page that hangs has none.
    const png = await tab.screenshot().catch(() => null);
    if (png) await failures.keepScreenshot(index, png);
  };
  return {
    async visit(index, decide) {
      let tab = idle.pop();
      try {
        tab ??= await openTab(browser, options);
        const visit = await tab.visit(index, decide);
        if (reasonsOf(visit).length > 0) await keepScreenshot(tab, index);
        await tab.wipe();
        idle.push(tab);
        return visit;
      } catch (error) {
        if (error instanceof BrowserEnded) throw lostBrowser(options.executable, error);
        if (tab) await keepScreenshot(tab, index);
        // Close the context: the next visitor must not inherit its state.
        await tab?.close().catch(() => undefined);
        return { index, seen: null, clicks: [], errors: [(error as Error).message] };
      }
    },
    close: () => browser.close(),
  };
}

interface Tab {
  screenshot(): Promise<Buffer>;
  visit(index: number, decide: Decide): Promise<Visit>;
  wipe(): Promise<void>;
  close(): Promise<void>;
}

async function openTab(browser: Browser, { url, seed, headers }: BrowserDriverOptions): Promise<Tab> {
  const { browserContextId } = await browser.send<{ browserContextId: string }>("Target.createBrowserContext");
  const { targetId } = await browser.send<{ targetId: string }>("Target.createTarget", {
    url: "about:blank",
    browserContextId,
  });
  const page = await browser.attach(targetId);
  const instructions: Instructions = { report: REPORT, seed: SEED, patienceMs: PAGE_PATIENCE_MS, headers };
  let errors: string[] = [];
  let onReport: (seen: Seen) => void = () => undefined;
  let seedScript: string | undefined;
  let historyLength = 1;

  page.on("Runtime.bindingCalled", ({ payload }) => onReport(JSON.parse(String(payload)) as Seen));
  page.on("Runtime.exceptionThrown", ({ exceptionDetails }) => errors.push(describeException(exceptionDetails)));
  page.on("Runtime.consoleAPICalled", ({ type, args }) => {
    if (type === "error" || type === "assert") errors.push(`console.${type}: ${JSON.stringify(args)}`);
  });
  page.on("Log.entryAdded", ({ entry }) => {
    const { level, text, url: source } = entry as { level: string; text: string; url?: string };
    if (level === "error") errors.push(`${text}${source ? ` (${source})` : ""}`);
  });
  await Promise.all([
    page.send("Page.enable"),
    page.send("Runtime.enable"),
    page.send("Log.enable"),
    page.send("Runtime.addBinding", { name: REPORT }),
    page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `(${visitInPage})(${JSON.stringify(instructions)},${readPage})`,
    }),
  ]);

  /** Runs an action and waits for the report that follows it. */
  const report = (action: () => Promise<unknown>) =>
    new Promise<Seen>((resolve, reject) => {
      const cancel = afterRunning(REPORT_PATIENCE_MS, () => reject(new Error("the page did not report in time")));
      onReport = (seen) => {
        cancel();
        resolve(seen);
      };
      action().catch((error: Error) => {
        cancel();
        reject(error);
      });
    });

  return {
    async visit(index, decide) {
      errors = [];
      if (seedScript) void page.send("Page.removeScriptToEvaluateOnNewDocument", { identifier: seedScript });
      const source = `${SEED}=${JSON.stringify(seedWords(seed, index))}`;
      const added = page.send<{ identifier: string }>("Page.addScriptToEvaluateOnNewDocument", { source });
      const seen = await report(async () => {
        const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
        if (errorText) throw new Error(`${url}: ${errorText}`);
      });
      seedScript = (await added).identifier;
      ({ historyLength } = seen);
      const clicks = decide(seen);
      let { acknowledged } = seen;
      for (const click of clicks) {
        const after = await report(() => clickOn(page, click));
        acknowledged &&= after.acknowledged;
      }
      return { index, seen: { ...seen, acknowledged }, clicks, errors };
    },
    async screenshot() {
      const taken = page.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
      const { data } = await within(SCREENSHOT_PATIENCE_MS, taken);
      return Buffer.from(data, "base64");
    },
    async wipe() {
      await Promise.all([
        // Clears every origin of the context, including those of frames; cookies too.
        page.send("Storage.clearDataForOrigin", { origin: "*", storageTypes: "all" }),
        page.send("Network.clearBrowserCache"),
        ...(historyLength > 2 ? [page.send("Page.resetNavigationHistory")] : []),
      ]);
    },
    async close() {
      await browser.send("Target.disposeBrowserContext", { browserContextId });
    },
  };
}

function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = afterRunning(timeoutMs, () => reject(new Error("no answer in time")));
    promise.finally(cancel).then(resolve, reject);
  });
}

/** Clicks with the mouse, so that a covered or hidden element does not receive the click. */
async function clickOn(page: Session, { experiment, event }: Click): Promise<void> {
  const clickable = `[data-exp-click=${JSON.stringify(event)}]`;
  const placeholder = `[data-exp=${JSON.stringify(experiment)}]`;
  const selector =
    experiment === ""
      ? `${clickable}:not([data-exp], [data-exp] *)`
      : `${placeholder} ${clickable}, ${placeholder}${clickable}`;
  const { result } = await page.send<{ result: { value?: { x: number; y: number } } }>("Runtime.evaluate", {
    expression: `(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`,
    returnByValue: true,
  });
  if (!result.value) throw new Error(`there is nothing to click at ${selector}`);
  const mouse = { ...result.value, button: "left", clickCount: 1 };
  await page.send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await page.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
}

function describeException(details: unknown): string {
  const { text, exception } = details as { text: string; exception?: { description?: string } };
  return exception?.description?.split("\n")[0] ?? text;
}
