import { missingEngine } from "../../server/analysis/missing.ts";
import { findBrowser } from "../../simulate/browser.ts";
import { BROWSER_FIXES } from "../../simulate/browser-install.ts";
import { EnvironmentMissing } from "../../simulate/environment.ts";
import { startBrowser } from "../../simulate/start-browser.ts";
import { bad, type Finding, good } from "./finding.ts";

/** Examines Node, the engine for counting, and the browser for simulation. */
export async function examineMachine(): Promise<Finding[]> {
  const missing = missingEngine();
  return [
    good("Node", `${process.version} on ${process.platform} ${process.arch}`),
    missing === null
      ? good("results", "DuckDB is installed")
      : bad("results", "DuckDB is not installed, so results and analyze do not work", missing),
    await examineBrowser(),
  ];
}

async function examineBrowser(): Promise<Finding> {
  const executable = findBrowser();
  if (!executable) return bad("browser", "none was found, so simulate has only --driver http", BROWSER_FIXES[0] ?? "");
  try {
    const browser = await startBrowser(executable, true);
    await browser.close();
    return good("browser", `${executable} starts`);
  } catch (error) {
    if (!(error instanceof EnvironmentMissing)) throw error;
    const [reason = "", ...fixes] = error.message.split("\n");
    return bad("browser", reason, fixes.at(-1)?.trim().replace(/^- /, "") ?? BROWSER_FIXES[0] ?? "");
  }
}
