import type { Client } from "../client.ts";
import type { MiddlewareOptions } from "./visitor-of.ts";

export interface InlineTagOptions {
  /** URL of the server as browsers reach it; `baseUrl` of the client when left out. */
  readonly api?: string;
  /** The tag's options as on its script, without `data-`, such as `{ consent: "required" }`. */
  readonly data?: Readonly<Record<string, string>>;
}

/** The element of the tag, for a page whose Content Security Policy is given; empty for none. */
export type TagElement = (policy?: string | null) => string;

/** Directives of a policy that decide about inline scripts. */
const SCRIPTS = /(?:^|[;,])\s*(?:script-src|script-src-elem|default-src)\s/i;
const NONCE = /'nonce-([A-Za-z0-9+/_=-]+)'/;

/**
 * The tag as an inline script, so that a first view waits for no script. Pages whose policy forbids
 * inline scripts, and all pages while the source cannot be had, get it as a script of its own.
 */
export async function tagElement(
  client: Pick<Client, "baseUrl" | "tag">,
  { cookie, cookieDomain, inlineTag }: MiddlewareOptions = {},
): Promise<TagElement> {
  if (!inlineTag) return () => "";
  const { api = client.baseUrl, data = {} } = inlineTag === true ? {} : inlineTag;
  const options = {
    api,
    ...(cookie ? { cookie } : {}),
    ...(cookieDomain ? { "cookie-domain": cookieDomain } : {}),
    ...data,
  };
  const attributes = Object.entries(options).map(([name, value]) => attribute(`data-${name}`, value));
  const source = await client.tag();
  return (policy) => {
    const nonce = NONCE.exec(policy ?? "")?.[1];
    const isAllowed = nonce !== undefined || !SCRIPTS.test(policy ?? "") || /'unsafe-inline'/i.test(policy ?? "");
    const own = [...attributes, ...(nonce ? [attribute("nonce", nonce)] : [])].join("");
    return source !== null && isAllowed
      ? `<script${own}>${source}</script>`
      : `<script async${attribute("src", `${api.replace(/\/+$/, "")}/tag.js`)}${own}></script>`;
  };
}

function attribute(name: string, value: string): string {
  return ` ${name}="${value.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
}
