import { Hono } from "hono";
import { asset } from "../../http/asset.ts";
import type { Env } from "../../http/http.ts";

/** Kept by browsers and asked for again each time, so that pages and what they load are never of different versions. */
const HEADERS = {
  "cache-control": "no-cache",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/** `GET /admin.css` and `GET /admin.js`: what the admin's pages load. Open to everyone: the login page loads them, too. */
export function adminAssetRoutes({ adminCss, adminJs }: { readonly adminCss: string; readonly adminJs: string }) {
  return new Hono<Env>()
    .get("/admin.css", asset(adminCss, { ...HEADERS, "content-type": "text/css; charset=utf-8" }))
    .get("/admin.js", asset(adminJs, { ...HEADERS, "content-type": "text/javascript; charset=utf-8" }));
}
