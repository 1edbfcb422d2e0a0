import { type Context, Hono } from "hono";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { authorOf } from "../../auth/author.ts";
import type { NamedTokens } from "../../auth/named-tokens.ts";
import type { Sessions } from "../../auth/sessions.ts";
import { readForm } from "../../http/form.ts";
import type { Env } from "../../http/http.ts";
import { AccessPage, type AccessProps } from "./access.tsx";

interface Deps {
  readonly tokens: NamedTokens;
  readonly sessions: Sessions;
}

/**
 * `GET` and `POST /experiments/settings/access`: the named tokens, and a new one, which is shown on
 * the page that answers and never again. `POST /experiments/settings/access/revoke` revokes one.
 */
export function accessPageRoutes({ tokens, sessions }: Deps) {
  const show = (c: Context<Env>, status: 200 | 422, more: Partial<AccessProps> = {}) =>
    c.html(<AccessPage tokens={tokens.list()} form={{ name: "", role: "viewer" }} problems={[]} {...more} />, status);
  return new Hono<Env>()
    .get("/experiments/settings/access", (c) => show(c, 200))
    .post("/experiments/settings/access", async (c) => {
      const form = await readForm(c);
      const [name, role] = [form.get("name")?.trim() ?? "", form.get("role") ?? ""];
      try {
        const { token, made } = await tokens.create({ name, role }, authorOf(c));
        return show(c, 200, { created: { token, name: made.name, role: made.role } });
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        const problems: readonly Problem[] = error.problems;
        return show(c, 422, { form: { name, role }, problems });
      }
    })
    .post("/experiments/settings/access/revoke", async (c) => {
      const name = (await readForm(c)).get("name") ?? "";
      const revoked = await tokens.revoke(name, authorOf(c));
      if (!revoked) return c.notFound();
      sessions.closeOf(revoked.hash);
      await sessions.saved();
      return c.redirect("/experiments/settings/access", 303);
    });
}
