import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../simulate/browser.ts";

/** Path of the simulator's browser. Throws if there is none. */
export function browserPath(): string {
  const found = findBrowser();
  if (!found) throw new Error("there is no browser: npm run simulate says how to get one");
  return found;
}

/** Chromium's sandbox does not run as root. */
export const SANDBOX: readonly string[] = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

/** Starts a browser that is no bot to the server: a bot would get the fallback. */
export function launchVisitorBrowser(executablePath: string): Promise<Browser> {
  const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  return chromium.launch({ executablePath, args: [...SANDBOX, `--user-agent=${agent}`] });
}
