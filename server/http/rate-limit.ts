import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Counts requests of each client per minute. */
export interface RateLimit {
  /** Counts one request; resolves to the seconds to wait when over the limit, else to null. */
  take(client: string): Promise<number | null>;
  /** Seconds to wait when the limit was reached before, else null; counts nothing. */
  blocked(client: string): Promise<number | null>;
}

/** Rate limits of a server, and how it identifies clients. */
export interface Limits {
  /** Posts to `/events`. */
  readonly events: RateLimit;
  /** Assignments recorded in the log. */
  readonly assignments: RateLimit;
  /** Evaluations by OFREP. */
  readonly evaluations: RateLimit;
  /** Wrong admin tokens. */
  readonly logins: RateLimit;
  /** Number of trusted proxies in front of the server. */
  readonly proxies: number;
}

/** A limit per minute and client; 0 for none. */
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
