import type { MiddlewareHandler } from "hono";
import type { Env } from "../../http/http.ts";
import { ErrorPage } from "../ui/error-page.tsx";
import { wantsPage } from "../ui/error-response.tsx";

/** Converts problem details to a page when the client is a browser that loads a page. */
export const errorsAsPages: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const type = c.res.headers.get("content-type") ?? "";
  if (!wantsPage(c) || !type.startsWith("application/problem+json")) return;
  const { title, detail } = (await c.res.clone().json()) as { title: string; detail: string };
  const { status } = c.res;
  const headers = new Headers(c.res.headers);
  headers.set("content-type", "text/html; charset=utf-8");
  c.res = new Response(`${await (<ErrorPage title={title} detail={detail} />)}`, { status, headers });
};
