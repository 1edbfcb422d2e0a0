import type { AssignedGroup } from "../core/http-contract.ts";
import { watchClicks } from "./clicks.ts";
import { deviceId } from "./device.ts";
import { readOptions } from "./options.ts";
import { createOutbox } from "./outbox.ts";
import { type Groups, renderPlaceholders } from "./placeholders.ts";
import { stickyToken } from "./sticky.ts";

declare global {
  interface Document {
    /** Set by the first tag of a page, so that a second one does nothing. */
    fairsplitTag?: true;
  }
}

/** Everything the tag does on a page, in order. */
export function start(script: HTMLScriptElement | null): void {
  if (document.fairsplitTag) return;
  document.fairsplitTag = true;
  const { api, timeoutMs, cookieDomain, pageview } = readOptions(script);
  const device = deviceId(cookieDomain);
  const outbox = createOutbox(api, device);
  const shown = new Map<string, AssignedGroup | undefined>();

  let decide: ((groups: Groups) => void) | undefined = (groups) => {
    decide = undefined;
    renderPlaceholders(groups, (key, assigned) => {
      if (shown.has(key)) return;
      shown.set(key, assigned);
      if (assigned?.state !== "active" || assigned.value < 0) return;
      const { group, epoch } = assigned;
      outbox.add({ event: "exposure", experiment: key, group, epoch });
      emit("exposure", { experiment: key, group });
    });
    outbox.open();
    emit("ready", groups);
  };

  if (pageview) outbox.add({ event: "pageview" });
  watchClicks((message) => {
    const assigned = shown.get(message.experiment ?? "");
    outbox.add({ ...message, group: assigned?.group, epoch: assigned?.epoch });
  });

  // Whatever comes first decides, once: a variant that replaces a fallback would flicker.
  setTimeout(() => decide?.({}), timeoutMs);
  const query = new URLSearchParams({ device_id: device, path: location.pathname, sticky: stickyToken() });
  fetch(`${api}/api/expgroups?${query}`, { credentials: "omit" })
    .then((response) => {
      stickyToken(response.headers.get("fairsplit-sticky"));
      return response.ok ? response.json() : {};
    })
    .then(
      (groups: Groups | null) => decide?.(groups ?? {}),
      () => decide?.({}),
    )
    .catch(() => undefined);
}

function emit(name: "ready" | "exposure", detail: unknown): void {
  document.dispatchEvent(new CustomEvent(`fairsplit:${name}`, { detail }));
}
