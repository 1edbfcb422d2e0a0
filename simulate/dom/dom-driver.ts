import { type Connections, openConnections } from "../connections.ts";
import type { Driver } from "../driver.ts";
import { EnvironmentMissing } from "../environment.ts";
import { type DomTab, globalsOf, openTab } from "./dom-tab.ts";
import { loadHappyDom } from "./happy-dom.ts";
import { readTagProgram } from "./tag-program.ts";

export interface DomDriverOptions {
  readonly url: string;
  readonly seed: string;
  /** Number of concurrent visitors. */
  readonly concurrency: number;
  /** Sent with each request of the tag. */
  readonly headers: Readonly<Record<string, string>>;
  /** Folder of the built tag. */
  readonly built?: URL;
  /** Called with a sentence about what is left out. */
  note?(text: string): void;
}

/**
 * Visitors whose document is happy-dom's, in this process: the built tag runs in it, and its timers
 * wait for nothing. Of the page's scripts only the tag runs, because others may do anything that
 * this process may.
 *
 * @throws EnvironmentMissing where happy-dom or the built tag is missing, or the page has no tag of
 * this version
 */
export async function openDomDriver(options: DomDriverOptions): Promise<Driver> {
  const { url, seed, concurrency, headers, built = new URL("./", import.meta.url), note } = options;
  const { Browser } = await loadHappyDom("dom");
  const response = await get(url);
  const page = await response.text();
  const connections = new Map<string, Connections>();
  const connectionsTo = (origin: string) => {
    const open = connections.get(origin) ?? openConnections(origin, concurrency, headers);
    connections.set(origin, open);
    return open;
  };
  const browsers: InstanceType<typeof Browser>[] = [];
  const windowOf = () => {
    const browser = new Browser({
      settings: {
        enableJavaScriptEvaluation: false,
        disableJavaScriptFileLoading: true,
        handleDisabledFileLoadingAsSuccess: true,
        navigation: { disableMainFrameNavigation: true },
      },
    });
    browsers.push(browser);
    const { mainFrame, context } = browser.newPage();
    mainFrame.url = response.url;
    mainFrame.document.write(page);
    return { window: mainFrame.window, clearCookies: () => context.cookieContainer.clearCookies() };
  };
  const first = windowOf();
  const { scripts, tag } = scriptsOf(first.window.document as unknown as Document, url);
  const program = await readTagProgram(built, globalsOf(first.window));
  const served = await (await get(new URL(tag.getAttribute("src") ?? "", response.url).href)).text();
  if (served !== program.source) {
    throw new EnvironmentMissing(
      `${url} has a tag of another version than this simulator, which --driver dom would run: use --driver browser`,
    );
  }
  const others = scripts.length - 1;
  if (others > 0) note?.(`--driver dom runs only the tag: ${others} other scripts of ${url} are left out`);

  const tabOf = ({ window, clearCookies }: typeof first): DomTab => {
    const script = scriptsOf(window.document as unknown as Document, url).tag;
    return openTab({ window, script, program, seed, connectionsTo, clearCookies });
  };
  const idle: DomTab[] = [tabOf(first)];
  return {
    async visit(index, decide) {
      const tab = idle.pop() ?? tabOf(windowOf());
      try {
        return await tab.visit(index, decide);
      } finally {
        idle.push(tab);
      }
    },
    async close() {
      await Promise.all([...connections.values()].map((each) => each.close()));
      await Promise.all(browsers.map((browser) => browser.close()));
    },
  };
}

function scriptsOf(document: Document, url: string): { scripts: HTMLScriptElement[]; tag: HTMLScriptElement } {
  const scripts = [...document.querySelectorAll<HTMLScriptElement>("script")];
  const tag = scripts.find((each) => /\/tag(-with-groups)?(\.[0-9a-f]+)?\.js/.test(each.getAttribute("src") ?? ""));
  if (!tag) throw new EnvironmentMissing(`${url} has no script of the tag, so --driver dom has nothing to run`);
  if (tag.dataset.consent !== undefined) {
    throw new EnvironmentMissing(
      `${url} has data-consent, and a script of its own asks for it: only --driver browser runs it`,
    );
  }
  return { scripts, tag };
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((error: Error) => {
    throw new EnvironmentMissing(`${url} cannot be reached: ${(error.cause as Error)?.message ?? error.message}`);
  });
  if (!response.ok) throw new EnvironmentMissing(`${url} answered ${response.status}`);
  return response;
}
