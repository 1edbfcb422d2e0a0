import type { Browser, Session } from "./cdp.ts";

/** A tab with cookies and storage of its own. */
export interface BrowserTab {
  readonly page: Session;
  /** Errors of the page and of its console since the last call. */
  takeErrors(): string[];
  close(): Promise<void>;
}

/** Opens an empty tab with cookies and storage of its own. */
export async function openBlankTab(browser: Browser): Promise<Pick<BrowserTab, "page" | "close">> {
  const { browserContextId } = await browser.send<{ browserContextId: string }>("Target.createBrowserContext");
  const { targetId } = await browser.send<{ targetId: string }>("Target.createTarget", {
    url: "about:blank",
    browserContextId,
  });
  return {
    page: await browser.attach(targetId),
    async close() {
      await browser.send("Target.disposeBrowserContext", { browserContextId });
    },
  };
}

export async function openBrowserTab(browser: Browser): Promise<BrowserTab> {
  const { page, close } = await openBlankTab(browser);
  const errors: string[] = [];
  page.on("Runtime.exceptionThrown", ({ exceptionDetails }) => errors.push(describeException(exceptionDetails)));
  page.on("Runtime.consoleAPICalled", ({ type, args }) => {
    if (type === "error" || type === "assert") errors.push(`console.${type}: ${JSON.stringify(args)}`);
  });
  page.on("Log.entryAdded", ({ entry }) => {
    const { level, text, url } = entry as { level: string; text: string; url?: string };
    if (level === "error") errors.push(`${text}${url ? ` (${url})` : ""}`);
  });
  await Promise.all([page.send("Page.enable"), page.send("Runtime.enable"), page.send("Log.enable")]);
  return { page, takeErrors: () => errors.splice(0), close };
}

/** Clicks with the mouse, so that a covered or hidden element does not receive the click. */
export async function clickOn(page: Session, selector: string): Promise<void> {
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
  await clickAt(page, result.value);
}

/** Presses and releases the left button at a point of the view, in CSS pixels. */
export async function clickAt(page: Session, point: { readonly x: number; readonly y: number }): Promise<void> {
  const mouse = { ...point, button: "left", clickCount: 1 };
  await page.send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await page.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
}

/** First line of an exception of a page. */
export function describeException(details: unknown): string {
  const { text, exception } = details as { text: string; exception?: { description?: string } };
  return exception?.description?.split("\n")[0] ?? text;
}
