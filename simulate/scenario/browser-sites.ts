import { type BrowserTab, clickOn, openBrowserTab } from "../browser-tab.ts";
import { type Browser, BrowserEnded } from "../cdp.ts";
import { listenToReports } from "../page-reports.ts";
import { presetConfig, UNHURRIED_MS } from "../preset-config.ts";
import { readPage } from "../read-page.ts";
import { lostBrowser, startBrowser } from "../start-browser.ts";
import { BOT } from "./http-sites.ts";
import { type Devices, type PageSitesOptions, pageSites, type SitePage, type Snapshot } from "./page-sites.ts";
import type { Person } from "./person.ts";
import { PERSON, type PersonInstructions, personInPage } from "./person-in-page.ts";
import type { Sites, View } from "./site.ts";

const REPORT = "fairsplitReport";
/** Timeout for the page to come to rest: on a slow network seven requests follow one another. */
const PAGE_PATIENCE_MS = 60_000;
/** Timeout for the report of a page, which a busy machine delays. */
const REPORT_PATIENCE_MS = 75_000;
/** Latency of each request on a slow network, beyond the tag's timeout. */
const BEYOND_MS = 500;

/** The site's pages in a real browser, with all their scripts. */
export async function openBrowserSites(
  options: PageSitesOptions & { readonly executable: string | null; readonly isOwnServer: boolean },
): Promise<Sites> {
  const { base, headers } = options;
  const executable = options.executable ?? "";
  const browser = await startBrowser(executable, options.isOwnServer);
  const { userAgent } = await browser.send<{ userAgent: string }>("Browser.getVersion");
  const idle: Tab[] = [];
  const use = { api: base, headers, userAgent, take: async () => idle.pop() ?? (await openTab(browser)) };
  return pageSites(options, {
    enter: async (person) => devicesOf(person, { ...use, giveBack: (tab) => void idle.push(tab) }),
    close: () => browser.close(),
    explain: (error) => (error instanceof BrowserEnded ? lostBrowser(executable, error) : error),
  });
}

interface Tab extends BrowserTab {
  /** Opens a page in which the script runs first, and waits for its report. */
  open(url: string, source: string): Promise<Snapshot>;
  /** Runs an action of `PERSON`, and waits for the report that follows. */
  act(call: string): Promise<Snapshot>;
  run(call: string): Promise<void>;
}

async function openTab(browser: Browser): Promise<Tab> {
  const tab = await openBrowserTab(browser);
  const { page } = tab;
  let script: string | undefined;
  const late = "the page did not come to rest in time";
  const report = await listenToReports<Snapshot>(page, { name: REPORT, patienceMs: REPORT_PATIENCE_MS, late });
  const run = async (call: string) => {
    const expression = `${PERSON}.${call}`;
    const { exceptionDetails } = await page.send<{ exceptionDetails?: { exception?: { description?: string } } }>(
      "Runtime.evaluate",
      { expression },
    );
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? `${expression} failed`);
  };
  return {
    ...tab,
    run,
    async open(url, source) {
      if (script) await page.send("Page.removeScriptToEvaluateOnNewDocument", { identifier: script });
      const { identifier } = await page.send<{ identifier: string }>("Page.addScriptToEvaluateOnNewDocument", {
        source,
      });
      script = identifier;
      return report(async () => {
        const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
        if (errorText) throw new Error(`${url}: ${errorText}`);
      });
    },
    act: (call) => report(() => run(call)),
  };
}

interface Use {
  readonly api: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
  take(): Promise<Tab>;
  giveBack(tab: Tab): void;
}

interface Device {
  readonly tab: Tab;
  id: string;
  hasConsented: boolean;
}

function devicesOf({ kind, accountId: person }: Person, { api, headers, userAgent, take, giveBack }: Use): Devices {
  const devices = new Map<number, Device>();
  const errors: string[] = [];
  let current: Device | undefined;
  let views = 0;
  const asks = kind === "visitor" || kind === "bot";
  const tab = () => (current as Device).tab;

  const deviceOf = async (place: number): Promise<Device> => {
    const known = devices.get(place);
    if (known) return known;
    const device = { tab: await take(), id: "", hasConsented: false };
    devices.set(place, device);
    await device.tab.page.send("Emulation.setUserAgentOverride", { userAgent: kind === "bot" ? BOT : userAgent });
    return device;
  };
  const settle = () => tab().act("settle()");
  return {
    async open(page: SitePage, view: View) {
      current = await deviceOf(view.device);
      const { tab: shown } = current;
      const isNew = current.id !== view.deviceId;
      if (isNew) {
        await wipe(current.tab);
        current.id = view.deviceId;
        current.hasConsented = false;
      }
      views += 1;
      const instructions: PersonInstructions = {
        report: REPORT,
        view: `${person} ${views}`,
        isNewDevice: isNew,
        isNewTab: view.isFirst,
        api,
        headers: kind === "bot" ? {} : headers,
        cookie: page.cookie,
        deviceId: view.deviceId,
        accountId: view.accountId,
        atMs: view.atMs,
        hasPrivacyControl: kind === "private",
        givesConsent: page.asksConsent && asks && !current.hasConsented,
        asks,
        timeoutMs: view.isSlow ? page.timeoutMs : UNHURRIED_MS,
        patienceMs: PAGE_PATIENCE_MS,
      };
      current.hasConsented ||= instructions.givesConsent;
      if (view.isSlow) await slow(shown, page.timeoutMs + BEYOND_MS);
      const source = `(${personInPage})(${JSON.stringify(instructions)},${readPage},${presetConfig},${JSON.stringify(PERSON)})`;
      const snapshot = await shown.open(page.url, source);
      if (view.isSlow) await slow(shown, 0);
      return snapshot;
    },
    login: (id) => tab().act(`login(${JSON.stringify(id)})`),
    setClock: (atMs) => tab().run(`setClock(${atMs})`),
    async click(event) {
      const selector = `[data-exp-click=${JSON.stringify(event)}]`;
      const { result } = await tab().page.send<{ result: { value?: string | null } }>("Runtime.evaluate", {
        expression: `(() => { const found = document.querySelector(${JSON.stringify(selector)}); return found && (found.closest("[data-exp]")?.dataset.exp ?? ""); })()`,
        returnByValue: true,
      });
      if (typeof result.value !== "string") throw new Error(`there is nothing to click for ${event}`);
      await clickOn(tab().page, selector);
      return result.value;
    },
    track: (event, value) => tab().run(`track(${JSON.stringify(event)}, ${value})`),
    settle,
    takeErrors: () => [...errors.splice(0), ...(current?.tab.takeErrors() ?? [])],
    async exit() {
      for (const { tab: used } of devices.values()) {
        await wipe(used);
        giveBack(used);
      }
    },
  };
}

/** Clears every origin of the tab's context, cookies too. */
async function wipe({ page, takeErrors }: Tab): Promise<void> {
  await Promise.all([
    page.send("Storage.clearDataForOrigin", { origin: "*", storageTypes: "all" }),
    page.send("Network.clearBrowserCache"),
  ]);
  takeErrors();
}

/** Makes each request take so much longer. */
async function slow({ page }: Tab, latencyMs: number): Promise<void> {
  const unlimited = { downloadThroughput: -1, uploadThroughput: -1 };
  if (latencyMs > 0) await page.send("Network.enable");
  await page.send("Network.emulateNetworkConditions", { offline: false, latency: latencyMs, ...unlimited });
  if (latencyMs === 0) await page.send("Network.disable");
}
