import { type Context, Hono } from "hono";
import { type Env, header, PUBLIC_HEADERS } from "../http/http.ts";

const YEAR_S = 31_536_000;
/** Form of the tag's device IDs; see tag/identity.ts. */
const FORM = /^[0-9a-f]{32}$/;
/**
 * Not just any name: a page of a neighbouring subdomain could have a session's cookie set again for
 * the whole domain, where scripts may read it.
 */
const NAME = /^fairsplit[\w-]{0,90}$/;
/** Domains that cannot end the header or begin another attribute. */
const DOMAIN = /^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i;

/**
 * `POST /renew?cookie=fairsplit_id&domain=example.com`: sets the device's cookie again for 365
 * days, by a header, because Safari ends cookies set by scripts after 7 days. Sets only what the
 * browser sent: another site's page, whose requests lack this cookie, can give nobody a device.
 */
export function renewCookieRoutes() {
  return new Hono<Env>().post("/renew", (c) => {
    const headers = new Headers({ ...PUBLIC_HEADERS, "cache-control": "no-store" });
    const cookie = renewed(c);
    if (cookie !== undefined) headers.set("set-cookie", cookie);
    return new Response(null, { status: 204, headers });
  });
}

function renewed(c: Context<Env>): string | undefined {
  const name = c.req.query("cookie") ?? "";
  const domain = c.req.query("domain") ?? "";
  if (!NAME.test(name) || (domain !== "" && !DOMAIN.test(domain))) return;
  if (header(c, "sec-gpc") === "1" || header(c, "dnt") === "1" || header(c, "sec-fetch-site") === "cross-site") return;
  const id = valuesOf(header(c, "cookie") ?? "", name).find((value) => FORM.test(value));
  if (id === undefined) return;
  const attributes = [
    `${name}=${id}`,
    "Path=/",
    `Max-Age=${YEAR_S}`,
    "SameSite=Lax",
    // The page's scheme; a proxy may hide that of the request.
    ...(/^https:/.test(header(c, "origin") ?? "") ? ["Secure"] : []),
    ...(domain === "" ? [] : [`Domain=${domain}`]),
  ];
  return attributes.join("; ");
}

/** All values of a cookie name: paths and domains may have one each. */
function valuesOf(cookies: string, name: string): string[] {
  const pairs = cookies.split(/;\s*/).filter((pair) => pair.startsWith(`${name}=`));
  return pairs.map((pair) => pair.slice(name.length + 1));
}
