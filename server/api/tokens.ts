import { Hono } from "hono";
import { authorOf } from "../auth/author.ts";
import type { NamedToken, NamedTokens } from "../auth/named-tokens.ts";
import type { Sessions } from "../auth/sessions.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";

interface Deps {
  readonly tokens: NamedTokens;
  readonly sessions: Sessions;
}

/**
 * `GET` and `POST /api/admin/tokens`: the named tokens, and a new one, which is in this answer and
 * in no other. `DELETE /api/admin/tokens/:name` revokes one, and ends its sessions.
 */
export function tokenRoutes({ tokens, sessions }: Deps) {
  return new Hono<Env>()
    .get("/api/admin/tokens", (c) => c.json(tokens.list().map(shown)))
    .post("/api/admin/tokens", async (c) => {
      const { token, made } = await tokens.create(await readJson(c), authorOf(c));
      return c.json({ ...shown(made), token }, 201);
    })
    .delete("/api/admin/tokens/:name", async (c) => {
      const name = c.req.param("name");
      const revoked = await tokens.revoke(name, authorOf(c));
      if (!revoked) return problem(404, "Not Found", `there is no token “${name}”`);
      sessions.closeOf(revoked.hash);
      await sessions.saved();
      return c.body(null, 204);
    });
}

/** A token without its hash. */
function shown({ name, role, createdAt, createdBy }: NamedToken) {
  return { name, role, createdAt, createdBy };
}
