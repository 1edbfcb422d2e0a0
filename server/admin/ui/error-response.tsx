import type { Context } from "hono";
import { type Env, header, problem } from "../../http/http.ts";
import { ErrorPage } from "./error-page.tsx";

/** Whether the client is a browser that loads a page. */
export function wantsPage(c: Context<Env>): boolean {
  return (header(c, "accept") ?? "").includes("text/html");
}

/** Answer to a rejected request: a page that says what to do, or problem details for a program. */
export function errorResponse(
  c: Context<Env>,
  status: 400 | 401 | 403 | 413 | 415 | 429,
  title: string,
  detail: string,
  headers: Record<string, string> = {},
): Response | Promise<Response> {
  if (!wantsPage(c)) return problem(status, title, detail, { headers });
  return c.html(<ErrorPage title={title} detail={detail} isLoginNeeded={status === 401} />, status, headers);
}
