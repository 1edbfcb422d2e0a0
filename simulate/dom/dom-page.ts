import { EnvironmentMissing } from "../environment.ts";
import { fetchText } from "../fetch-text.ts";
import { type DomTab, globalsOf, openTab } from "./dom-tab.ts";
import { loadHappyDom } from "./happy-dom.ts";
import { quickenQueries } from "./quick-queries.ts";
import { readTagProgram } from "./tag-program.ts";

export interface DomPageOptions {
  /** Address of the page, after redirects. */
  readonly url: string;
  readonly html: string;
  /** True if visitors are followed to the pages that redirects lead to. */
  readonly followsRedirects?: boolean;
  /** True if visitors give the consent that the page asks for. */
  readonly givesConsent?: boolean;
  /** Folder of the built tag. */
  readonly built?: URL;
  /** Called with a sentence about what is left out. */
  note?(text: string): void;
}

/** Windows with a page, each for one visitor at a time. */
export interface DomPage {
  take(): DomTab;
  giveBack(tab: DomTab): void;
  close(): Promise<void>;
}

/**
 * Opens a page in happy-dom. Of the page's scripts only the tag runs, because others may do
 * anything that this process may.
 *
 * @throws EnvironmentMissing where happy-dom or the built tag is missing, or the page has no tag of
 * this version
 */
export async function openDomPage(options: DomPageOptions): Promise<DomPage> {
  const {
    url,
    html,
    givesConsent = false,
    followsRedirects = false,
    built = new URL("./", import.meta.url),
    note,
  } = options;
  const happyDom = await loadHappyDom("dom");
  quickenQueries(happyDom);
  const { Browser } = happyDom;
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
    mainFrame.url = url;
    mainFrame.document.write(html);
    return { window: mainFrame.window, clearCookies: () => context.cookieContainer.clearCookies() };
  };
  const first = windowOf();
  const { scripts, tag } = scriptsOf(first.window.document as unknown as Document, url);
  if (tag.dataset.consent !== undefined && !givesConsent) {
    throw new EnvironmentMissing(
      `${url} has data-consent, and a script of its own asks for it: only --driver browser runs it`,
    );
  }
  if (!followsRedirects && first.window.document.querySelector("[data-exp-redirect]")) {
    throw new EnvironmentMissing(`${url} has data-exp-redirect: only --driver browser follows visitors to other pages`);
  }
  const program = await readTagProgram(built, globalsOf(first.window));
  const served = await fetchText(new URL(tag.getAttribute("src") ?? "", url).href);
  if (served.text !== program.source) {
    throw new EnvironmentMissing(
      `${url} has a tag of another version than this simulator, which --driver dom would run: use --driver browser`,
    );
  }
  const others = scripts.length - 1;
  if (others > 0) note?.(`--driver dom runs only the tag: ${others} other scripts of ${url} are left out`);

  const tabOf = ({ window, clearCookies }: typeof first): DomTab => {
    const script = scriptsOf(window.document as unknown as Document, url).tag;
    return openTab({ window, script, program, clearCookies });
  };
  const idle: DomTab[] = [tabOf(first)];
  return {
    take: () => idle.pop() ?? tabOf(windowOf()),
    giveBack: (tab) => void idle.push(tab),
    async close() {
      await Promise.all(browsers.map((browser) => browser.close()));
    },
  };
}

function scriptsOf(document: Document, url: string): { scripts: HTMLScriptElement[]; tag: HTMLScriptElement } {
  const scripts = [...document.querySelectorAll<HTMLScriptElement>("script")];
  const tag = scripts.find((each) => /\/tag(-with-groups)?(\.[0-9a-f]+)?\.js/.test(each.getAttribute("src") ?? ""));
  if (!tag) throw new EnvironmentMissing(`${url} has no script of the tag, so --driver dom has nothing to run`);
  return { scripts, tag };
}
