import type { AssignedGroup } from "../core/http-contract.ts";
import type { StoredGroups } from "../core/stored-groups.ts";
import { watchClicks } from "./clicks.ts";
import { emit } from "./emit.ts";
import { eventId } from "./event-id.ts";
import { eventText } from "./event-text.ts";
import type { Fairsplit, Groups } from "./fairsplit.ts";
import { placeFirst } from "./first-placement.ts";
import { afterFrame } from "./frame.ts";
import { type ByKey, type Call, type Decided, type Load, SAID, type TakenOver, UNSAID } from "./handover.ts";
import { COOKIE, changeCookie, readDevice } from "./identity.ts";
import { needsMore } from "./needs-more.ts";
import type { Options } from "./options.ts";
import { isClosed, keyOf, placeholders } from "./placeholders.ts";
import type { Placement } from "./placement.ts";
import { random128 } from "./random.ts";
import { safely } from "./safely.ts";
import { CONSENT } from "./storage.ts";
import { isTrackingRejected } from "./tracking-rejection.ts";

declare global {
  /** Name of the file of `more.ts`; defined by the build. */
  const __MORE__: string;
}

const DEFAULT_TIMEOUT_MS = 1000;
const DAY_MS = 86_400_000;
/** Events within this time are sent together. */
const GATHER_MS = 30;
/**
 * Maximum number of events of a request: browsers allow 64 KiB in flight for pages that are left.
 */
const MAX_BATCH = 50;

/**
 * Runs the tag on a page: the first view's templates, texts and clicks. All else is in the other
 * part, which is loaded when the variants are painted, or at once if the page needs it, and which
 * then replaces the functions here. A second tag does nothing.
 */
export function start(options: Options, source: string, bundled?: Load): void {
  const queue = window.fairsplit as Partial<Fairsplit> | undefined;
  // The global may be anything, even an element of that name.
  if (queue?.ready) return;
  let { account, timeout } = options;
  const api = (options.api ?? new URL(".", source).href).replace(/\/$/, "");
  const path = location.pathname;
  // Without prototype: an experiment may be called `constructor`.
  const shown: ByKey<AssignedGroup> = { __proto__: null } as never;
  const exposed: ByKey<boolean> = { __proto__: null } as never;
  const placements = new WeakMap<Element, Placement>();
  const calls: Call[] = [];
  const waiting: string[] = [];
  let device = isTrackingRejected() ? "" : readDevice(options.cookie) || random128();
  let isAllowed: unknown;
  let decided: Decided = 0;
  let given: Groups | undefined;
  let isLate: boolean | undefined;
  let observer: MutationObserver | undefined;
  let settle: (groups: Groups) => void;
  let asked: Promise<unknown> | undefined;
  const ready = new Promise<Groups>((resolve) => {
    settle = resolve;
  });
  ready.then((groups) => emit("ready", groups));

  /** Loads the other part, once. */
  const more = () => {
    asked ||= (bundled ? bundled() : import(/* webpackIgnore: true */ /* @vite-ignore */ `${api}/${__MORE__}`))
      .then(({ takeOver }) => {
        [look, take, report, flush, expose] = takeOver(
          options,
          api,
          tag,
          clicked,
          observer,
          settle,
          device,
          account,
          isAllowed,
          path,
          isPreview,
          decided,
          shown,
          exposed,
          waiting,
          given,
          calls,
        );
        look();
      })
      .catch(() => {});
    return asked;
  };
  /** Calls a method of the API once it is the other part's. */
  const defer = (...call: Call) => {
    calls.push(call);
    more();
  };

  let report: TakenOver[2] = (event, experiment, params, value) => {
    if (!device) return;
    const assigned = shown[experiment as string];
    const reported = {
      id: eventId(),
      ts: new Date(),
      deviceId: device,
      accountId: account,
      event,
      path: location.pathname,
      experiment,
      group: assigned?.group,
      epoch: assigned?.epoch,
      params,
      value,
    };
    safely(() => {
      // The white space keeps it apart from the page's own names, see `LINE_START`.
      const line = `\n${eventText(reported)}`;
      waiting.push(line);
      // Hold the page view, to send it with the exposures that follow.
      decided && setTimeout(() => flush(), GATHER_MS);
      // Store before sending: the page may end. Storage may be full or forbidden.
      if (isAllowed) localStorage[line] = "";
    });
    tag.events.push(reported);
  };
  let flush: TakenOver[3] = async () => {
    const batch = isAllowed ? waiting.splice(0, MAX_BATCH) : [];
    if (!batch[0]) return;
    try {
      // A string is text/plain, which crosses origins without a preflight.
      const response = await fetch(`${api}/notes?sent=${Date.now()}`, {
        method: "POST",
        body: `[${batch}]`,
        keepalive: true,
      });
      // Read the answer: a browser holds an unread one to be unfinished.
      await response.text();
      if (!response.ok) throw response.status;
      for (const line of batch) safely(() => delete localStorage[line]);
    } catch {
      // Keep nothing if consent was withdrawn meanwhile.
      isAllowed && waiting.unshift(...batch);
      more();
    }
  };

  let expose: TakenOver[4] = (placeholder) => {
    const key = keyOf(placeholder);
    const assigned = shown[key];
    // The other part reports what is unknown or empty.
    if (!(key in exposed) && (assigned?.value as number) >= 0 && assigned?.state === "active") {
      exposed[key] = true;
      report("exposure", key);
      emit("exposure", { experiment: key, group: assigned.group });
    }
  };
  const show = (placeholder: HTMLElement): unknown => {
    const key = keyOf(placeholder);
    const assigned = tag.groups[key];
    let placement = placements.get(placeholder);
    const isThere = () => placeholder.isConnected && placement?.put.every((node) => node.parentNode === placeholder);
    if (placement) return isThere() || more();
    const needs = needsMore(placeholder);
    if (needs && !isLate) return more();
    if (!decided && !assigned) return;
    placement = placeFirst(placeholder, key, assigned || {});
    if (!placement) return more();
    placements.set(placeholder, placement);
    // Its unit, such as an account, may still become known in this view.
    if (assigned?.group === "") return;
    shown[key] ??= assigned;
    // The own content was seen instead of the variant.
    if (needs) exposed[key] = false;
    else afterFrame(() => isThere() && expose(placeholder));
  };
  /** Checks the page for placeholders to render. A page of another path is the other part's. */
  let look: TakenOver[0] = () =>
    safely(() => {
      if (path !== location.pathname) return more();
      for (const placeholder of placeholders("[data-exp]")) safely(() => isClosed(placeholder) && show(placeholder));
    });
  let take: TakenOver[1] = (groups, last, isPart) => {
    if (decided) return;
    decided = last;
    // Shown variants stay: replacing one would flicker.
    tag.groups = { __proto__: null, ...groups, ...shown } as unknown as Groups;
    look();
    // Listeners to `ready` expect all groups.
    isPart || settle(groups);
    // Wait for the exposures of the current paint; a background page does not paint.
    const painted = () => {
      flush();
      more();
    };
    (document.hidden ? safely : afterFrame)(painted);
  };

  const tag: Fairsplit = {
    ready: (heard) => ready.then(heard),
    group: (key) => tag.groups[key]?.group,
    payload: (key) => tag.groups[key]?.payload,
    track: (event, params, value) => report(event, undefined, params, value),
    consent: (isGiven) => (isGiven ? defer("consent", true) : tag.forget()),
    forget() {
      // The other part deletes the lines of earlier pages; this holds even if it never comes.
      changeCookie(device, "", options);
      device = isAllowed = "";
      for (const name of [CONSENT, COOKIE, "fairsplit", ...waiting]) safely(() => delete localStorage[name]);
      defer("forget");
    },
    identify(id) {
      account = id;
      defer("identify", id);
    },
    render: (root) => defer("render", root),
    push(...calls) {
      // A page's mistake must not end its script or lose the other calls.
      for (const call of calls) {
        safely(() => {
          const [name, ...args] = call;
          (tag as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
        });
      }
    },
    // Without a prototype, as they will be: an experiment may be called `constructor`.
    groups: shown as unknown as Groups,
    events: [],
    shows: placements,
  };
  window.fairsplit = tag;
  safely(() => {
    observer = new MutationObserver(() => look());
    observer.observe(document, { childList: true, subtree: true });
  });
  // A sandboxed frame throws.
  const isPreview = /fairsplit_force/.test(location.search) || safely(() => sessionStorage.fairsplit_force);
  isAllowed = device && !isPreview && (!options.consent || safely(() => localStorage[CONSENT]));
  setTimeout(
    () => {
      isLate = true;
      take(tag.groups, UNSAID);
      look();
    },
    (timeout as number) >= 0 ? (timeout as number) : DEFAULT_TIMEOUT_MS,
  );
  const begin = async () => {
    changeCookie("", device, options);
    if (options.pageview !== "off") report("pageview");
    // The stored text may be missing or not ours. A server may have put the same text into the
    // page.
    safely(() => {
      const text = document.getElementById("fairsplit")?.textContent || localStorage.fairsplit;
      const [id, at, everywhere, of, onPath] = JSON.parse(text) as StoredGroups;
      const isHere = of === path;
      // Earlier tags store their time elsewhere.
      if (id === device && options.stored !== "off" && Date.now() - at < DAY_MS)
        take({ ...everywhere, ...(isHere && onPath) }, 0, !isHere && onPath);
    });
    try {
      const query = new URLSearchParams({
        device_id: device,
        account_id: account || "",
        path,
        at: Date.now(),
      } as never);
      const response = await fetch(`${api}/groups?${query}`);
      if (!response.ok) throw response.status;
      given = await response.json();
    } catch (error) {
      emit("error", error);
    }
    take(given || tag.groups, given ? SAID : UNSAID);
  };
  isPreview ? more() : isAllowed ? begin() : take({}, UNSAID);
  safely(() => tag.push(...(queue as [])));

  // Last: a page may forbid listeners.
  const clicked = watchClicks((event, placeholder, params) => {
    placements.has(placeholder as HTMLElement) && expose(placeholder as HTMLElement);
    report(event, placeholder?.dataset.exp, params);
  });
  addEventListener("pagehide", () => flush());
  // Earlier than DOMContentLoaded, which waits for scripts, and so before the page is painted.
  addEventListener("readystatechange", () => look(), true);
}
