import type { Experiment } from "../core/experiment.ts";
import { hasGroup } from "../core/group.ts";
import type { Forces, ForceTokens } from "./force.ts";

/**
 * The groups that a request is to be shown, as far as there are such groups: an ordinary request has none.
 *
 * @param given the request's parameter `force`
 * @param now milliseconds
 */
export type ReadForces = (given: string | undefined, now: number) => Forces;

interface Deps {
  readonly forceTokens: ForceTokens;
  readonly registry: { get(key: string): Experiment | undefined };
  /** Then `key:group,key:group` needs no signature. */
  readonly isDemo: boolean;
}

const NONE: Forces = new Map();

export function forcedGroups({ forceTokens, registry, isDemo }: Deps): ReadForces {
  return (given, now) => {
    if (!given) return NONE;
    const forces = isDemo && given.includes(":") ? unsigned(given) : (forceTokens.read(given, now)?.forces ?? NONE);
    return new Map([...forces].filter(([key, group]) => hasGroup(registry.get(key)?.groups ?? [], group)));
  };
}

/** A key has no colon, a group's name may. */
function unsigned(text: string): Forces {
  return new Map(
    text.split(",").map((entry) => {
      const [key = "", ...group] = entry.split(":");
      return [key, group.join(":")];
    }),
  );
}
