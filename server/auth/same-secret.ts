import { createHash, timingSafeEqual } from "node:crypto";

/** Whether somebody knows a secret; how long the answer takes says nothing about either text. */
export function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(secret).digest());
}
