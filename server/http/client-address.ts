import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { type Env, type HeaderOf, headersOf } from "./http.ts";

/**
 * Characters of a forwarding header that are read (arbitrary), from its end, where proxies append.
 */
const MAX_HEADER_LENGTH = 4096;

/**
 * Address of the client that a request counts for. Behind `proxies` trusted proxies it is the
 * address that the outermost of them saw: anyone can write entries further left. An IPv6 address
 * counts by its network of one customer (/64).
 */
export function clientAddress(c: Context<Env>, proxies: number): string {
  return clientBehind(ownAddress(c), headersOf(c), proxies);
}

/** Address of the connection's other end. */
export function ownAddress(c: Context<Env>): string {
  return c.env?.incoming?.socket?.remoteAddress ?? "";
}

/**
 * The same for a connection's other end and a request's headers. An entry that is not an address
 * counts as the connection's.
 */
export function clientBehind(own: string, header: HeaderOf, proxies: number): string {
  const entry = proxies === 0 ? undefined : forwardedEntry(header, proxies);
  return networkOf((entry === undefined ? null : addressOf(entry)) ?? own);
}

/**
 * Entry that the outermost of some proxies appended: of X-Forwarded-For, or else `for` of RFC
 * 7239's Forwarded. Those further left are anybody's, and not even read.
 */
function forwardedEntry(header: HeaderOf, proxies: number): string | undefined {
  const listed = header("x-forwarded-for")?.slice(-MAX_HEADER_LENGTH);
  if (listed !== undefined && listed.trim() !== "") return listed.split(",").at(-proxies)?.trim();
  const forwarded = header("forwarded")?.slice(-MAX_HEADER_LENGTH) ?? "";
  const element = forwarded.trim() === "" ? undefined : elementsOf(forwarded).at(-proxies);
  return element === undefined ? undefined : forOf(element);
}

/**
 * Elements of a Forwarded header, read from its end: a client may have sent its beginning with a
 * quote too few, and a proxy quotes the client's Host, which may have commas.
 */
function elementsOf(header: string): string[] {
  const elements: string[] = [];
  let end = header.length;
  let isQuoted = false;
  for (let at = end - 1; at >= 0; at -= 1) {
    if (header[at] === '"') isQuoted = !isQuoted;
    if (header[at] !== "," || isQuoted) continue;
    elements.unshift(header.slice(at + 1, end));
    end = at;
  }
  return [header.slice(0, end), ...elements];
}

/** The parameter `for` of an element; empty if there is none. */
function forOf(element: string): string {
  // Begins at the start of a name: a try at each of its characters would take the square of time.
  for (const [, name = "", quoted, token] of element.matchAll(
    /(?<![^=;\s"])([^=;\s"]+)\s*=\s*(?:"([^"]*)"|([^;"]*))/g,
  )) {
    if (name.toLowerCase() === "for") return quoted ?? token?.trim() ?? "";
  }
  return "";
}

/**
 * Address of an entry, which may have a port, brackets or a zone; null for a token such as
 * `unknown`.
 */
function addressOf(entry: string): string | null {
  const [, bracketed, v4, bare] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?|(.+))$/.exec(entry) ?? [];
  const text = (bracketed ?? v4 ?? bare ?? "").replace(/%.*$/, "");
  return ipaddr.isValid(text) && (text.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(text)) ? text : null;
}

/** The whole of an IPv4 address, also as IPv6 writes it; the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  if (/^::ffff:[\d.]+$/.test(address)) return address.slice("::ffff:".length);
  const text = address.replace(/%.*$/, "");
  if (!ipaddr.IPv6.isValid(text)) return address;
  const parsed = ipaddr.IPv6.parse(text);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":");
}
