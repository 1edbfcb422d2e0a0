import { Hono } from "hono";
import { asset } from "../../http/asset.ts";
import type { Env } from "../../http/http.ts";

/**
 * Cached by browsers and revalidated each time, so that pages and their assets are of the same
 * version.
 */
const HEADERS = {
  "cache-control": "no-cache",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/**
 * `GET /admin.css` and `GET /admin.js`: assets of the admin pages. Public: the login page loads
 * them, too.
 */
export function adminAssetRoutes({ adminCss, adminJs }: { readonly adminCss: string; readonly adminJs: string }) {
  return new Hono<Env>()
    .get("/admin.css", asset(adminCss, { ...HEADERS, "content-type": "text/css; charset=utf-8" }))
    .get("/admin.js", asset(adminJs, { ...HEADERS, "content-type": "text/javascript; charset=utf-8" }));
}
