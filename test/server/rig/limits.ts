import { type Limits, rateLimit } from "../../../server/http/rate-limit.ts";

/** Limits of a server without proxies: any number of requests, except what is given. */
export const limitsOf = (given: Partial<Limits> = {}): Limits => ({
  events: rateLimit(0),
  assignments: rateLimit(0),
  evaluations: rateLimit(0),
  logins: rateLimit(0),
  proxies: 0,
  ...given,
});
