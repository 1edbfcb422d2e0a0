// The floor that bench/http.ts compares with: Hono on Node with nothing behind it, answering the
// texts given as arguments.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [, , getAnswer = "", postAnswer = ""] = process.argv;
const headers = { "content-type": "application/json" };

const app = new Hono()
  .get("/api/expgroups", () => new Response(getAnswer, { headers }))
  .post("/events", async (c) => {
    await c.req.json();
    return new Response(postAnswer, { headers });
  });

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.stdout.write(`floor listening on http://127.0.0.1:${port}\n`);
});
