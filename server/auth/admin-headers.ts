import type { Context } from "hono";
import type { Env } from "../http.ts";

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  // A sandboxed srcdoc frame needs no word here, but takes this policy over (so no inline style, in Chromium 156). A
  // preview with styles of its own is a route whose own policy has `sandbox` and `frame-ancestors 'self'`.
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Not no-referrer: with that, forms of our own pages would come with `Origin: null`.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/** Sets the headers of everything that only an admin sees. A page that has a content security policy of its own keeps it. */
export function setAdminHeaders(c: Context<Env>): void {
  const { headers } = c.res;
  headers.delete("access-control-allow-origin");
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (headers.has("content-security-policy")) return;
  headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
  headers.set("x-frame-options", "DENY");
}
