import type { AssignedGroup } from "../core/http-contract.ts";
import { watchClicks } from "./clicks.ts";
import { forgetDevice, keepDevice, readDevice } from "./identity.ts";
import { more as loaded, loadMore } from "./more-loader.ts";
import type { Options } from "./options.ts";
import { add, closeOutbox, flush, openOutbox, resend, unsent, url } from "./outbox.ts";
import type { Placement } from "./placement.ts";
import { random128 } from "./random.ts";
import {
  AGAIN,
  afterFrame,
  beginView,
  type Decided,
  decide,
  decided,
  exposeClicked,
  groups,
  placements,
  reconcileAll,
  SAID,
  shown,
  startRendering,
  UNSAID,
  watch,
} from "./rendering.ts";
import { safely } from "./safely.ts";
import { area, keep } from "./storage.ts";
import { isTrackingRejected } from "./tracking-rejection.ts";

/** The answer of `/api/expgroups`; `{}` if the server is off or unreachable. */
export type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/**
 * The page's API, `window.fairsplit`. Calls made before the tag loads wait in an array of that
 * name.
 */
export interface Fairsplit {
  /** Calls back when the groups are known, or have failed to load. */
  ready(heard?: (groups: Groups) => void): Promise<unknown>;
  /** The device's group in an experiment, if any. */
  group(key: string): string | undefined;
  /** The payload of that group. */
  payload(key: string): unknown;
  /** Reports an event, such as a goal's. */
  track(event: string, params?: unknown, value?: number): void;
  /**
   * Names the account that is logged in on this view; nothing keeps it. Experiments that had no
   * account to decide by are decided now; all others stay as they are.
   */
  identify(id: string): void;
  /** Records whether the visitor consents to being counted. */
  consent(isGiven: boolean): void;
  /** Deletes the device ID and everything stored, and stops counting. */
  forget(): void;
  /** Searches for placeholders that no observer sees, such as in a shadow root. */
  render(root?: ParentNode): void;
  /** A call as a list: `push(["track", "signup"])`. */
  push(...calls: [name: string, ...args: unknown[]][]): void;
  /** The groups that the page shows. */
  groups: Groups;
  /** The events that this page reported, for inspection. */
  readonly events: object[];
  /** Placements of the placeholders, for inspection. */
  readonly shows: WeakMap<Element, Placement>;
}

declare global {
  interface Window {
    fairsplit?: Fairsplit | [name: string, ...args: unknown[]][];
    dataLayer?: { push(entry: object): void };
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}

const DEFAULT_TIMEOUT_MS = 1000;
const DAY_MS = 86_400_000;
/** Storage name of the visitor's consent, if the page has to ask for it. */
const CONSENT = "fairsplit_consent";

/** Runs the tag on a page. A second tag does nothing. */
export function start(options: Options, source: string): void {
  const queue = window.fairsplit;
  // The global may be anything, even an element of that name.
  if ((queue as Partial<Fairsplit> | undefined)?.ready) return;
  const { timeout, cookie, cookieDomain, serverCookie, pageview, consent, stored: use } = options;
  // Kept nowhere: the next view says its own.
  let account = options.account;
  const api = (options.api ?? new URL(".", source).href).replace(/\/$/, "");
  const timeoutMs = (timeout as number) >= 0 ? (timeout as number) : DEFAULT_TIMEOUT_MS;
  const query = new URLSearchParams(location.search);
  let device = readDevice(cookie) || random128();
  let force = query.get("fairsplit_force");
  let path: string;
  let isAllowed: boolean | undefined;
  let isPreview: unknown;
  let settle: (groups: Groups) => void;
  const ready = new Promise<Groups>((resolve) => {
    settle = resolve;
  });
  ready.then((decided) => emit("ready", decided));

  const report = (event: string, experiment?: string, params?: unknown, value?: number) => {
    if (!device || isPreview) return;
    const assigned = shown[experiment as string];
    const reported = {
      deviceId: device,
      accountId: account || undefined,
      path: location.pathname,
      event,
      experiment,
      group: assigned?.group,
      epoch: assigned?.epoch,
      params,
      value,
    };
    // Hold the page view, to send it with the exposures that follow.
    safely(() => add(reported, !decided));
    tag.events.push(reported);
  };

  const onShown = (key: string, assigned: AssignedGroup | undefined, isEmpty: boolean | undefined) => {
    // Report only if the server answered: the admin sees mistyped or obsolete keys.
    if (!assigned) decided >= SAID && report("unknown_placeholder", key);
    else if (isEmpty) report("empty_variant", key);
    else if (!isPreview && assigned.state === "active" && assigned.value >= 0) {
      report("exposure", key);
      emit("exposure", { experiment: key, group: assigned.group });
      window.dataLayer?.push({ event: "experiment_viewed", experiment_id: key, variation_id: assigned.group });
    }
  };
  const look = () => safely(() => (path === location.pathname ? reconcileAll() : see()));

  const take = (given: Groups, last: Decided) => {
    if (decided && last < AGAIN) return;
    tag.groups = decide(given, last);
    look();
    settle(groups);
    // Wait for the exposures of the current paint; a background page does not paint.
    document.hidden ? flush() : afterFrame(flush);
  };

  const open = () => {
    openOutbox(`${api}/notes`);
    keepDevice(device, cookie, cookieDomain);
    // Remember the consent for the next views.
    consent && keep(CONSENT, "1");
    loaded?.renew();
  };

  const load = (name: string) =>
    import(/* webpackIgnore: true */ /* @vite-ignore */ `${api}/${name}`).catch(() => undefined);
  const more = () =>
    loadMore(load, timeoutMs, () => {
      loaded?.attend({ options, clicked, flush, unsent, resend, device: () => url && device });
      look();
    });

  const viewed = () => pageview === "off" || report("pageview");

  /** Starts a page view: the first one, and on each change of path or return to the page. */
  const see = async (again?: typeof AGAIN) => {
    path = location.pathname;
    const at = path;
    again || beginView();
    if (!isAllowed) return take({}, UNSAID);
    again || viewed();
    // The stored text may be missing or not ours. A server may have put the same text into the
    // page.
    safely(() => {
      const text = document.getElementById("fairsplit")?.textContent || (area.fairsplit as string);
      // Earlier tags store a token in second place.
      const [id, , stored, storedPath, storedAt] = JSON.parse(text);
      if (
        id === device &&
        use !== "off" &&
        Date.now() - storedAt < DAY_MS &&
        (path === storedPath || !/"perPath"/.test(text))
      )
        take(stored, 0);
    });
    let given: Groups | undefined;
    try {
      setTimeout(() => at === path && take(groups, UNSAID), timeoutMs);
      const asked = { device_id: device, account_id: account || "", path, force: force || "", at: Date.now() };
      const response = await fetch(`${api}/groups?${new URLSearchParams(asked as never)}`);
      if (!response.ok) throw response.status;
      given = await response.json();
      // The next view may be another account's.
      const text = JSON.stringify([device, "", given, at, Date.now()], (_, one) => one?.kept ?? one);
      isPreview = force && /"reason":"forced"/.test(text);
      // Open only if consent was not withdrawn meanwhile.
      url || isPreview || (isAllowed && open());
      keep("fairsplit", text);
    } catch (error) {
      emit("error", error);
    }
    // Ignore the answer if the path has changed since.
    if (at === path) take(given || groups, given ? again || SAID : UNSAID);
    if (isPreview) load("badge.js");
  };

  const tag: Fairsplit = {
    ready: (heard) => ready.then(heard),
    group: (key) => groups[key]?.group,
    payload: (key) => groups[key]?.payload,
    track: (event, params, value) => report(event, undefined, params, value),
    consent(isGiven) {
      if (!isGiven) tag.forget();
      else if (!isAllowed) {
        isAllowed = true;
        device ||= random128();
        force || open();
        see();
      }
    },
    forget() {
      isAllowed = false;
      closeOutbox();
      forgetDevice(cookie, cookieDomain);
      device = "";
    },
    identify(id) {
      account = id;
      see(AGAIN);
    },
    render(root) {
      root && watch(root);
      look();
    },
    push(...calls) {
      // A page's mistake must not end its script or lose the other calls.
      for (const call of calls) {
        safely(() => {
          const [name, ...args] = call;
          (tag as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
        });
      }
    },
    groups: {},
    events: [],
    shows: placements,
  };
  window.fairsplit = tag;
  startRendering({ look, load: more, onShown });
  // A sandboxed frame throws: forced groups then hold for this page only.
  safely(() => {
    if (force != null) sessionStorage.fairsplit_force = force;
    force = sessionStorage.fairsplit_force;
  });
  if (isTrackingRejected()) tag.forget();
  if (device && (!consent || safely(() => localStorage[CONSENT]))) tag.consent(true);
  else see();
  safely(() => tag.push(...(queue as [])));

  const clicked = watchClicks((event, experiment, params) => {
    experiment && exposeClicked(experiment);
    report(event, experiment, params);
  });
  // Load on focus: only a focused element can be clicked by keyboard.
  addEventListener("focusin", (event) => (event.composedPath()[0] as Element).role && more());
  safely(() => (serverCookie != null || document.cookie.includes("fairsplit_trail")) && more());
  // Defer: the app renders the new page in the same task. In engines without the Navigation API the
  // document's changes are observed.
  window.navigation?.addEventListener("currententrychange", () => setTimeout(look));
  // Earlier than DOMContentLoaded, which waits for scripts, and so before the page is painted.
  addEventListener("readystatechange", look, true);
  addEventListener("pagehide", flush);
  addEventListener("visibilitychange", flush);
  // A page from the back/forward cache still shows its variants: only count the view.
  addEventListener("pageshow", ({ persisted }) => persisted && isAllowed && viewed());
  if (query.has("fairsplit_debug")) load("debug.js");
}

function emit(name: "ready" | "exposure" | "error", detail: unknown): void {
  safely(() => document.dispatchEvent(new CustomEvent(`fairsplit:${name}`, { detail })));
}
