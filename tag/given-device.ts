import type { AssignedGroup } from "../core/http-contract.ts";
import { storedGroups } from "../core/stored-groups.ts";
import type { Fairsplit } from "./fairsplit.ts";
import { changeCookie, readCookie, readDevice } from "./identity.ts";
import type { Options } from "./options.ts";
import { isTrackingRejected } from "./tracking-rejection.ts";

declare global {
  interface Window {
    /** JSON of a GivenDevice. */
    fairsplitGiven?: string;
  }
}

/** A device that the server created for a visitor without one. */
interface GivenDevice {
  readonly id: string;
  readonly groups: Readonly<Record<string, AssignedGroup>>;
  /** Path of the page of these groups, as far as the server knows. */
  readonly path?: string;
  /** Time of creation in milliseconds. */
  readonly at: number;
}

/**
 * Maximum age of a given device: a cache that ignores the response headers would give one device to
 * many visitors. Arbitrary.
 */
const FRESH_MS = 10_000;

/**
 * Stores a given device with its groups, so that the tag finds the cookie and the groups as on
 * later views. Does nothing if the tag would store nothing, or if there is a device already.
 *
 * @param given JSON of a GivenDevice
 * @param source URL of the script that contained it
 */
export function takeDevice(given: string | undefined, options: Options, source: string): void {
  const { consent, cookie } = options;
  // A preview stores nothing; on a page with two tags the first one is in charge.
  const isPreview = /[?&]fairsplit_force/.test(location.search) || sessionStorage.fairsplit_force;
  const isStarted = (window.fairsplit as Partial<Fairsplit> | undefined)?.ready;
  // A prerendered page has no visitor yet.
  const isAhead = (document as { prerendering?: boolean }).prerendering;
  if (!given || isPreview || isStarted || consent || isTrackingRejected() || isAhead || readDevice(cookie)) return;
  // A copy from the browser's cache has the device of an earlier view, which the visitor may have
  // deleted since.
  const loaded = performance.getEntriesByName(source).at(-1) as PerformanceResourceTiming | undefined;
  if (!loaded?.transferSize) return;
  const { id, groups, path, at } = JSON.parse(given) as GivenDevice;
  if (Math.abs(Date.now() - at) > FRESH_MS) return;
  changeCookie("", id, options);
  if (readCookie(cookie) !== id) return;
  localStorage.fairsplit = JSON.stringify(storedGroups(id, groups, path ?? "", Date.now()));
}
