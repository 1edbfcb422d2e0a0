import type { AssignedGroup } from "../core/http-contract.ts";
import { watchClicks } from "./clicks.ts";
import { deviceId } from "./device.ts";
import { keep } from "./keep.ts";
import { readOptions } from "./options.ts";
import { createOutbox, type Message } from "./outbox.ts";
import { renderPlaceholders } from "./placeholders.ts";
import { showVariant } from "./variant.ts";

/** The answer of `/api/expgroups`; `{}` when the server is off or cannot be reached. */
export type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

declare global {
  interface Document {
    /** Set by the first tag of a page, so that a second one does nothing: true, and later the groups that were decided. */
    fairsplitTag?: true | Groups;
  }
}

/** Everything the tag does on a page, in order. */
export function start(script: HTMLScriptElement | null): void {
  if (document.fairsplitTag) return;
  document.fairsplitTag = true;
  const { api, timeoutMs, cookieDomain, pageview } = readOptions(script);
  const device = deviceId(cookieDomain);
  const force = keep("sessionStorage", "fairsplit_force", new URLSearchParams(location.search).get("fairsplit_force"));
  // The server knows a preview by the token, too: events may have to go before the groups are there.
  const outbox = createOutbox(`${api}/events${force && `?force=${force}`}`, device);
  const path = location.pathname;
  /** Without a prototype, because experiments may be called `constructor`. */
  const shown = { __proto__: null } as unknown as Record<string, AssignedGroup | undefined>;
  let groups: Groups = shown;
  let sticky = "";
  let isDecided: boolean | undefined;
  let isReady: boolean | undefined;
  /** Known when the server has answered. */
  let isPreview: boolean | undefined;

  const report = (message: Message) => {
    const { group, epoch } = shown[message.experiment as string] ?? {};
    outbox.add({ ...message, group, epoch });
  };
  const render = () =>
    renderPlaceholders(
      (key) => isDecided || groups[key],
      (placeholder, key) => {
        const assigned = groups[key];
        showVariant(placeholder, assigned);
        if (key in shown) return;
        shown[key] = assigned;
        // When the server has answered: the admin is to learn of keys that are mistyped, or left over.
        if (!assigned && isPreview === false) report({ event: "no_experiment", experiment: key });
        if (isPreview || assigned?.state !== "active" || assigned.value < 0) return;
        report({ event: "exposure", experiment: key });
        emit("exposure", { experiment: key, group: assigned.group });
      },
    );
  /** What was shown stays: a variant that replaces another would flicker. */
  const take = (given: Groups) => {
    document.fairsplitTag = groups = { __proto__: null, ...given, ...shown } as unknown as Groups;
    render();
    outbox.open(isPreview);
    isReady ||= emit("ready", groups);
  };
  /** Whatever comes first decides, once: a variant that replaces a fallback would flicker. */
  const decide = (given = groups) => {
    if (isDecided) return;
    isDecided = true;
    take(given);
  };

  if (pageview) outbox.add({ event: "pageview" });
  watchClicks(report);
  try {
    const text = keep("localStorage", "fairsplit");
    const [id, token, stored, storedPath] = JSON.parse(text);
    if (id === device) {
      sticky = token;
      if (!force && (path === storedPath || !/"perPath"/.test(text))) take(stored);
    }
  } catch {
    // Nothing is stored, or nothing of ours.
  }
  render();
  new MutationObserver(render).observe(document, { childList: true, subtree: true });
  // Before DOMContentLoaded, which waits for scripts, and so before the page is painted.
  document.addEventListener("readystatechange", render);
  setTimeout(decide, timeoutMs);

  fetch(`${api}/api/expgroups?${new URLSearchParams({ device_id: device, path, sticky, force })}`, {
    credentials: "omit",
  })
    .then(async (response) => {
      if (!response.ok) throw 0;
      const fresh = await response.json();
      const text = JSON.stringify([device, response.headers.get("fairsplit-sticky") ?? sticky, fresh, path]);
      // A preview is no visit, so nothing of it is reported or stored. Only who brought a token gets one: a page that pinned
      // the tag by its hash is not to load another script because a server says so.
      isPreview = !!force && /"reason":"forced"/.test(text);
      if (!isPreview) keep("localStorage", "fairsplit", text);
      decide(fresh);
      if (isPreview) import(`${api}/badge.js`);
    })
    .catch(() => decide());
}

function emit(name: "ready" | "exposure", detail: unknown): boolean {
  return document.dispatchEvent(new CustomEvent(`fairsplit:${name}`, { detail }));
}
