import { chromium } from "playwright-core";
import { VISITOR } from "../tag/shop.ts";
import { type Engine, findProgram } from "./engine.ts";

/** Program of a full Chromium; undefined if there is none. */
export const findChromium = () => findProgram("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

/**
 * Full Chromium: its headless shell restores no page from the back/forward cache. Undefined if
 * there is none.
 */
export async function startChromium(): Promise<Engine | undefined> {
  const executablePath = findChromium();
  if (!executablePath) return;
  const browser = await chromium.launch({
    executablePath,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      VISITOR,
    ],
  });
  const page = await browser.newPage();
  return {
    name: `Chromium ${browser.version()}`,
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}
