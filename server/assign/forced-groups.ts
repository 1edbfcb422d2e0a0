import { hasGroup } from "../../core/group.ts";
import type { Registry } from "../registry/registry.ts";
import type { Forces, ForceTokens } from "../tokens/force.ts";

/**
 * The groups that a request is to be shown, as far as there are such groups: an ordinary request
 * has none, and nobody has any while everything is switched off.
 *
 * @param given the request's parameter `force`
 * @param now milliseconds
 */
export type ReadForces = (given: string | undefined, now: number) => Forces;

export interface ForceDeps {
  readonly forceTokens: ForceTokens;
  readonly registry: Pick<Registry, "get" | "settings">;
  /** Null in the demo: there `key:group,key:group` needs no signature. */
  readonly adminToken: string | null;
}

const NONE: Forces = new Map();

export function forcedGroups({ forceTokens, registry, adminToken }: ForceDeps): ReadForces {
  return (given, now) => {
    if (!given || !registry.settings().enabled) return NONE;
    const isUnsigned = adminToken === null && given.includes(":");
    const forces = isUnsigned ? unsigned(given) : (forceTokens.read(given, now)?.forces ?? NONE);
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
