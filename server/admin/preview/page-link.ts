import { FORCE_PARAMETER } from "../../tokens/force.ts";

const MAX_CHARACTERS = 2000;
/** Stands for this server, whose own address is unknown here. */
const HERE = "http://here.invalid";

/** Text of errors about invalid page addresses. */
export const PAGE_ALLOWED = "the address of a page, which begins with https:// or http://";

/**
 * Parses a user-entered page URL; null when it is invalid, or its scheme is not http or https: it
 * becomes a link. In the demo a path is a page of this server.
 */
export function readPage(text: string, isDemo: boolean): URL | null {
  const base = isDemo && text.startsWith("/") ? HERE : undefined;
  if (text.length > MAX_CHARACTERS || !URL.canParse(text, base)) return null;
  const { href, protocol, username, password, pathname } = new URL(text, base);
  const isWeb = protocol === "https:" || protocol === "http:";
  // A path that begins with two slashes would link to another host.
  return isWeb && username + password === "" && !pathname.startsWith("//") ? new URL(href) : null;
}

/** The page's address with a token; the rest is unchanged. */
export function forceLink(page: URL, token: string): string {
  const { origin, pathname, search, hash } = page;
  const others = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && pair.split("=")[0] !== FORCE_PARAMETER);
  const query = [...others, `${FORCE_PARAMETER}=${token}`].join("&");
  return `${origin === HERE ? "" : origin}${pathname}?${query}${hash}`;
}
