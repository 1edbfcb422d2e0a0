import { type Context, Hono } from "hono";
import { errorResponse, wantsPage } from "../admin/ui/error-response.tsx";
import { BodyRejected } from "../http/body.ts";
import { clientAddress } from "../http/client-address.ts";
import { readForm } from "../http/form.ts";
import { type Env, header, problem } from "../http/http.ts";
import { isSameSecret } from "../tokens/same-secret.ts";
import { setAdminHeaders } from "./admin-headers.ts";
import { type Access, lockedOut } from "./guard.ts";
import { LoginLinkPage, LoginPage, ReloadPage } from "./login.tsx";
import type { LoginLinks } from "./login-links.ts";
import { FIRST_PAGE, nextPath } from "./next-path.ts";
import { isFromAnotherSite } from "./origin.ts";
import { clearSessionCookie, readSessionCookie, setSessionCookie } from "./session-cookie.ts";

const WRONG = "This is not a token of this server.";
const INGEST = "This token only marks events; it does not log in.";
const DEAD_LINK = "This login link has been used, or is too old, or never was one. Log in with a token.";

/**
 * `GET` and `POST /login`: a form for the admin's token, and the cookie of a new session. `GET
 * /login/:code` is the page of a one-time link. `POST /logout` ends the session; the app guards it.
 */
export function loginRoutes(access: Access, links: LoginLinks) {
  const { token, tokens, sessions, lockout, proxies, baseUrl } = access;
  const app = new Hono<Env>();

  app.use("/login/*", async (c, next) => {
    if (token === null) c.res = c.req.method === "GET" ? c.redirect(FIRST_PAGE, 303) : noLogin(c);
    else await next();
    setAdminHeaders(c);
  });

  app.get("/login", (c) => {
    const next = nextPath(c.req.query("next"));
    const session = readSessionCookie(c, access);
    if (session !== null && sessions.isOpen(session)) return c.redirect(next, 303);
    // A browser that follows a link from another site does not send a SameSite=Strict cookie. It
    // does when a page of this site requests the same URL.
    const isFromElsewhere = ["cross-site", "same-site"].includes(header(c, "sec-fetch-site") ?? "");
    return c.html(isFromElsewhere ? <ReloadPage next={next} /> : <LoginPage next={next} error={null} />);
  });

  app.get("/login/:code", (c) => {
    const code = c.req.param("code");
    return links.isGood(code) ? c.html(<LoginLinkPage code={code} />) : loginFailed(c, FIRST_PAGE, DEAD_LINK);
  });

  app.post("/login", async (c) => {
    if (isFromAnotherSite(c, baseUrl))
      return errorResponse(c, 403, "Forbidden", "a login from another site's page is not allowed");
    let form: URLSearchParams;
    try {
      form = await readForm(c);
    } catch (error) {
      if (error instanceof BodyRejected) return errorResponse(c, error.status, "Request rejected", error.message);
      throw error;
    }
    const code = form.get("code");
    const next = nextPath(form.get("next"));
    const given = form.get("token") ?? "";
    const named = code === null ? tokens.find(given) : null;
    const isRight = code === null ? named !== null || isSameSecret(given, token ?? "") : links.use(code);
    // A right code is admitted from a locked address too: it cannot be guessed, and is the admin's
    // way around the lock.
    if (code === null || !isRight) {
      const wait = await lockout.attempt(clientAddress(c, proxies), isRight);
      if (wait !== null) return lockedOut(c, wait);
    }
    if (!isRight) return loginFailed(c, next, code === null ? WRONG : DEAD_LINK);
    if (named?.role === "ingest") return loginFailed(c, next, INGEST);
    const before = readSessionCookie(c, access);
    if (before !== null) sessions.close(before);
    setSessionCookie(c, access, sessions.open(named?.hash));
    await sessions.saved();
    return c.redirect(next, 303);
  });

  app.post("/logout", async (c) => {
    if (token === null) return noLogin(c);
    const session = readSessionCookie(c, access);
    if (session !== null) sessions.close(session);
    await sessions.saved();
    clearSessionCookie(c, access);
    return c.redirect("/login", 303);
  });
  return app;
}

function loginFailed(c: Context<Env>, next: string, message: string): Response | Promise<Response> {
  const headers = { "www-authenticate": 'Bearer realm="fairsplit"' };
  return wantsPage(c)
    ? c.html(<LoginPage next={next} error={message} />, 401, headers)
    : problem(401, "Unauthorized", message, { headers });
}

function noLogin(c: Context<Env>): Response {
  return problem(404, "Not Found", `there is nothing at ${c.req.method} ${c.req.path}: the demo has no login`);
}
