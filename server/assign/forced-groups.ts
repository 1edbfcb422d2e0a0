import { hasGroup } from "../../core/group.ts";
import type { Registry } from "../registry/registry.ts";
import type { Forces, ForceTokens } from "../tokens/force.ts";

/**
 * The forced groups of a request, as far as they exist: none for an ordinary request, and none
 * while the global switch is off.
 *
 * @param given the request's parameter `force`
 * @param now milliseconds
 */
export type ReadForces = (given: string | undefined, now: number) => Forces;

export interface ForceDeps {
  readonly forceTokens: ForceTokens;
  readonly registry: Pick<Registry, "get" | "settings">;
  /** Null in the demo, where `key:group,key:group` needs no signature. */
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

/** Split at the first colon: a key has none, but a group's name may. */
function unsigned(text: string): Forces {
  return new Map(
    text.split(",").map((entry) => {
      const [key = "", ...group] = entry.split(":");
      return [key, group.join(":")];
    }),
  );
}
