import type { Context } from "hono";
import type { Env } from "../http/http.ts";

const contentSecurityPolicy = ({ styles, images }: { styles: string; images: string }) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    `img-src ${images}`,
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

const STRICT = contentSecurityPolicy({ styles: "'self'", images: "'self' data:" });
/**
 * A sandboxed `srcdoc` frame inherits its page's policy (seen in Chromium 156), and variants
 * contain styles and pictures of their site.
 */
const WITH_PREVIEWS = contentSecurityPolicy({
  styles: "'self' 'unsafe-inline'",
  images: "'self' data: https: http:",
});

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With no-referrer, forms of our own pages would send `Origin: null`.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Sets the headers of everything that only an admin sees. A page's own content security policy is
 * kept.
 */
export function setAdminHeaders(c: Context<Env>): void {
  const { headers } = c.res;
  headers.delete("access-control-allow-origin");
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (headers.has("content-security-policy")) return;
  headers.set("content-security-policy", STRICT);
  headers.set("x-frame-options", "DENY");
}

/**
 * Lets a page show variants: allows inline styles and foreign pictures, but no additional scripts.
 */
export function allowPreviews(c: Context): void {
  c.header("content-security-policy", WITH_PREVIEWS);
  c.header("x-frame-options", "DENY");
}
