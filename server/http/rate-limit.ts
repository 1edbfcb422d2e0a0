import type { Context } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { type Env, type HeaderOf, headersOf } from "./http.ts";

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

/**
 * Whom a request is counted for. Behind `proxies` trusted proxies it is the address that the outermost of them saw: what
 * stands further left in X-Forwarded-For, anyone can write. Of an IPv6 address the network of one customer counts (/64).
 */
export function clientAddress(c: Context<Env>, proxies: number): string {
  return clientBehind(ownAddress(c), headersOf(c), proxies);
}

/** The address of the other end of a request's connection. */
export function ownAddress(c: Context<Env>): string {
  return c.env?.incoming?.socket?.remoteAddress ?? "";
}

/** The same for a connection's other end and a request's headers. */
export function clientBehind(own: string, header: HeaderOf, proxies: number): string {
  const forwarded = proxies === 0 ? [] : (header("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
  const address = forwarded.at(-proxies) || own;
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [left = "", right] = address.split("::");
  const groups = left === "" ? [] : left.split(":");
  if (right === undefined) return groups.slice(0, 4).join(":");
  const zeros = Array(Math.max(0, 8 - groups.length - right.split(":").length)).fill("0");
  return [...groups, ...zeros, ...right.split(":")].slice(0, 4).join(":");
}
