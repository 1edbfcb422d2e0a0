import { Hono } from "hono";
import { readBody } from "../http/body.ts";
import { ownAddress } from "../http/client-address.ts";
import { type Env, header, headersOf, preflight, respond } from "../http/http.ts";
import { MAX_BODY_BYTES, type Recorder } from "./record.ts";

/** The tag uses the second, which is on no blocker's list. */
export const EVENTS_PATHS = ["/events", "/notes"];

/** `POST /events`. A listening server answers it in the fast lane instead. */
export function recordRoutes(record: Recorder) {
  return new Hono<Env>()
    .on("POST", EVENTS_PATHS, async (c) =>
      respond(
        await record({
          header: headersOf(c),
          address: ownAddress(c),
          sent: c.req.query("sent"),
          authorization: header(c, "authorization"),
          read: () => readBody(c, MAX_BODY_BYTES),
        }),
      ),
    )
    .on("OPTIONS", EVENTS_PATHS, preflight);
}
