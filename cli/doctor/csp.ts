/** Whether a policy lets a page use a URL; `unknown` if a nonce or a hash decides. */
export type Permission = "allowed" | "forbidden" | "unknown";

/**
 * Matches a URL against a Content-Security-Policy, like browsers do for hosts, schemes, `'self'`
 * and `*` (CSP level 3, section 6.7.2).
 *
 * @param policies one or more policies, each of which must allow it
 */
export function permission(
  policies: readonly string[],
  directive: "script-src" | "connect-src",
  address: URL,
  page: URL,
): Permission {
  const each = policies.map((policy) => ofPolicy(policy, directive, address, page));
  return each.includes("forbidden") ? "forbidden" : each.includes("unknown") ? "unknown" : "allowed";
}

function ofPolicy(policy: string, directive: string, address: URL, page: URL): Permission {
  const directives = new Map<string, string[]>();
  for (const part of policy.split(";")) {
    const [name = "", ...sources] = part.trim().split(/\s+/);
    if (name !== "" && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources);
  }
  const names =
    directive === "script-src" ? ["script-src-elem", "script-src", "default-src"] : [directive, "default-src"];
  const sources = names.map((name) => directives.get(name)).find((list) => list !== undefined);
  if (sources === undefined) return "allowed";
  const isStrict = directive === "script-src" && sources.some((source) => /^'strict-dynamic'$/i.test(source));
  if (!isStrict && sources.some((source) => matches(source, address, page))) return "allowed";
  return directive === "script-src" && sources.some((source) => /^'(nonce|sha\d+)-/i.test(source))
    ? "unknown"
    : "forbidden";
}

function matches(source: string, address: URL, page: URL): boolean {
  if (source === "*") return /^https?:$/.test(address.protocol) || address.protocol === page.protocol;
  if (/^'self'$/i.test(source)) return address.origin === page.origin;
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return fits(address.protocol, source.toLowerCase());
  const [, scheme, host = "", port, path = ""] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[^:/]+)(?::(\d+|\*))?(\/.*)?$/i.exec(source) ?? [];
  if (host === "" || !fits(address.protocol, `${scheme?.toLowerCase() ?? page.protocol.slice(0, -1)}:`)) return false;
  const name = host.toLowerCase();
  const isHost =
    name === "*" || (name.startsWith("*.") ? address.hostname.endsWith(name.slice(1)) : address.hostname === name);
  const usual = address.protocol === "https:" ? "443" : "80";
  const isPort = port === "*" || (address.port || usual) === (port ?? usual);
  const isPath =
    path === "" || path === "/" || (path.endsWith("/") ? address.pathname.startsWith(path) : address.pathname === path);
  return isHost && isPort && isPath;
}

/** http in a policy allows https too. */
function fits(protocol: string, allowed: string): boolean {
  return protocol === allowed || (allowed === "http:" && protocol === "https:");
}
