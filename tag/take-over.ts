import type { AssignedGroup } from "../core/http-contract.ts";
import { type StoredGroups, storedGroups } from "../core/stored-groups.ts";
import { attend, renew } from "./attend.ts";
import { emit } from "./emit.ts";
import type { Fairsplit, Groups } from "./fairsplit.ts";
import { afterFrame } from "./frame.ts";
import { AGAIN, type Decided, type Handover, SAID, type TakenOver, UNSAID } from "./handover.ts";
import { readCookie, readDevice } from "./identity.ts";
import { forgetDevice, keepDevice } from "./keep-device.ts";
import { isLabelsClick } from "./label-click.ts";
import { add, closeOutbox, flush, openOutbox, resend, takeWaiting, url } from "./outbox.ts";
import { random128 } from "./random.ts";
import { beginView, decide, decided, expose, groups, reconcileAll, shown, startRendering, watch } from "./rendering.ts";
import { safely } from "./safely.ts";
import { area, CONSENT, clearStorage, keep } from "./storage.ts";

const DEFAULT_TIMEOUT_MS = 1000;
const DAY_MS = 86_400_000;

/**
 * Goes on with the view that the first part began, and with all later ones. What has changed in the
 * page meanwhile is reconciled when the first part calls the returned `look`.
 */
export const takeOver = (
  ...[
    options,
    api,
    tag,
    clicked,
    observer,
    settle,
    firstDevice,
    firstAccount,
    isBegunAllowed,
    begunPath,
    isToBegin,
    begunDecided,
    begunShown,
    begunExposed,
    waiting,
    firstAnswer,
    calls,
  ]: Handover
): TakenOver => {
  const { timeout, cookie, cookieDomain, consent, stored: use, pageview } = options;
  const timeoutMs = (timeout as number) >= 0 ? (timeout as number) : DEFAULT_TIMEOUT_MS;
  const query = new URLSearchParams(location.search);
  let device = firstDevice;
  let account = firstAccount;
  let path: string | undefined = isToBegin ? undefined : begunPath;
  let isAllowed: unknown = isBegunAllowed;
  /** True if the browser keeps the device. */
  let isKept: boolean | undefined;
  /** True in the view that the first part began. */
  let isFirst = true;
  let force: string | null | undefined = query.get("fairsplit_force");
  let isPreview: unknown;

  const report: TakenOver[2] = (event, experiment, params, value) => {
    if (!device || isPreview || isLabelsClick(event)) return;
    const assigned = shown[experiment as string];
    const reported = {
      deviceId: device,
      accountId: account,
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
  const viewed = () => pageview === "off" || report("pageview");
  const look = (changes?: readonly MutationRecord[]) =>
    safely(() => (path === location.pathname ? reconcileAll(changes) : see()));

  const take = (given: Groups, last: Decided, isPart?: unknown) => {
    if (decided && last < AGAIN) return;
    tag.groups = decide(given, last);
    look();
    // Listeners to `ready` expect all groups.
    isPart || settle(groups);
    // Wait for the exposures of the current paint; a background page does not paint.
    document.hidden ? flush() : afterFrame(flush);
  };

  const open = () => {
    openOutbox(`${api}/notes`);
    keepDevice(device, cookie, cookieDomain);
    isKept = readDevice(cookie) === device;
    // Remember the consent for the next views.
    consent && keep(CONSENT, "1");
    renew();
  };

  const load = (name: string) =>
    import(/* webpackIgnore: true */ /* @vite-ignore */ `${api}/${name}`).catch(() => undefined);

  /** Counts nothing more, sends nothing that waits, and leaves what another page has begun anew. */
  const stop = () => {
    isAllowed = device = "";
    closeOutbox();
  };

  /** Stores an answer for the next view. */
  const store = (given: Groups, of: string) => {
    // The next view may be another account's.
    const text = JSON.stringify(storedGroups(device, given, of, Date.now()), (_, one) => one?.kept ?? one);
    isPreview = force && /"reason":"forced"/.test(text);
    // Open only if consent was not withdrawn meanwhile.
    url || isPreview || (isAllowed && open());
    keep("fairsplit", text);
  };

  /** Starts a page view, on each change of path; or decides again what had no account. */
  const see = async (again?: typeof AGAIN) => {
    const at = location.pathname;
    const isOther = path && path !== at;
    path = at;
    const by = account;
    if (!again) {
      beginView(isOther);
      tag.groups = groups;
      isFirst = false;
    }
    if (!isAllowed) return take({}, UNSAID);
    again || viewed();
    // The stored text may be missing or not ours. A server may have put the same text into the
    // page.
    safely(() => {
      const text = document.getElementById("fairsplit")?.textContent || (area.fairsplit as string);
      const [id, at, everywhere, of, onPath] = JSON.parse(text) as StoredGroups;
      const isHere = path === of;
      // Earlier tags store their time elsewhere.
      if (id === device && use !== "off" && Date.now() - at < DAY_MS)
        take({ ...everywhere, ...(isHere && onPath) }, 0, !isHere && onPath);
    });
    let given: Groups | undefined;
    try {
      setTimeout(() => at === path && take(groups, UNSAID), timeoutMs);
      const asked = { device_id: device, account_id: by || "", path, force: force || "", at: Date.now() };
      const response = await fetch(`${api}/groups?${new URLSearchParams(asked as never)}`);
      if (!response.ok) throw response.status;
      given = (await response.json()) as Groups;
      // An answer for another account decides nothing: the one named last is asked for, too.
      if (by && by !== account) return;
      store(given, at);
    } catch (error) {
      emit("error", error);
    }
    // Ignore the answer if the path has changed since.
    if (at === path) take(given || groups, given ? again || SAID : UNSAID);
    if (isPreview) load("badge.js");
  };

  const own: Partial<Fairsplit> = {
    consent(isGiven) {
      if (!isGiven) tag.forget();
      else if (!isAllowed) {
        isAllowed = true;
        // Another tab may have begun.
        device = readCookie(cookie) || device || random128();
        force || open();
        see();
      }
    },
    forget() {
      stop();
      clearStorage();
      forgetDevice(cookie, cookieDomain);
    },
    identify(id) {
      account = id;
      see(AGAIN);
    },
    render(root) {
      if (root) {
        watch(root);
        // Outside of a closed root, its clicks are its host's.
        if ((root as ShadowRoot).mode === "closed") root.addEventListener("click", clicked, true);
      }
      look();
    },
  };
  Object.assign(tag, own);

  startRendering(
    {
      look,
      onShown(key, assigned, isEmpty) {
        // Report only if the server answered: the admin sees mistyped or obsolete keys.
        if (!assigned) decided >= SAID && report("unknown_placeholder", key);
        else if (isEmpty) report("empty_variant", key);
        else if (!isPreview && assigned.state === "active" && assigned.value >= 0) {
          report("exposure", key);
          emit("exposure", { experiment: key, group: assigned.group });
          tellDataLayer(key, assigned);
        }
      },
    },
    observer,
    tag.shows,
    begunShown,
    begunExposed,
    tag.groups,
    begunDecided,
  );
  attend({ options, api, clicked, device: () => url && device });
  // A sandboxed frame throws: forced groups then hold for this page only.
  safely(() => {
    if (force != null) sessionStorage.fairsplit_force = force;
    force = sessionStorage.fairsplit_force;
  });
  takeWaiting(waiting, !begunDecided);
  for (const [key, isReported] of Object.entries(begunExposed))
    if (isReported) tellDataLayer(key, begunShown[key] as AssignedGroup);
  if (!device) tag.forget();
  else if (isToBegin) {
    if (!consent || safely(() => localStorage[CONSENT])) tag.consent(true);
    else see();
  } else if (isAllowed) {
    open();
    if (firstAnswer) store(firstAnswer, begunPath);
  }

  // Defer: the app renders the new page in the same task. In engines without the Navigation API the
  // document's changes are observed.
  window.navigation?.addEventListener("currententrychange", () => setTimeout(look));
  addEventListener("visibilitychange", flush);
  // Another tab has forgotten the visitor.
  addEventListener("storage", ({ key, newValue }) => /^fairsplit/.test(key as string) && !newValue && stop());
  // A page from the back/forward cache still shows its variants: only count the view. It has not
  // heard whether another page has forgotten the visitor meanwhile.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && isAllowed) isKept && readDevice(cookie) !== device ? stop() : viewed();
  });
  if (query.has("fairsplit_debug")) load("debug.js");
  tag.push(...calls);
  // The first part goes on with its lists.
  override(calls, "push", tag.push);
  // Keep nothing if consent was withdrawn meanwhile.
  override(waiting, "unshift", (...lines: string[]) => isAllowed && resend(lines));

  /** Takes what the first part was still waiting for. */
  const takeFirst: TakenOver[1] = (given, last) => {
    if (last === SAID) {
      if (isAllowed) store(given, begunPath);
      // Another account was named meanwhile, and is asked for.
      if (options.account && options.account !== account) return;
    }
    if (isFirst) take(given, last);
  };
  return [look, takeFirst, report, flush, expose];
};

/** Gives a list another method. Assigning it would throw on pages that freeze the prototypes. */
const override = (list: object, name: string, value: unknown) => Object.defineProperty(list, name, { value });

/** Tells the page's data layer of an exposure. */
function tellDataLayer(key: string, { group }: AssignedGroup): void {
  safely(() => window.dataLayer?.push({ event: "experiment_viewed", experiment_id: key, variation_id: group }));
}
