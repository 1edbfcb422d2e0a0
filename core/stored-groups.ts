import type { AssignedGroup } from "./http-contract.ts";

type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/**
 * Groups of a device, as the tag keeps them for its next view and a server puts them into a page.
 */
export type StoredGroups = readonly [
  deviceId: string,
  /** Time in milliseconds. */
  at: number,
  /** Groups that hold for every page. */
  everywhere: Groups,
  path: string,
  /** Groups that hold for `path` only; null in JSON if there are none. */
  onPath: Groups | undefined,
];

export function storedGroups(deviceId: string, groups: Groups, path: string, at: number): StoredGroups {
  // Without prototype: an experiment may be called `__proto__`.
  const empty = () => ({ __proto__: null }) as unknown as Record<string, AssignedGroup | undefined>;
  const [everywhere, onPath] = [empty(), empty()];
  let hasOnPath: true | undefined;
  for (const [key, one] of Object.entries(groups)) {
    hasOnPath ||= one?.perPath;
    (one?.perPath ? onPath : everywhere)[key] = one;
  }
  return [deviceId, at, everywhere, path, hasOnPath && onPath];
}
