import type { Context, MiddlewareHandler } from "hono";
import { errorResponse, wantsPage } from "../admin/ui/error-response.tsx";
import { BodyRejected } from "../http/body.ts";
import { clientAddress } from "../http/client-address.ts";
import { MAX_FORM_BYTES, readForm } from "../http/form.ts";
import { type Env, header, problem } from "../http/http.ts";
import { isSameSecret } from "../tokens/same-secret.ts";
import { setAdminHeaders } from "./admin-headers.ts";
import type { Lockout } from "./lockout.ts";
import type { NamedToken, NamedTokens } from "./named-tokens.ts";
import { isForLoopback, isFromAnotherSite } from "./origin.ts";
import { requiredRole } from "./required-role.ts";
import { type Role, suffices } from "./roles.ts";
import { type Reach, readSessionCookie } from "./session-cookie.ts";
import type { Sessions } from "./sessions.ts";

export interface Access extends Reach {
  /** The admin's token; null admits every request, as the demo does on loopback. */
  readonly token: string | null;
  /** Tokens of others, with their roles. */
  readonly tokens: Pick<NamedTokens, "find" | "withHash">;
  readonly sessions: Sessions;
  readonly lockout: Lockout;
}

const FORM = "application/x-www-form-urlencoded";
/** Placeholder for the session that the demo lacks. */
const DEMO_SESSION = "demo";

/**
 * Guards everything that needs a role. It admits the bearer of a token, a logged-in browser, and in
 * the demo any request addressed to a loopback name, if the role suffices for the route; writes
 * must not come from another site's page, and those of a session must carry its CSRF token (form
 * field `csrf` or header `X-CSRF-Token`). Sets `actor`, `role`, `isDemo`, `csrf` and `isStillIn`
 * for handlers.
 */
export function adminGuard(access: Access): MiddlewareHandler<Env> {
  return async (c, next) => {
    const denied = await denial(c, access);
    if (denied) c.res = denied;
    else await next();
    setAdminHeaders(c);
  };
}

async function denial(c: Context<Env>, access: Access): Promise<Response | null> {
  const caller = await identify(c, access);
  if (caller instanceof Response) return caller;
  if (c.req.method !== "GET" && c.req.method !== "HEAD") {
    if (isFromAnotherSite(c, access.baseUrl)) {
      return errorResponse(c, 403, "Forbidden", "a write from another site's page is not allowed");
    }
    const denied = await csrfError(c, access, caller);
    if (denied) return denied;
  }
  const needed = requiredRole(c.req.method, c.req.path);
  if (!suffices(caller.role, needed)) {
    const detail = `this needs the role ${needed}; “${caller.name}” has the role ${caller.role}`;
    return errorResponse(c, 403, "Forbidden", detail);
  }
  c.set("isDemo", access.token === null);
  c.set("actor", caller.name);
  c.set("role", caller.role);
  c.set("csrf", caller.session === null ? "" : access.sessions.csrf(caller.session));
  c.set("isStillIn", () => {
    if (caller.kind === "session" && !access.sessions.has(caller.session)) return false;
    return caller.owner === "" || access.tokens.withHash(caller.owner) !== null;
  });
  return null;
}

/** `owner` is the hash of a named token; empty for the admin's. */
type Caller = { readonly name: string; readonly role: Role; readonly owner: string } & (
  | { readonly kind: "token"; readonly session: null }
  | { readonly kind: "session" | "demo"; readonly session: string }
);

const ADMIN = { name: "admin", role: "admin", owner: "" } as const;

/** The caller, or the answer to an unauthorised one. */
async function identify(c: Context<Env>, access: Access): Promise<Caller | Response> {
  if (access.token === null) {
    if (isForLoopback(c)) return { ...ADMIN, name: "demo", kind: "demo", session: DEMO_SESSION };
    return problem(403, "Forbidden", "the demo has no login: it answers to localhost and 127.0.0.1 only");
  }
  const authorization = header(c, "authorization");
  if (authorization !== undefined) {
    const given = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? "";
    const named = access.tokens.find(given);
    const isAdmin = isSameSecret(given, access.token);
    const isRight = isAdmin || named !== null;
    const wait = await access.lockout.attempt(clientAddress(c, access.proxies), isRight);
    if (wait !== null) return lockedOut(c, wait);
    if (named) return { ...callerOf(named), kind: "token", session: null };
    return isAdmin ? { ...ADMIN, kind: "token", session: null } : unauthorized(c);
  }
  const session = readSessionCookie(c, access);
  // Do not count it as a guess: browsers keep sending a cookie after its session has ended, and 256
  // bits need no lockout.
  if (session !== null && access.sessions.isOpen(session)) {
    const owner = access.sessions.ownerOf(session) ?? "";
    if (owner === "") return { ...ADMIN, kind: "session", session };
    const named = access.tokens.withHash(owner);
    if (named) return { ...callerOf(named), kind: "session", session };
    access.sessions.close(session);
  }
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (!isRead || !wantsPage(c) || /^\/(?:api|compat)\//.test(c.req.path)) return unauthorized(c);
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(`/login?${new URLSearchParams({ next: pathname + search })}`, 303);
}

function callerOf({ name, role, hash }: NamedToken) {
  return { name, role, owner: hash };
}

/**
 * Every write of a session needs its token. The demo has no login, so a forged form has no
 * authority to borrow: there the token is optional, but must be right if present.
 */
async function csrfError(c: Context<Env>, { sessions }: Access, { kind, session }: Caller): Promise<Response | null> {
  if (session === null) return null;
  let given = header(c, "x-csrf-token");
  if (given === undefined && (header(c, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() === FORM) {
    try {
      // Its handler may have a smaller limit.
      given = (await readForm(c, MAX_FORM_BYTES)).get("csrf") ?? undefined;
    } catch (error) {
      if (error instanceof BodyRejected) return errorResponse(c, error.status, "Request rejected", error.message);
      throw error;
    }
  }
  if (given === undefined && kind === "demo") return null;
  if (sessions.isCsrf(session, given ?? "")) return null;
  return errorResponse(
    c,
    403,
    "This page is out of date",
    "nothing was changed: the field csrf (header X-CSRF-Token) is not the one of this session; reload the page and send it again",
  );
}

export function lockedOut(c: Context<Env>, wait: number): Response | Promise<Response> {
  const detail = `too many wrong tokens came from this address; try again in ${wait} s`;
  return errorResponse(c, 429, "Too Many Requests", detail, { "retry-after": String(wait) });
}

function unauthorized(c: Context<Env>): Response | Promise<Response> {
  const detail = "this needs the header Authorization: Bearer <token>, or a browser that is logged in at /login";
  return errorResponse(c, 401, "Unauthorized", detail, { "www-authenticate": 'Bearer realm="fairsplit"' });
}
