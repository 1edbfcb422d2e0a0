import { Hono } from "hono";
import { InvalidInput } from "../../core/parse.ts";
import type { Settings } from "../../core/settings.ts";
import { authorOf } from "../auth/author.ts";
import { etagOf, readIfMatch } from "../http/etag.ts";
import type { Env } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";

/**
 * `GET PUT /api/admin/settings`: the global switch and the holdout. Omitted fields stay unchanged;
 * If-Match is optional.
 */
export function adminSettingsRoutes({ registry }: { registry: Registry }) {
  const etag = () => ({ etag: etagOf(registry.settingsVersion()) });
  return new Hono<Env>()
    .get("/api/admin/settings", (c) => c.json(registry.settings(), 200, etag()))
    .put("/api/admin/settings", async (c) => {
      const version = readIfMatch(c, false);
      if (version instanceof Response) return version;
      const input = await readJson(c);
      if (typeof input !== "object" || input === null || Array.isArray(input)) {
        throw new InvalidInput([{ field: "", value: input, allowed: "settings {enabled, holdout}" }]);
      }
      const change = (settings: Settings) => ({ ...settings, ...input });
      return c.json(await registry.updateSettings(change, authorOf(c), version), 200, etag());
    });
}
