import type { AssignedGroup } from "../core/http-contract.ts";
import { watchClicks } from "./clicks.ts";
import { deviceId } from "./device.ts";
import { keep } from "./keep.ts";
import { readOptions } from "./options.ts";
import { createOutbox } from "./outbox.ts";
import { type Groups, renderPlaceholders } from "./placeholders.ts";

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
  const shown = new Map<string, AssignedGroup | undefined>();

  let decide: ((groups: Groups) => unknown) | undefined = (groups) => {
    decide = undefined;
    // A preview is no visit, so nothing of it is reported. Only who brought a token gets one: a page that pinned the tag by
    // its hash is not to load another script because a server says so.
    const isPreview = Object.values(groups).some((assigned) => force && assigned?.reason === "forced");
    renderPlaceholders(groups, (key, assigned) => {
      if (shown.has(key)) return;
      shown.set(key, assigned);
      // Where groups were decided at all: the admin is to learn of keys that are mistyped, or left over.
      if (!assigned && Object.keys(groups)[0]) outbox.add({ event: "unknown_placeholder", experiment: key });
      if (isPreview || assigned?.state !== "active" || assigned.value < 0) return;
      const { group, epoch } = assigned;
      outbox.add({ event: "exposure", experiment: key, group, epoch });
      emit("exposure", { experiment: key, group });
    });
    document.fairsplitTag = groups;
    emit("ready", groups);
    outbox.open(isPreview);
    return isPreview && import(`${api}/badge.js`);
  };

  if (pageview) outbox.add({ event: "pageview" });
  watchClicks((message) => {
    const assigned = shown.get(message.experiment ?? "");
    outbox.add({ ...message, group: assigned?.group, epoch: assigned?.epoch });
  });

  // Whatever comes first decides, once: a variant that replaces a fallback would flicker.
  setTimeout(() => decide?.({}), timeoutMs);
  const query = new URLSearchParams({
    device_id: device,
    path: location.pathname,
    sticky: keep("localStorage", "fairsplit_sticky"),
    force,
  });
  fetch(`${api}/api/expgroups?${query}`, { credentials: "omit" })
    .then((response) => {
      keep("localStorage", "fairsplit_sticky", response.headers.get("fairsplit-sticky"));
      return response.ok ? response.json() : {};
    })
    .catch(() => undefined)
    .then((groups: Groups | null | undefined) => decide?.(groups ?? {}))
    .catch(() => undefined);
}

function emit(name: "ready" | "exposure", detail: unknown): void {
  document.dispatchEvent(new CustomEvent(`fairsplit:${name}`, { detail }));
}
