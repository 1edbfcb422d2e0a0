import { Hono } from "hono";
import { type Env, publicJson } from "../http.ts";

/** `GET /healthz`: the process is up. */
export function healthRoutes() {
  return new Hono<Env>().get("/healthz", () => publicJson({ status: "ok" }));
}
