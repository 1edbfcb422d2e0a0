import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Env } from "../http/http.ts";

const DAY_S = 24 * 60 * 60;
/** The tag's cookie too, so that a device keeps its id from stage 2 to stage 7. */
const DEVICE_COOKIE = "device_id";
/** Stricter than the tag: only characters common to all kinds of IDs, which no cookie encodes. */
const DEVICE_ID = /^[\w.:-]{1,256}$/;

/** Stage 1: the dice's result. */
export const RANDOM_GROUP_COOKIE = "demo_random_group";
/** Stages 3 and 4: hands the group over to the page's script. */
export const HASHED_GROUP_COOKIE = "demo_group";

export const RANDOM_GROUP_OPTIONS = { path: "/demo", maxAge: 30 * DAY_S, sameSite: "Lax", httpOnly: true } as const;
/**
 * No Max-Age: the cookie ends with the browser's session, because the group can be recomputed at
 * any time.
 */
export const HASHED_GROUP_OPTIONS = { path: "/demo", sameSite: "Lax" } as const;

/**
 * The device id in the request's cookie, or a new random one; anything else that the cookie holds
 * is ignored. Set anew at every visit, as the tag does, and not HttpOnly: the tag could neither
 * read nor replace such a cookie.
 */
export function deviceId(c: Context<Env>): { id: string; isNew: boolean } {
  const given = getCookie(c, DEVICE_COOKIE) ?? "";
  const isNew = !DEVICE_ID.test(given);
  const id = isNew ? randomBytes(16).toString("hex") : given;
  setCookie(c, DEVICE_COOKIE, id, { path: "/", maxAge: 365 * DAY_S, sameSite: "Lax" });
  return { id, isNew };
}

/** Makes the browser a new visitor. */
export function forgetVisitor(c: Context<Env>): void {
  deleteCookie(c, DEVICE_COOKIE, { path: "/" });
  deleteCookie(c, RANDOM_GROUP_COOKIE, { path: RANDOM_GROUP_OPTIONS.path });
  deleteCookie(c, HASHED_GROUP_COOKIE, { path: HASHED_GROUP_OPTIONS.path });
}
