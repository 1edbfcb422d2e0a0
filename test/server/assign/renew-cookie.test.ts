import { expect, test } from "vitest";
import { openApp } from "../rig/open-app.ts";

const ID = "0123456789abcdef0123456789abcdef";

async function renewed(query: string, headers: Record<string, string>) {
  const { app, stored } = await openApp();
  const response = await app.request(`/renew?${query}`, { method: "POST", headers });
  expect([response.status, await response.text()]).toEqual([204, ""]);
  expect(await stored()).toEqual([]);
  return response.headers.get("set-cookie");
}

test.each([
  ["of this host", "cookie=fairsplit_id&domain=", `a=b; fairsplit_id=${ID}`, `fairsplit_id=${ID}`, ""],
  ["under another name", "cookie=fairsplit-shop", `fairsplit-shop=${ID}`, `fairsplit-shop=${ID}`, ""],
  [
    "of a domain",
    "cookie=fairsplit_id&domain=example.com",
    `fairsplit_id=${ID}`,
    `fairsplit_id=${ID}`,
    "; Domain=example.com",
  ],
  [
    "beside a site's own of that name",
    "cookie=fairsplit_shop",
    `fairsplit_shop=their-own; fairsplit_shop=${ID}`,
    `fairsplit_shop=${ID}`,
    "",
  ],
])("POST /renew sets a device's cookie %s again for a year", async (_, query, cookie, pair, domain) => {
  const attributes = "; Path=/; Max-Age=31536000; SameSite=Lax";
  expect(await renewed(query, { cookie })).toBe(pair + attributes + domain);
  const origin = "https://www.example.com";
  expect(await renewed(query, { cookie, origin, "sec-fetch-site": "same-site" })).toBe(
    `${pair}${attributes}; Secure${domain}`,
  );
});

test.each<[what: string, query: string, headers: Record<string, string>]>([
  ["where the browser sends none", "cookie=fairsplit_id", {}],
  ["where the browser sends only another", "cookie=fairsplit_id", { cookie: `my_fairsplit_id=${ID}` }],
  ["where its value is the site's own", "cookie=fairsplit_id", { cookie: "fairsplit_id=customer-17" }],
  ["for a page of another site", "cookie=fairsplit_id", { "sec-fetch-site": "cross-site" }],
  ["under Global Privacy Control", "cookie=fairsplit_id", { "sec-gpc": "1" }],
  ["under Do Not Track", "cookie=fairsplit_id", { dnt: "1" }],
  ["without a name", "", { cookie: `fairsplit_id=${ID}; =${ID}` }],
  ["of a session, for all subdomains", "cookie=sid&domain=example.com", { cookie: `sid=${ID}` }],
  ["whose name would add a header", "cookie=a%0D%0Ab", { cookie: `a\tb=${ID}` }],
  ["whose domain would add an attribute", "cookie=fairsplit_id&domain=a.b%3B%20HttpOnly", {}],
])("POST /renew sets no cookie %s", async (_, query, headers) => {
  const cookie =
    headers.cookie === undefined && Object.keys(headers).length > 0 ? `fairsplit_id=${ID}` : headers.cookie;
  expect(await renewed(query, { ...headers, ...(cookie === undefined ? {} : { cookie }) })).toBeNull();
});
