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
 * A sandboxed frame made of `srcdoc` takes its page's policy over (seen in Chromium 156), and what
 * a group shows has styles and pictures of its site.
 */
const WITH_PREVIEWS = contentSecurityPolicy({
  styles: "'self' 'unsafe-inline'",
  images: "'self' data: https: http:",
});

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Not no-referrer: with that, forms of our own pages would come with `Origin: null`.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Sets the headers of everything that only an admin sees. A page that has a content security policy
 * of its own keeps it.
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
 * Lets a page show what groups look like: inline styles and foreign pictures, and no more scripts
 * than any other.
 */
export function allowPreviews(c: Context): void {
  c.header("content-security-policy", WITH_PREVIEWS);
  c.header("x-frame-options", "DENY");
}
