import { Hono } from "hono";
import type { EventLog } from "../events/log.ts";
import type { Env } from "../http/http.ts";

/**
 * `GET /api/admin/export.ndjson`: the raw event log, byte for byte, read no faster than the client
 * takes it.
 */
export function exportRoutes({ log }: { log: EventLog }) {
  return new Hono<Env>().get("/api/admin/export.ndjson", () => {
    const lines = log.raw();
    // Read on demand without reading ahead: a HEAD request never opens a file.
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { value, done } = await lines.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await lines.return(undefined);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, {
      headers: {
        "content-type": "application/x-ndjson; charset=utf-8",
        "content-disposition": 'attachment; filename="fairsplit-events.ndjson"',
      },
    });
  });
}
