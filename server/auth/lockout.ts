import type { RateLimit } from "../http/rate-limit.ts";
import { BoundedMap } from "../memory/bounded-map.ts";

/** Limits guesses of the admin's token. */
export interface Lockout {
  /**
   * Counts an address's attempt. Resolves to the seconds to wait after too many wrong ones, else to
   * null.
   *
   * A right token from a locked address is rejected too, or the lock would be useless. But an
   * address that gave the right one before is admitted with it: five wrong requests a minute from
   * behind the same proxy or NAT must not shut out the admin's programs. (Sessions and login links
   * are never locked.)
   */
  attempt(address: string, isRight: boolean): Promise<number | null>;
}

/** Remembered addresses of the admin; arbitrary. The least recently used one is evicted. */
const MAX_KNOWN_ADDRESSES = 1000;

export function lockout(wrong: RateLimit): Lockout {
  const known = new BoundedMap<string, true>(MAX_KNOWN_ADDRESSES);
  return {
    async attempt(address, isRight) {
      // Both calls count or look before they first await, so concurrent guesses cannot bypass it.
      if (!isRight) return wrong.take(address);
      const wait = known.has(address) ? null : await wrong.blocked(address);
      if (wait === null) known.set(address, true);
      return wait;
    },
  };
}
