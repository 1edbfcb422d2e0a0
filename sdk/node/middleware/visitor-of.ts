import { randomBytes } from "node:crypto";
import type { Visitor } from "../unit.ts";
import type { InlineTagOptions } from "./inline-tag.ts";

export interface MiddlewareOptions {
  /** Name of the identity cookie, as the tag's `data-cookie`. */
  readonly cookie?: string;
  /** Domain whose subdomains share the cookie. */
  readonly cookieDomain?: string;
  /** ID of a logged-in account, as an opaque text. */
  readonly account?: (request: IncomingRequest) => string | null | undefined;
  /** Values of `ctx.NAME` in rules. */
  readonly ctx?: (request: IncomingRequest) => Visitor["ctx"];
  /** Whether the visitor agreed to be counted, where the site has to ask; true when left out. */
  readonly hasConsent?: (request: IncomingRequest) => boolean;
  /**
   * Puts the tag itself into each page, beside the groups: a first view then waits for no script.
   * The page leaves out its own `<script src="…/tag.js">`.
   */
  readonly inlineTag?: boolean | InlineTagOptions;
}

/** The parts of a request that every framework provides. */
export interface IncomingRequest {
  /** Absolute. */
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
}

/** A visitor, and the cookie to be set with the answer. */
export interface Identified {
  readonly visitor: Visitor;
  readonly setCookie: string | null;
}

const YEAR_S = 31_536_000;
/** A value of another form is of the site's own making. */
const FORM = /^[0-9a-f]{32}$/;

/**
 * Reads the device of a request as the tag does, and makes one where there is none. A visitor who
 * refused to be counted (Global Privacy Control, Do Not Track, no consent) has none.
 */
export function identify(
  request: IncomingRequest,
  { cookie = "fairsplit_id", cookieDomain, account, ctx, hasConsent = () => true }: MiddlewareOptions = {},
): Identified {
  const isRefused = request.header("sec-gpc") === "1" || request.header("dnt") === "1" || !hasConsent(request);
  const given = (request.header("cookie") ?? "")
    .split(/;\s*/)
    .map((pair) => pair.split("="))
    .find(([name, value = ""]) => name === cookie && FORM.test(value))?.[1];
  const deviceId = isRefused ? null : (given ?? randomBytes(16).toString("hex"));
  // Signed by the server, which looks at it.
  const force = request.url.searchParams.get("fairsplit_force") ?? undefined;
  const visitor: Visitor = {
    deviceId,
    accountId: account?.(request) ?? null,
    path: request.url.pathname,
    ctx: ctx?.(request),
    userAgent: request.header("user-agent"),
    language: request.header("accept-language"),
    ...(force ? { force } : {}),
  };
  if (deviceId === null) return { visitor, setCookie: null };
  const isSecure = request.url.protocol === "https:" || request.header("x-forwarded-proto") === "https";
  // The tag reads it, so it is not HttpOnly; every visit lets it live for another year.
  const setCookie =
    `${cookie}=${deviceId}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax` +
    `${cookieDomain ? `; Domain=${cookieDomain}` : ""}${isSecure ? "; Secure" : ""}`;
  return { visitor, setCookie };
}
