import { Hono } from "hono";
import type { EventLog } from "../events/log.ts";
import { BadPosition, formatPosition, parsePosition } from "../events/position.ts";
import { type Env, problem } from "../http/http.ts";

const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 10_000;

/**
 * `GET /events?since=&limit=&run=&device_id=&account_id=`: the stored events in log order as a JSON
 * array. The `Link` header with `rel="next"` has the next page; its `since` stays valid forever.
 */
export function eventLogRoutes({ log }: { log: EventLog }) {
  return new Hono<Env>().get("/events", async (c) => {
    const { since, limit = String(DEFAULT_LIMIT), run, device_id: deviceId, account_id: accountId } = c.req.query();
    if (!/^\d{1,5}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT) {
      return problem(400, "Bad Request", `limit is "${limit}": allowed are whole numbers from 1 to ${MAX_LIMIT}`);
    }
    try {
      const { events, next } = await log.read({
        since: since === undefined ? null : parsePosition(since),
        limit: Number(limit),
        where: (event) =>
          (run === undefined || event.run === run) &&
          (deviceId === undefined || event.deviceId === deviceId) &&
          (accountId === undefined || event.accountId === accountId),
      });
      const query = new URLSearchParams({ ...c.req.query(), since: formatPosition(next) });
      return c.json(events, 200, { link: `</events?${query}>; rel="next"` });
    } catch (error) {
      if (!(error instanceof BadPosition)) throw error;
      return problem(400, "Bad Request", `since is "${since}": allowed is what an earlier answer's Link header says`);
    }
  });
}
