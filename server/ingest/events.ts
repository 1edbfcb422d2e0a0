import { Hono } from "hono";
import { readBody } from "../http/body.ts";
import { ownAddress } from "../http/client-address.ts";
import { type Env, headersOf, preflight, respond } from "../http/http.ts";
import { MAX_BODY_BYTES, type Recorder } from "./record.ts";

/** The second is where the tag sends them: no blocker's list has it. */
export const EVENTS_PATHS = ["/events", "/notes"];

/** `POST /events`. A server that listens answers it in its fast lane, see there. */
export function recordRoutes(record: Recorder) {
  return new Hono<Env>()
    .on("POST", EVENTS_PATHS, async (c) =>
      respond(
        await record({
          header: headersOf(c),
          address: ownAddress(c),
          sent: c.req.query("sent"),
          read: () => readBody(c, MAX_BODY_BYTES),
        }),
      ),
    )
    .on("OPTIONS", EVENTS_PATHS, preflight);
}
