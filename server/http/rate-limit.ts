import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Counts what each client does within a minute. */
export interface RateLimit {
  /** Counts one more; resolves to the seconds to wait when that is too many, else to null. */
  take(client: string): Promise<number | null>;
  /** Seconds to wait when there were too many already, else null; counts nothing. */
  blocked(client: string): Promise<number | null>;
}

/** The limits of one server, and how it knows its clients. */
export interface Limits {
  /** Posts to `/events`. */
  readonly events: RateLimit;
  /** Wrong admin tokens. */
  readonly logins: RateLimit;
  /** Proxies in front of the server whose X-Forwarded-For is to be believed. */
  readonly proxies: number;
}

/** Most per minute and client; 0 for no limit. */
export function rateLimit(mostPerMinute: number): RateLimit {
  if (mostPerMinute === 0) return { take: async () => null, blocked: async () => null };
  const limiter = new RateLimiterMemory({ points: mostPerMinute, duration: 60 });
  const seconds = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1000));
  return {
    async take(client) {
      try {
        await limiter.consume(client);
        return null;
      } catch (rejected) {
        if (rejected instanceof RateLimiterRes) return seconds(rejected);
        throw rejected;
      }
    },
    async blocked(client) {
      const soFar = await limiter.get(client);
      return soFar !== null && soFar.consumedPoints >= mostPerMinute ? seconds(soFar) : null;
    },
  };
}
