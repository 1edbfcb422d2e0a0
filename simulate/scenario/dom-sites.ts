import { type DomPage, openDomPage } from "../dom/dom-page.ts";
import type { DomState, DomTab, DomView, DomVisitor } from "../dom/dom-tab.ts";
import { openConnectionsByOrigin } from "../dom/origin-connections.ts";
import { VirtualClock } from "../dom/virtual-clock.ts";
import { BOT } from "./http-sites.ts";
import { type Devices, type PageSitesOptions, pageSites, type SitePage, type Snapshot } from "./page-sites.ts";
import type { Person } from "./person.ts";
import type { Sites, View } from "./site.ts";

/** Later than the tag waits. */
const LATER_MS = 100;

/** The site's pages in happy-dom, with the built tag. */
export async function openDomSites(options: PageSitesOptions): Promise<Sites> {
  const { pages, concurrency, headers, note } = options;
  const opened = new Map<string, DomPage>();
  const people = openConnectionsByOrigin(concurrency, headers);
  const crawlers = openConnectionsByOrigin(concurrency, { "user-agent": BOT });
  const close = async () => {
    await Promise.all([people.close(), crawlers.close(), ...[...opened.values()].map((page) => page.close())]);
  };
  try {
    for (const { path, url, html } of pages) {
      opened.set(path, await openDomPage({ url, html, givesConsent: true, followsRedirects: true, note }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return pageSites(options, {
    enter: async (person) => devicesOf(person, person.kind === "bot" ? crawlers.send : people.send, opened, pages),
    close,
  });
}

interface Shown {
  readonly view: DomView;
  readonly page: DomPage;
  readonly tab: DomTab;
  readonly path: string;
  readonly clock: VirtualClock;
}

function devicesOf(
  { kind }: Person,
  send: DomVisitor["send"],
  opened: ReadonlyMap<string, DomPage>,
  pages: readonly SitePage[],
): Devices {
  const states = new Map<string, DomState>();
  const errors: string[] = [];
  let shown: Shown | undefined;
  const current = () => shown as Shown;

  const hide = (deviceId: string) => {
    if (!shown) return;
    states.set(deviceId, shown.view.state());
    errors.push(...shown.view.errors);
    shown.view.end();
    shown.page.giveBack(shown.tab);
    shown = undefined;
  };
  const show = (page: SitePage, { deviceId, accountId, atMs, isSlow }: View) => {
    const domPage = opened.get(page.path) as DomPage;
    const tab = domPage.take();
    const state = states.get(deviceId);
    const clock = new VirtualClock(atMs, true);
    let isNew = !state?.cookie.includes(`${page.cookie}=`);
    const view = tab.begin({
      clock,
      state,
      accountId,
      fill(bytes: Uint8Array<ArrayBuffer>) {
        // The tag's first random number is the device's ID.
        if (isNew) for (const [place, digit] of [...deviceId].entries()) bytes[place] = Number.parseInt(digit, 16);
        else crypto.getRandomValues(bytes);
        isNew = false;
      },
      random: Math.random,
      send(url, method, body) {
        // Events of the past are sent now, as by an outbox: the server would correct the clock.
        if (url.searchParams.has("sent")) url.searchParams.set("sent", String(Date.now()));
        return send(url, method, body);
      },
      hasPrivacyControl: kind === "private",
      groupsAfterMs: isSlow ? page.timeoutMs + LATER_MS : 0,
    });
    shown = { view, page: domPage, tab, path: page.path, clock };
    return view;
  };
  const settle = async (): Promise<Snapshot> => {
    const { view, path } = current();
    await view.settle();
    const [answered, reported, requests] = [view.answered(), [...view.reported()], view.requests()];
    return { path, seen: view.read(), answered, reported, requests };
  };
  let device = "";
  return {
    async open(page, view) {
      hide(device);
      device = view.deviceId;
      const state = states.get(device);
      // A visit is a tab of its own; a redirect's trail ends when the visitor goes on.
      if (state) {
        const cookie = state.cookie
          .split("; ")
          .filter((each) => !each.startsWith("fairsplit_trail="))
          .join("; ");
        states.set(device, { ...state, cookie, session: view.isFirst ? [] : state.session });
      }
      let begun = show(page, view);
      const isAsked = page.asksConsent && !state?.local.some(([name]) => name === "fairsplit_consent");
      if (isAsked && (kind === "visitor" || kind === "bot")) begun.call("consent", true);
      await begun.settle();
      const target = begun.leftFor();
      if (target !== null) {
        const path = new URL(target).pathname;
        const next = pages.find((each) => each.path === path);
        if (!next) throw new Error(`${page.path} leaves for ${path}, which is no page of the scenario`);
        hide(device);
        begun = show(next, view);
      }
      return settle();
    },
    async login(accountId) {
      current().view.call("identify", accountId);
      return settle();
    },
    async setClock(atMs) {
      current().clock.hold(atMs);
    },
    click: async (event) => current().view.click(event),
    async track(event, value) {
      current().view.call("track", event, undefined, value);
    },
    settle,
    takeErrors: () => [...errors.splice(0), ...(shown?.view.errors.splice(0) ?? [])],
    async exit() {
      hide(device);
    },
  };
}
