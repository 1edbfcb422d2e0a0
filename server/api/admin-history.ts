import { Hono } from "hono";
import { CSV_TYPE } from "../http/csv.ts";
import { type Env, header, problem } from "../http/http.ts";
import type { Registry } from "../registry/registry.ts";
import { historyCsv } from "./history-csv.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const WHOLE = /^[1-9]\d{0,14}$/;

/**
 * `GET /api/admin/history?key=&before=&limit=&format=`: the changes, newest first, as a JSON array
 * with the next page in the `Link` header; or everything as CSV, by `format=csv` or an Accept
 * header that asks for text/csv.
 */
export function adminHistoryRoutes({ registry: { history } }: { registry: Registry }) {
  return new Hono<Env>().get("/api/admin/history", async (c) => {
    const { key, before, limit, format = acceptsCsv(header(c, "accept")) ? "csv" : "json" } = c.req.query();
    const bad = (name: string, value: string, allowed: string) =>
      problem(400, "Bad Request", `${name} is ${JSON.stringify(value)}: allowed ${allowed}`);
    if (before !== undefined && !WHOLE.test(before)) return bad("before", before, "is the number of a change");
    if (limit !== undefined && (!WHOLE.test(limit) || Number(limit) > MAX_LIMIT)) {
      return bad("limit", limit, `are whole numbers from 1 to ${MAX_LIMIT}`);
    }
    if (format !== "csv" && format !== "json") return bad("format", format, "are json and csv");
    const query = { key, before: before === undefined ? undefined : Number(before) };
    if (format === "csv") {
      return new Response(historyCsv(history.all(query, limit === undefined ? undefined : Number(limit))), {
        headers: {
          "content-type": CSV_TYPE,
          "content-disposition": 'attachment; filename="fairsplit-history.csv"',
        },
      });
    }
    const { entries, next } = await history.page(Number(limit ?? DEFAULT_LIMIT), query);
    if (next === null) return c.json(entries);
    const rest = new URLSearchParams({ ...c.req.query(), before: String(next) });
    return c.json(entries, 200, { link: `</api/admin/history?${rest}>; rel="next"` });
  });
}

function acceptsCsv(accept = ""): boolean {
  return /(?:^|[\s,])text\/csv(?:[\s,;]|$)/i.test(accept) && !/application\/json|\*\/\*/i.test(accept);
}
