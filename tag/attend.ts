import type { Clicked } from "./clicks.ts";
import { watchKeys } from "./keys.ts";
import type { Options } from "./options.ts";
import { flush, resend, unsent } from "./outbox.ts";
import { optionOf } from "./placeholders.ts";
import { arrive, redirect } from "./redirect.ts";
import { renewCookie } from "./server-cookie.ts";

/** The tag's functions that its other part needs. */
interface Tag {
  readonly options: Options;
  /** Base URL of the server. */
  readonly api: string;
  readonly clicked: Clicked;
  /** The device now, if it may be kept: not before consent, nor once the visitor is forgotten. */
  readonly device: () => string | undefined;
}

let tag: Tag | undefined;

/**
 * Starts, once and before all else, what only some visits need: keyboard clicks on roles, and the
 * arrival after a redirect.
 */
export function attend(given: Tag): void {
  if (tag) return;
  tag = given;
  watchKeys(tag.clicked);
  arrive(resend, tag.options.cookieDomain);
  renew();
}

/**
 * Leaves for the page of the group, if the placeholder has one, see `redirect`. Returns whether it
 * does; before, it calls `expose`. Otherwise it calls `skip` if the exposure was reported on
 * another page, or `miss` if the group's page cannot be gone to.
 */
export function leave(
  placeholder: Element,
  experiment: string,
  group: string | undefined,
  expose: () => void,
  skip: () => void,
  miss: () => void,
): boolean {
  const list = optionOf(placeholder, "redirect");
  if (!list || !group) return false;
  let isLeaving = true;
  const show = (isReported: boolean, isMissed?: boolean) => {
    isLeaving = false;
    if (isReported) skip();
    else if (isMissed) miss();
  };
  redirect((tag as Tag).options.cookieDomain, flush, unsent, experiment, list, group, show, expose);
  return isLeaving;
}

/** Has the server renew the device's cookie, which the tag has just written. */
export function renew(): void {
  if (tag) renewCookie(tag.options, tag.api, tag.device);
}
