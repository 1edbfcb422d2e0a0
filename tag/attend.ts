import type { Clicked } from "./clicks.ts";
import { watchKeys } from "./keys.ts";
import { arrive } from "./redirect.ts";

let isAttended = false;

/**
 * Starts, once, what only some visits need: keyboard clicks on roles, and the arrival after a
 * redirect.
 */
export function attend(clicked: Clicked, resend: (events: readonly string[]) => void, cookieDomain?: string): void {
  if (isAttended) return;
  isAttended = true;
  watchKeys(clicked);
  arrive(resend, cookieDomain);
}
