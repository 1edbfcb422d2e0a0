import { FORCE_PARAMETER } from "../../tokens/force.ts";

const MAX_CHARACTERS = 2000;
/** Stands for this server, whose own address it does not know. */
const HERE = "http://here.invalid";

/** What an error says of an address that is no page's. */
export const PAGE_ALLOWED = "the address of a page, which begins with https:// or http://";

/**
 * The page that a person's text is the address of; null when it is none, and of any scheme but http and https: it becomes a
 * link. In the demo a path is a page of this server.
 */
export function readPage(text: string, isDemo: boolean): URL | null {
  const base = isDemo && text.startsWith("/") ? HERE : undefined;
  if (text.length > MAX_CHARACTERS || !URL.canParse(text, base)) return null;
  const { href, protocol, username, password, pathname } = new URL(text, base);
  const isWeb = protocol === "https:" || protocol === "http:";
  // A path of two slashes would be another host as a link.
  return isWeb && username + password === "" && !pathname.startsWith("//") ? new URL(href) : null;
}

/** The page's address with a token; the rest of it stays as it was written. */
export function forceLink(page: URL, token: string): string {
  const { origin, pathname, search, hash } = page;
  const others = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && pair.split("=")[0] !== FORCE_PARAMETER);
  const query = [...others, `${FORCE_PARAMETER}=${token}`].join("&");
  return `${origin === HERE ? "" : origin}${pathname}?${query}${hash}`;
}
