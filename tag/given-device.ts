import type { AssignedGroup } from "../core/http-contract.ts";
import { keepDevice, readCookie, readDevice } from "./identity.ts";
import type { Options } from "./options.ts";
import { isRefused } from "./refusal.ts";
import type { Fairsplit } from "./start.ts";

declare global {
  interface Window {
    /** JSON of a GivenDevice. */
    fairsplitGiven?: string;
  }
}

/** A device that the server made for a visitor who has none. */
interface GivenDevice {
  readonly id: string;
  readonly groups: Readonly<Record<string, AssignedGroup>>;
  /** Of the page that they are for, as far as the server knows. */
  readonly path?: string;
  /** When it was made, in milliseconds. */
  readonly at: number;
}

/**
 * A cache that disregards what the answer says would give one device to many: after this long it is
 * nobody's. Arbitrary.
 */
const FRESH_MS = 10_000;

/**
 * Makes the first view as good as the next ones: takes a given device with its groups, so that the
 * tag finds the cookie and the groups as it left them on an earlier view. Does nothing where the
 * tag would keep nothing, or where there is a device.
 *
 * @param given JSON of a GivenDevice
 * @param source where the script that brought it came from
 */
export function takeDevice(
  given: string | undefined,
  { consent, cookie, cookieDomain }: Options,
  source: string,
): void {
  // In a preview nothing is kept; a page with two tags has one that is in charge.
  const isPreview = /[?&]fairsplit_force/.test(location.search) || sessionStorage.fairsplit_force;
  const isStarted = (window.fairsplit as Partial<Fairsplit> | undefined)?.ready;
  // One that is rendered ahead of a visit has no visitor yet.
  const isAhead = (document as { prerendering?: boolean }).prerendering;
  if (!given || isPreview || isStarted || consent || isRefused() || isAhead || readDevice(cookie)) return;
  // A copy from the browser's cache has the device of an earlier view, which the visitor may have
  // had forgotten since.
  const loaded = performance.getEntriesByName(source).at(-1) as PerformanceResourceTiming | undefined;
  if (!loaded?.transferSize) return;
  const { id, groups, path, at } = JSON.parse(given) as GivenDevice;
  if (Math.abs(Date.now() - at) > FRESH_MS) return;
  keepDevice(id, cookie, cookieDomain);
  if (readCookie(cookie) !== id) return;
  const known = Object.entries(groups).filter(([, { perPath }]) => !perPath || path === location.pathname);
  // As the tag keeps them, see start.ts.
  localStorage.fairsplit = JSON.stringify([id, "", Object.fromEntries(known), location.pathname, Date.now()]);
}
