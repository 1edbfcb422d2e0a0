import type { RateLimit } from "../http/rate-limit.ts";
import { BoundedMap } from "../memory/bounded-map.ts";

/** Stops guesses of the admin's token. */
export interface Lockout {
  /**
   * Counts what an address gave. Resolves to the seconds to wait when it gave too many wrong ones,
   * else to null.
   *
   * A right token from a locked address is rejected too, or the lock would stop nobody. But an
   * address that gave the right one before is let in with it: five wrong requests a minute from
   * behind the same proxy or NAT must not shut out the admin's programs. (Sessions and login links
   * are never locked.)
   */
  attempt(address: string, isRight: boolean): Promise<number | null>;
}

/**
 * Arbitrary: addresses of the admin that are remembered; the one that was last used longest ago
 * gives way.
 */
const MAX_KNOWN_ADDRESSES = 1000;

export function lockout(wrong: RateLimit): Lockout {
  const known = new BoundedMap<string, true>(MAX_KNOWN_ADDRESSES);
  return {
    async attempt(address, isRight) {
      // Both calls count or look before they first wait, so guesses sent at once are no way around.
      if (!isRight) return wrong.take(address);
      const wait = known.has(address) ? null : await wrong.blocked(address);
      if (wait === null) known.set(address, true);
      return wait;
    },
  };
}
