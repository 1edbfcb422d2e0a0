import type { Clicked } from "./clicks.ts";
import { watchKeys } from "./keys.ts";
import { arrive } from "./redirect.ts";

let isAttended = false;

/**
 * Watches over what only some visits need, once: roles that the keyboard clicks, and what a
 * redirect left for this page.
 */
export function attend(clicked: Clicked, resend: (events: readonly string[]) => void, cookieDomain?: string): void {
  if (isAttended) return;
  isAttended = true;
  watchKeys(clicked);
  arrive(resend, cookieDomain);
}
