import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../simulate/browser.ts";

/** The browser that the simulator would take, not trying the network. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error("no browser found: run npm test, which installs one");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      ...args,
    ],
  });
}
