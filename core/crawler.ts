import { isbot } from "isbot";

/**
 * HTTP libraries with which programs call the API on purpose. isbot lists them as scrapers, but a
 * scraper runs no script, so it never comes here.
 */
const PROGRAMS =
  /^(node|undici|node-fetch|axios|curl|python-requests|python-httpx|aiohttp|go-http-client|okhttp|java)\b/i;

/** Whether a user agent is that of a crawler. */
export function isCrawler(userAgent: string): boolean {
  return !PROGRAMS.test(userAgent) && isbot(userAgent);
}
